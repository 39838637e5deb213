import { type RegisterMembersInput, registerMembers as register } from '../../actions/register-members.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const registerMembers = async (
  _: unknown,
  { input }: { input: RegisterMembersInput },
  ctx: IdentityContext,
) => payload(ctx, await register(ctx, input), (members) => ({ members }))
