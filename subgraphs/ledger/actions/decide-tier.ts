import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { pickProgram } from '../store/programs.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import type { PurchaseRefusal } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface TierDecisionInput {
  readonly program?: string | null
  readonly memberId: string
  readonly tier: string
  readonly reason: string
  readonly idempotencyKey: string
}

/** Somebody on the staff gives, or does not give, a tier that waits for approval. The decision is a document. */
export async function decideTier(
  ctx: LedgerContext,
  input: TierDecisionInput,
  approved: boolean,
): Promise<Result<Posted, PurchaseRefusal>> {
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: input.memberId }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { tier, reason, idempotencyKey } = input
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'tier-decision',
        memberId,
        documentId: derivedId('tier-decision', program.id, memberId, idempotencyKey),
        channel: 'staff',
        number: approved ? 'approved' : 'refused',
        store: undefined,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        tier,
        approved,
        reason,
        body: bodyDigest({ program: program.id, tier, approved, reason }).subarray(0, 16),
        idempotencyKey,
      },
    },
  ])
  return outcome(result!)
}
