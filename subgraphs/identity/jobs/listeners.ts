import type { Tx } from '../../../kernel/db/transaction.ts'
import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import { HOUR_MS } from '../../../kernel/values/instant.ts'
import type { Events } from '../../../schema/events/index.ts'
import { refreshJoinedFacts, refreshMemberFacts } from '../actions/refresh-facts.ts'
import { refreshRuleTags } from '../actions/refresh-rule-tags.ts'
import { takeInBalances, takeInProgram, takeInPurchases } from '../actions/take-in-facts.ts'
import type { IdentityContext } from '../context.ts'
import { addCampaign, noteSource, saveTier } from '../store/facts.ts'
import { presentIds } from '../store/members.ts'

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

/** Facts of some members: the tags that rules give follow from them. */
const factOf = <Type extends keyof Events & string>(
  event: Type,
  membersOf: (event: RecordedEvent<Type, Events[Type]>) => readonly string[],
  handle: (
    tx: Tx,
    event: RecordedEvent<Type, Events[Type]>,
    ctx: IdentityContext,
    memberIds: readonly string[],
  ) => Promise<void>,
): Listener<IdentityContext> =>
  fact(event, async (tx, recorded, ctx) => {
    const memberIds = membersOf(recorded)
    await handle(tx, recorded, ctx, memberIds)
    // While facts are built anew they are not whole; the hourly job brings the tags of all up to date.
    if (recorded.occurredAt > ctx.now - HOUR_MS) {
      await refreshRuleTags(tx, ctx, await presentIds(tx, memberIds))
    }
  })

export const listeners: readonly Listener<IdentityContext>[] = [
  factOf(
    'identity.MembersRegistered',
    ({ payload }) => payload.memberIds,
    (tx, _, ctx, ids) => refreshMemberFacts(tx, ctx, ids),
  ),
  factOf(
    'identity.ProfilesChanged',
    ({ payload }) => payload.memberIds,
    (tx, _, ctx, ids) => refreshMemberFacts(tx, ctx, ids),
  ),
  factOf(
    'identity.TagsChanged',
    ({ payload }) => payload.memberIds,
    (tx, _, ctx, ids) => refreshMemberFacts(tx, ctx, ids),
  ),
  factOf(
    'identity.MembersMerged',
    ({ payload }) => payload.memberIds,
    (tx, _, ctx, ids) => refreshJoinedFacts(tx, ctx, ids),
  ),
  factOf(
    'identity.MembersUnmerged',
    ({ payload }) => payload.memberIds,
    (tx, _, ctx, ids) => refreshJoinedFacts(tx, ctx, ids),
  ),
  fact('ledger.ProgramPublished', (tx, { payload }, ctx) => takeInProgram(tx, payload, ctx.now)),
  factOf(
    'ledger.BalancesChanged',
    ({ payload }) => payload.accounts.map(({ memberId }) => memberId),
    (tx, { payload }) => takeInBalances(tx, payload),
  ),
  factOf(
    'ledger.PurchasesRecorded',
    ({ payload }) => payload.purchases.map(({ memberId }) => memberId),
    (tx, { payload, occurredAt }, ctx) => takeInPurchases(tx, payload, occurredAt, ctx.now),
  ),
  factOf(
    'ledger.TierChanged',
    ({ memberId }) => [memberId!],
    (tx, { memberId, payload, occurredAt }) =>
      saveTier(tx, { memberId: memberId!, program: payload.program, tier: payload.to, since: occurredAt }),
  ),
  factOf(
    'campaigns.TaskCompleted',
    ({ memberId }) => [memberId!],
    (tx, { memberId, payload }) =>
      addCampaign(tx, {
        memberId: payload.holderId ?? memberId!,
        program: payload.program,
        campaign: payload.campaign,
      }),
  ),
]
