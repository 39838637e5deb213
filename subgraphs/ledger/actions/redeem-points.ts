import { principalName } from '../../../kernel/auth/principal.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { LineInput } from '../domain/posting.ts'
import { memberActedOn } from './member-acted-on.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface RedeemInput {
  readonly program?: string | null
  readonly memberId?: string | null
  readonly points?: bigint | null
  readonly reward?: string | null
  readonly bill?: string | null
  readonly lines?: readonly LineInput[] | null
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly device?: string | null
  readonly idempotencyKey: string
}

/** Burns points for part of a bill, or for a reward. */
export async function redeemPoints(
  ctx: LedgerContext,
  input: RedeemInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const memberIdGiven = memberActedOn(ctx.principal, input.memberId)
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: memberIdGiven }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { channel, document, idempotencyKey } = input
  const wanted = wantedBy(input)
  const store = storeOf(ctx, input.store)
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'redemption',
        memberId,
        documentId: derivedId('redemption', program.id, memberId, idempotencyKey),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        ...wanted,
        body: bodyDigest({ program: program.id, ...wanted, channel, document, store }).subarray(0, 16),
        idempotencyKey,
        device: input.device ?? undefined,
      },
    },
  ])
  return outcome(result!)
}

/** What points are to pay for; the same in other words is the same. */
function wantedBy({ points, reward, bill, lines }: RedeemInput) {
  const given = points !== undefined && points !== null
  if (given === Boolean(reward)) throw new BadInputError('Either points or a reward.')
  if (given && !lines && !bill) throw new BadInputError('Points need a bill or its lines.')
  return {
    wish: given ? { points } : { reward: reward! },
    bill: bill ?? '0',
    ...(lines ? { lines } : {}),
  }
}
