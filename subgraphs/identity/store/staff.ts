import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

export interface StaffMember {
  readonly id: string
  readonly name: string
  readonly role: 'clerk' | 'operator' | 'admin'
  readonly store: string | undefined
}

export async function ensureStaff(tx: Tx, staff: StaffMember, at: Instant): Promise<void> {
  await tx.query(
    `/* ensureStaff */
     insert into staff (id, name, role, store, created_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint staff_key do nothing`,
    [staff.id, staff.name, staff.role, staff.store ?? null, toIso(at)],
  )
}
