import { isUuid } from '../../../kernel/values/ids.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { pendingLots, type RunningPlan } from '../domain/post-stored-value.ts'
import { readDocuments } from '../store/documents.ts'
import type { Posted } from './post-batch.ts'
import { type CommandSource, postCommand } from './post-command.ts'
import type { PurchaseRefusal } from './record-purchases.ts'

export interface StopInput extends Omit<CommandSource, 'document'> {
  readonly topUpId: string
  readonly reason: string
}

/** Ends a plan, once: the top-up that began it is the key. */
export const stopInstalments = (
  ctx: LedgerContext,
  input: StopInput,
): Promise<Result<Posted, PurchaseRefusal>> => {
  const { topUpId, reason } = input
  return postCommand(ctx, { ...input, document: topUpId }, async (program, memberId) => ({
    command: {
      kind: 'plan-stop',
      running: await runningPlan(ctx, program.key, memberId, topUpId),
      reason,
    },
    body: { topUpId, reason },
    key: topUpId,
  }))
}

/** What a top-up began, by the rules of its day. */
async function runningPlan(
  ctx: LedgerContext,
  programKey: number,
  memberId: string,
  topUpId: string,
): Promise<RunningPlan | undefined> {
  if (!isUuid(topUpId)) return undefined
  const topUp = (await readDocuments(ctx.db.query, [topUpId])).get(topUpId)
  if (topUp?.kind !== 'top-up' || topUp.memberId !== memberId || topUp.programKey !== programKey) {
    return undefined
  }
  const rules = await ctx.services.programs.version(ctx.db.query, programKey, topUp.ruleVersion)
  const plan = rules.storedValue?.plans.find(({ id }) => id === topUp.subject)
  return plan && { topUpId, plan, lots: pendingLots(rules, plan, topUp.effectiveAt) }
}
