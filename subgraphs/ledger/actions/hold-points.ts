import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { memberActedOn } from './member-acted-on.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface HoldInput {
  readonly program?: string | null
  readonly memberId?: string | null
  readonly points: bigint
  readonly lapsesAt?: Instant | null
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly idempotencyKey: string
}

/** Sets points aside while an order is open. */
export async function holdPoints(
  ctx: LedgerContext,
  input: HoldInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const memberIdGiven = memberActedOn(ctx.principal, input.memberId)
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: memberIdGiven }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { points, channel, document, idempotencyKey } = input
  const lapsesAt = input.lapsesAt ?? undefined
  const store = storeOf(ctx, input.store)
  const body = { program: program.id, points, lapsesAt, channel, document, store }
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'hold',
        memberId,
        documentId: derivedId('hold', program.id, memberId, idempotencyKey),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        points,
        lapsesAt,
        body: bodyDigest(body).subarray(0, 16),
        idempotencyKey,
      },
    },
  ])
  return outcome(result!)
}
