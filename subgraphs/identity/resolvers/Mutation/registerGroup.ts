import { type RegisterGroupInput, registerGroup as run } from '../../actions/community-groups.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const registerGroup = async (
  _: unknown,
  { input }: { input: RegisterGroupInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (group) => ({ group }))
