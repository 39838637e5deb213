import type { NewEvent } from '../../../kernel/events/event.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { TagsChanged } from '../../../schema/events/identity.ts'

/** One event for a call, however many members it tagged. */
export const tagsChanged = (
  occurredAt: Instant,
  memberIds: readonly string[],
): NewEvent<'identity.TagsChanged', TagsChanged> => ({
  type: 'identity.TagsChanged',
  ...(memberIds.length === 1 ? { memberId: memberIds[0]! } : {}),
  occurredAt,
  payload: { memberIds },
})
