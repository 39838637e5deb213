import { type SetQuietHoursInput, setQuietHours as set } from '../../actions/consents.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const setQuietHours = async (
  _: unknown,
  { input }: { input: SetQuietHoursInput },
  ctx: IdentityContext,
) => payload(ctx, await set(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
