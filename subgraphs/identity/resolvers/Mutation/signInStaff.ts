import { signInStaff as run, type SignInStaffInput } from '../../actions/staff-sign-in.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const signInStaff = async (_: unknown, { input }: { input: SignInStaffInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (signedIn) => ({ ...signedIn }))
