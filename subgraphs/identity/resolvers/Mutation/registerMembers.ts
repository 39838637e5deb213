import { type RegisterMembersInput, registerMembers as register } from '../../actions/register-members.ts'
import type { IdentityContext } from '../../context.ts'
import { valueOrError } from '../payload.ts'

export const registerMembers = async (
  _: unknown,
  { input }: { input: RegisterMembersInput },
  ctx: IdentityContext,
) => valueOrError(ctx, await register(ctx, input))
