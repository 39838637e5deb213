import { type RefreshStaffSessionInput, refreshStaffSession as run } from '../../actions/staff-sign-in.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const refreshStaffSession = async (
  _: unknown,
  { input }: { input: RefreshStaffSessionInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (signedIn) => ({ ...signedIn }))
