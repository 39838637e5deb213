import { type BindIdentityInput, bindIdentity as bind } from '../../actions/bind-identity.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const bindIdentity = async (
  _: unknown,
  { input }: { input: BindIdentityInput },
  ctx: IdentityContext,
) => payload(ctx, await bind(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
