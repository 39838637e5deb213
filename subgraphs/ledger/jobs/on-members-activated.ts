import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { MembersActivated, MembersRegistered } from '../../../schema/events/identity.ts'
import { activateMember } from '../actions/activate-member.ts'
import type { LedgerContext } from '../context.ts'
import { saveAwaited } from '../store/standings.ts'

/** Points of members who are registered beforehand do not run out before they are active. */
export const onMembersRegistered: Listener<LedgerContext> = {
  event: 'identity.MembersRegistered',
  async handle(tx, event: RecordedEvent<string, MembersRegistered>) {
    const { entry, memberIds } = event.payload
    if (entry === 'PRE_REGISTERED') await saveAwaited(tx, memberIds)
  },
}

/** From the day of activation on they do. */
export const onMembersActivated: Listener<LedgerContext> = {
  event: 'identity.MembersActivated',
  async handle(tx, event: RecordedEvent<string, MembersActivated>, ctx) {
    const { from, members } = event.payload
    if (from !== 'PRE_REGISTERED') return
    // In the order of their ids, as all who lock accounts.
    for (const { memberId } of members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1)))
      await activateMember(tx, ctx, memberId, event.occurredAt)
  },
}
