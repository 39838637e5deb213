import { bodyDigest } from '../../../kernel/values/canonical.ts'
import type { LedgerContext } from '../context.ts'
import type { Adjustment } from '../domain/adjustment-rules.ts'
import type { Program } from '../domain/program.ts'
import { approvedAdjustments, closeAdjustment, endRequests, readAdjustment } from '../store/adjustments.ts'
import { outcome, post } from './post.ts'

export interface Adjusted {
  readonly program: Program
  readonly adjustment: Adjustment
}

/** Posts a correction that is approved; of any other it says how it stands. It may be repeated. */
export async function carryOut(
  ctx: LedgerContext,
  program: Program,
  adjustment: Adjustment,
): Promise<Adjusted> {
  if (adjustment.state !== 'approved') return { program, adjustment }
  const { id, memberId, direction, asset, amount, reason, document, requestedBy } = adjustment
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'adjustment',
        memberId,
        documentId: id,
        channel: 'adjustment',
        number: document,
        store: undefined,
        operator: requestedBy,
        effectiveAt: ctx.now,
        direction,
        asset,
        amount,
        reason,
        body: bodyDigest({ id }).subarray(0, 16),
        idempotencyKey: undefined,
      },
    },
  ])
  const posted = outcome(result!)
  await closeAdjustment(ctx.db.query, id, posted.ok ? undefined : posted.refusal.code)
  return { program, adjustment: (await readAdjustment(ctx.db.query, id))! }
}

const LIMIT = 500

/** Posts what was approved before a crash, and ends requests that nobody has decided in time. */
export async function finishAdjustments(ctx: LedgerContext): Promise<number> {
  await endRequests(ctx.db.query, ctx.now)
  const programs = await ctx.services.programs.current()
  const approved = await approvedAdjustments(ctx.db.query, LIMIT)
  for (const adjustment of approved) {
    const program = programs.find(({ key }) => key === adjustment.programKey)
    if (program) await carryOut(ctx, program, adjustment)
  }
  return approved.length
}
