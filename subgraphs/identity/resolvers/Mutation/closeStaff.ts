import { type CloseStaffInput, closeStaff as run } from '../../actions/staff.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const closeStaff = async (_: unknown, { input }: { input: CloseStaffInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (staff) => ({ staff }))
