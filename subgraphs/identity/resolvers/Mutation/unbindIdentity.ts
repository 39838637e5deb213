import { type UnbindIdentityInput, unbindIdentity as unbind } from '../../actions/unbind-identity.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const unbindIdentity = async (
  _: unknown,
  { input }: { input: UnbindIdentityInput },
  ctx: IdentityContext,
) => payload(ctx, await unbind(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
