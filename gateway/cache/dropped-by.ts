import type { RecordedEvent } from '../../kernel/events/event.ts'
import type { Events } from '../../schema/events/index.ts'

/** What an event makes untrue of what may be kept. */
export interface Dropped {
  /** What the subgraph that tells it says of rules and catalogues. */
  readonly rules: boolean
  readonly members: readonly string[]
}

type DroppedBy = { [Type in keyof Events]?: (payload: Events[Type]) => Partial<Dropped> }

/** Each subgraph tells itself when it goes by a new version: what it answered before that is dropped after it. */
const droppedBy: DroppedBy = {
  'ledger.ProgramPublished': () => ({ rules: true }),
  'benefits.ProgramAdopted': () => ({ rules: true }),
  'campaigns.ProgramAdopted': () => ({ rules: true }),
  'identity.ProgramAdopted': () => ({ rules: true }),
  'identity.MembersActivated': ({ members }) => ({ members: members.map(({ memberId }) => memberId) }),
  'identity.MembersMerged': ({ fromId, memberIds }) => ({ members: [fromId, ...memberIds] }),
  'identity.MembersUnmerged': ({ intoId, memberIds }) => ({ members: [intoId, ...memberIds] }),
  'identity.MemberErased': ({ memberIds }) => ({ members: memberIds }),
}

export const droppedByEvent = ({ type, payload }: RecordedEvent): Dropped => ({
  rules: false,
  members: [],
  ...droppedBy[type as keyof Events]?.(payload as never),
})
