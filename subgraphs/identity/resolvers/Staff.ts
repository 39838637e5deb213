import type { StaffAccount } from '../domain/staff.ts'

export const Staff = {
  role: ({ role }: StaffAccount) => role.toUpperCase(),
}
