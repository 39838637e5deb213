import { type CreateStaffInput, createStaff as run } from '../../actions/staff.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const createStaff = async (_: unknown, { input }: { input: CreateStaffInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (made) => ({ ...made }))
