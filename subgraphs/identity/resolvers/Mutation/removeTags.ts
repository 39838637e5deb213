import { type RemoveTagsInput, removeTags as remove } from '../../actions/remove-tags.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const removeTags = async (_: unknown, { input }: { input: RemoveTagsInput }, ctx: IdentityContext) =>
  payload(ctx, await remove(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
