import { signOutStaff as signOut } from '../../actions/staff-sign-in.ts'
import type { IdentityContext } from '../../context.ts'

export const signOutStaff = async (_: unknown, __: unknown, ctx: IdentityContext) => {
  await signOut(ctx)
  return { signedOut: true }
}
