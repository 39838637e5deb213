import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { type DecisionRefusal, decideRequest } from '../domain/adjustment-rules.ts'
import { lockAdjustment, readAdjustment, saveDecision } from '../store/adjustments.ts'
import { type Adjusted, carryOut } from './carry-out-adjustment.ts'

export interface DecideInput {
  readonly adjustmentId: string
  readonly note?: string | null
  readonly idempotencyKey: string
}

/** A second person approves or rejects a correction. What is approved is posted at once. */
export async function decideAdjustment(
  ctx: LedgerContext,
  input: DecideInput,
  approve: boolean,
): Promise<Result<Adjusted, DecisionRefusal | 'IDEMPOTENCY_KEY_REUSED'>> {
  const by = principalName(ctx.principal)
  const { adjustmentId: id, idempotencyKey: key } = input
  const note = input.note ?? undefined
  const body = { id, note, approve }
  const decided = await ctx.db.transaction((tx) =>
    once(tx, { owner: by, key, action: 'decideAdjustment', body, at: ctx.now }, async () => {
      const adjustment = isUuid(id) ? await lockAdjustment(tx, id) : undefined
      const decision = decideRequest(adjustment, { by, at: ctx.now, approve })
      if (!decision.ok) return decision
      if (decision.value === 'decide') {
        await saveDecision(tx, id, { state: approve ? 'approved' : 'rejected', by, at: ctx.now, note })
      }
      return ok(id)
    }),
  )
  if (!decided.ok) return decided
  const adjustment = (await readAdjustment(ctx.db.query, decided.value))!
  const programs = await ctx.services.programs.current()
  return ok(await carryOut(ctx, programs.find((one) => one.key === adjustment.programKey)!, adjustment))
}
