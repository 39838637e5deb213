import type { IdentityContext } from '../context.ts'
import type { StaffAccount } from '../domain/staff.ts'

export const Staff = {
  role: ({ role }: StaffAccount) => role.toUpperCase(),
  guidedMembers: ({ id }: StaffAccount, _: unknown, ctx: IdentityContext) => ctx.loaders.guided.load(id),
}
