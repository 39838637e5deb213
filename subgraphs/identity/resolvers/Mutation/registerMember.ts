import { type RegisterMemberInput, registerMember as register } from '../../actions/register-member.ts'
import type { IdentityContext } from '../../context.ts'
import { member, ownMember, payload } from '../payload.ts'

export const registerMember = async (
  _: unknown,
  { input }: { input: RegisterMemberInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await register(ctx, input), ({ memberId, created, session }) => ({
    member: session ? ownMember(ctx, memberId) : member(ctx, memberId),
    created,
    session,
  }))
