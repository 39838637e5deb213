import { type JoinHouseholdInput, joinHousehold as run } from '../../actions/households.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const joinHousehold = async (
  _: unknown,
  { input }: { input: JoinHouseholdInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (household) => ({ household }))
