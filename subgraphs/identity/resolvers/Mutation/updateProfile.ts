import { type UpdateProfileInput, updateProfile as update } from '../../actions/update-profile.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const updateProfile = async (
  _: unknown,
  { input }: { input: UpdateProfileInput },
  ctx: IdentityContext,
) => payload(ctx, await update(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
