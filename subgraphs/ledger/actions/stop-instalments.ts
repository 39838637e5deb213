import { isUuid } from '../../../kernel/values/ids.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { recordedOrigin } from '../domain/counted-origin.ts'
import { classOf } from '../domain/origin-class.ts'
import { pendingLots, type RunningPlan } from '../domain/post-stored-value.ts'
import { readDocuments } from '../store/documents.ts'
import { readPresentIds } from '../store/present-ids.ts'
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
  return postCommand(ctx, { ...input, document: topUpId }, async (program, memberId) => {
    const found = await runningPlan(ctx, program.key, memberId, topUpId)
    return {
      command: { kind: 'plan-stop', running: found?.running, reason },
      body: { topUpId, reason },
      key: topUpId,
      account: found?.account,
    }
  })
}

/**
 * What a top-up of this person began, by the rules of its day, and where it waits: in the account in which it was entered, unless
 * its member has come out of that since.
 */
async function runningPlan(
  ctx: LedgerContext,
  programKey: number,
  memberId: string,
  topUpId: string,
): Promise<{ readonly running: RunningPlan; readonly account: string } | undefined> {
  if (!isUuid(topUpId)) return undefined
  const topUp = (await readDocuments(ctx.db.query, [topUpId])).get(topUpId)
  if (topUp?.kind !== 'top-up' || topUp.programKey !== programKey) return undefined
  const origin = recordedOrigin(topUp.counted, topUp.entry)
  const present = await readPresentIds(ctx.db.query, [memberId, topUp.memberId, origin ?? memberId])
  const personOf = (id: string) => present.get(id) ?? id
  if (personOf(origin ?? topUp.memberId) !== personOf(memberId)) return undefined
  const rules = await ctx.services.programs.version(ctx.db.query, programKey, topUp.ruleVersion)
  const plan = rules.storedValue?.plans.find(({ id }) => id === topUp.subject)
  if (!plan) return undefined
  const hasLeft = origin !== undefined && personOf(topUp.memberId) !== personOf(origin)
  const lots = pendingLots(rules, plan, topUp.effectiveAt).map((lot) => ({
    ...lot,
    lotClass: classOf(lot.lotClass, hasLeft ? undefined : origin),
  }))
  return { running: { topUpId, plan, lots }, account: hasLeft ? origin : topUp.memberId }
}
