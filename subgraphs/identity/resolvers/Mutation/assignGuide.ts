import { type AssignGuideInput, assignGuide as run } from '../../actions/guides.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const assignGuide = async (_: unknown, { input }: { input: AssignGuideInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
