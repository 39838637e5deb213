import { type DecideGroupInput, decideGroup as run } from '../../actions/community-groups.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const decideGroup = async (_: unknown, { input }: { input: DecideGroupInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (group) => ({ group }))
