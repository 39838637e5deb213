import type { Tx } from '../../../kernel/db/transaction.ts'
import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { Events } from '../../../schema/events/index.ts'
import { refreshMemberFacts } from '../actions/refresh-facts.ts'
import { takeInBalances, takeInProgram, takeInPurchases } from '../actions/take-in-facts.ts'
import type { IdentityContext } from '../context.ts'
import { addCampaign, noteSource, saveTier } from '../store/facts.ts'

/** The facts that conditions speak of; they read the logs at their own pace, so that they can be built anew. */
function fact<Type extends keyof Events & string>(
  event: Type,
  handle: (tx: Tx, event: RecordedEvent<Type, Events[Type]>, ctx: IdentityContext) => Promise<void>,
): Listener<IdentityContext> {
  return {
    event,
    reader: 'facts',
    async handle(tx, recorded, ctx) {
      await handle(tx, recorded as unknown as RecordedEvent<Type, Events[Type]>, ctx)
      await noteSource(tx, event.slice(0, event.indexOf('.')), recorded.occurredAt, ctx.now)
    },
  }
}

export const listeners: readonly Listener<IdentityContext>[] = [
  fact('identity.MembersRegistered', (tx, { payload }, ctx) =>
    refreshMemberFacts(tx, ctx, payload.memberIds),
  ),
  fact('identity.ProfilesChanged', (tx, { payload }, ctx) => refreshMemberFacts(tx, ctx, payload.memberIds)),
  fact('identity.TagsChanged', (tx, { payload }, ctx) => refreshMemberFacts(tx, ctx, payload.memberIds)),
  fact('ledger.ProgramPublished', (tx, { payload }) => takeInProgram(tx, payload)),
  fact('ledger.BalancesChanged', (tx, { payload }) => takeInBalances(tx, payload)),
  fact('ledger.PurchasesRecorded', (tx, { payload, occurredAt }, ctx) =>
    takeInPurchases(tx, payload, occurredAt, ctx.now),
  ),
  fact('ledger.TierChanged', (tx, { memberId, payload, occurredAt }) =>
    saveTier(tx, { memberId: memberId!, program: payload.program, tier: payload.to, since: occurredAt }),
  ),
  fact('campaigns.TaskCompleted', (tx, { memberId, payload }) =>
    addCampaign(tx, { memberId: memberId!, program: payload.program, campaign: payload.campaign }),
  ),
]
