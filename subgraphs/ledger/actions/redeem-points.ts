import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { memberActedOn } from './member-acted-on.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface RedeemInput {
  readonly program?: string | null
  readonly memberId?: string | null
  readonly points: bigint
  readonly bill: string
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly device?: string | null
  readonly idempotencyKey: string
}

/** Burns points for part of a bill. */
export async function redeemPoints(
  ctx: LedgerContext,
  input: RedeemInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const memberIdGiven = memberActedOn(ctx.principal, input.memberId)
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: memberIdGiven }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { points, bill, channel, document, idempotencyKey } = input
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
        points,
        bill,
        body: bodyDigest({ program: program.id, points, bill, channel, document, store }).subarray(0, 16),
        idempotencyKey,
        device: input.device ?? undefined,
      },
    },
  ])
  return outcome(result!)
}
