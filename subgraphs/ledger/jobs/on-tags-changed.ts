import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { MemberErased, TagsChanged } from '../../../schema/events/identity.ts'
import { takeInTags } from '../actions/take-in-tags.ts'
import type { LedgerContext } from '../context.ts'
import { saveTags } from '../store/standings.ts'
import { forgetSyncedBalances } from '../store/synced-balances.ts'

/** Keeps what conditions of rules ask of tags. */
export const onTagsChanged: Listener<LedgerContext> = {
  event: 'identity.TagsChanged',
  handle: (tx, event: RecordedEvent<string, TagsChanged>, ctx) =>
    takeInTags(tx, ctx, event.payload.memberIds),
}

/** Tags, and accounts at channels, may tell who somebody was. */
export const onMemberErased: Listener<LedgerContext> = {
  event: 'identity.MemberErased',
  async handle(tx, event: RecordedEvent<string, MemberErased>) {
    const { memberIds } = event.payload
    await saveTags(
      tx,
      memberIds.map((memberId) => ({ memberId, tags: [] })),
    )
    await forgetSyncedBalances(tx, memberIds)
  },
}
