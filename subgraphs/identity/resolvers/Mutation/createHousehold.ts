import { type CreateHouseholdInput, createHousehold as run } from '../../actions/households.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const createHousehold = async (
  _: unknown,
  { input }: { input: CreateHouseholdInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (household) => ({ household }))
