import { type BindGuideInput, bindGuide as run } from '../../actions/guides.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const bindGuide = async (_: unknown, { input }: { input: BindGuideInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
