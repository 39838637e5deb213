import { signOut as end } from '../../actions/sign-out.ts'
import type { IdentityContext } from '../../context.ts'

export const signOut = async (_: unknown, __: unknown, ctx: IdentityContext) => {
  await end(ctx)
  return { signedOut: true }
}
