import { type InviteToHouseholdInput, inviteToHousehold as run } from '../../actions/households.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const inviteToHousehold = async (
  _: unknown,
  { input }: { input: InviteToHouseholdInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (invitation) => ({ ...invitation }))
