import { type ChangeStaffPasswordInput, changeStaffPassword as run } from '../../actions/staff.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const changeStaffPassword = async (
  _: unknown,
  { input }: { input: ChangeStaffPasswordInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (staff) => ({ staff }))
