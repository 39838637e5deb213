import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface ActivityInput {
  readonly program?: string | null
  readonly memberId: string
  readonly code: string
  readonly quantity?: number | null
  readonly amount?: string | null
  readonly channel?: string | null
  readonly store?: string | null
  readonly document: string
  readonly occurredAt?: Instant | null
  readonly device?: string | null
  readonly idempotencyKey?: string | null
}

/** Records what a member has done. The member, the code and the document's number are its natural key. */
export async function recordActivity(
  ctx: LedgerContext,
  input: ActivityInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: input.memberId }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { code, document, occurredAt, idempotencyKey } = input
  const quantity = input.quantity ?? 1
  const amount = input.amount ?? undefined
  const channel = input.channel ?? 'activity'
  const store = storeOf(ctx, input.store)
  const body = {
    program: program.id,
    code,
    quantity,
    amount,
    channel,
    store,
    document,
    occurredAt: occurredAt ?? undefined,
  }
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'activity',
        memberId,
        documentId: derivedId('activity', program.id, memberId, code, document),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: occurredAt ?? ctx.now,
        code,
        quantity,
        amount,
        body: bodyDigest(body).subarray(0, 16),
        idempotencyKey: idempotencyKey ?? undefined,
        device: input.device ?? undefined,
      },
    },
  ])
  return outcome(result!)
}
