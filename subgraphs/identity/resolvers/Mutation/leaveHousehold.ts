import { type LeaveHouseholdInput, leaveHousehold as run } from '../../actions/households.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const leaveHousehold = async (
  _: unknown,
  { input }: { input: LeaveHouseholdInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (household) => ({ household }))
