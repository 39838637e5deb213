import { signIn as begin, type SignInInput } from '../../actions/sign-in.ts'
import type { IdentityContext } from '../../context.ts'
import { member, ownMember, payload } from '../payload.ts'

export const signIn = async (_: unknown, { input }: { input: SignInInput }, ctx: IdentityContext) =>
  payload(ctx, await begin(ctx, input), ({ memberId, session }) => ({
    session,
    member: session ? ownMember(ctx, memberId) : member(ctx, memberId),
  }))
