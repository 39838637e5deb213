import { updateStaff as run, type UpdateStaffInput } from '../../actions/staff.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const updateStaff = async (_: unknown, { input }: { input: UpdateStaffInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (staff) => ({ staff }))
