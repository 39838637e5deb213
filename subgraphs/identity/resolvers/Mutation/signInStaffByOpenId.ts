import { signInStaffByOpenId as run, type SignInStaffByOpenIdInput } from '../../actions/staff-sign-in.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const signInStaffByOpenId = async (
  _: unknown,
  { input }: { input: SignInStaffByOpenIdInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (signedIn) => ({ ...signedIn }))
