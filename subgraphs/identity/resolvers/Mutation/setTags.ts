import { type SetTagsInput, setTags as set } from '../../actions/set-tags.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const setTags = async (_: unknown, { input }: { input: SetTagsInput }, ctx: IdentityContext) =>
  payload(ctx, await set(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
