import { principalName } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import type { PurchaseRefusal } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface GrantInput {
  readonly program?: string | null
  readonly memberId: string
  readonly points: bigint
  readonly growth?: bigint | null
  readonly source: 'INITIAL' | 'ACTIVITY' | 'OTHER'
  readonly reason: string
  readonly document: string
  readonly occurredAt?: Instant | null
  readonly idempotencyKey: string
}

/** Gives points, and growth, that no purchase earned; its source stands in the place of a channel. */
export async function grantPoints(
  ctx: LedgerContext,
  input: GrantInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  if (input.growth && ctx.principal.kind === 'staff')
    throw new ForbiddenError('Staff gives growth by adjustGrowth, within the limits of the programme.')
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: input.memberId }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const growth = input.growth ?? undefined
  const { points, source, reason, document, occurredAt, idempotencyKey } = input
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'grant',
        memberId,
        documentId: derivedId('grant', program.id, memberId, idempotencyKey),
        channel: source.toLowerCase(),
        number: document,
        store: undefined,
        operator: principalName(ctx.principal),
        effectiveAt: occurredAt ?? ctx.now,
        points,
        growth,
        reason,
        body: bodyDigest({
          program: program.id,
          points,
          growth,
          source,
          reason,
          document,
          occurredAt: occurredAt ?? undefined,
        }).subarray(0, 16),
        idempotencyKey,
      },
    },
  ])
  return outcome(result!)
}
