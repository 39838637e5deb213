import type { Role } from '../../../kernel/auth/roles.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { StaffAccount, StaffDetails } from '../domain/staff.ts'

interface StaffColumns {
  id: string
  name: string
  role: Role
  store: string | null
  node: string | null
  login: string | null
  open_id: string | null
  closed_at: Instant | null
}

const COLUMNS = 'id, name, role, store, node, login, open_id, closed_at'

const accountOf = (row: StaffColumns): StaffAccount => ({
  id: row.id,
  name: row.name,
  role: row.role,
  node: row.node ?? undefined,
  login: row.login ?? undefined,
  openId: row.open_id ?? undefined,
  closed: row.closed_at !== null,
})

/** What an account signs in with, sealed or hashed. */
export interface StaffSecrets {
  readonly passwordHash: string
  readonly sealedTotp: Buffer
}

/** Someone of the sandbox's tokens, who has no account to sign in to. */
export async function ensureStaff(
  tx: Tx,
  staff: { id: string; name: string; role: Role; store: string | undefined; node: string | undefined },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* ensureStaff */
     insert into staff (id, name, role, store, node, created_at) values ($1, $2, $3, $4, $5, $6)
     on conflict on constraint staff_key do nothing`,
    [staff.id, staff.name, staff.role, staff.store ?? null, staff.node ?? null, toIso(at)],
  )
}

/** False where login or subject at the OpenID provider is another's. */
export async function insertStaff(
  tx: Tx,
  staff: StaffDetails & { id: string },
  secrets: StaffSecrets,
  by: string,
  at: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `/* insertStaff */
     insert into staff (id, name, role, node, login, open_id, password_hash, sealed_totp, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict do nothing returning id`,
    [
      staff.id,
      staff.name,
      staff.role,
      staff.node ?? null,
      staff.login,
      staff.openId ?? null,
      secrets.passwordHash,
      secrets.sealedTotp,
      by,
      toIso(at),
    ],
  )
  return rows.length === 1
}

/** Is login or subject at the OpenID provider that of somebody else? */
export async function isStaffNameTaken(tx: Tx, staff: StaffDetails & { id: string }): Promise<boolean> {
  const rows = await tx.query(
    `/* isStaffNameTaken */ select id from staff where id <> $1 and (login = $2 or open_id = $3) limit 1`,
    [staff.id, staff.login, staff.openId ?? null],
  )
  return rows.length > 0
}

export async function updateStaffRow(tx: Tx, staff: StaffDetails & { id: string }): Promise<void> {
  await tx.query(
    `/* updateStaff */
     update staff set name = $2, role = $3, node = $4, login = $5, open_id = $6 where id = $1`,
    [staff.id, staff.name, staff.role, staff.node ?? null, staff.login, staff.openId ?? null],
  )
}

export async function closeStaffRow(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.query(`/* closeStaff */ update staff set closed_at = $2 where id = $1`, [id, toIso(at)])
}

export async function findStaff(db: { query: Query }, id: string): Promise<StaffAccount | undefined> {
  return (await findStaffByIds(db, [id])).get(id)
}

export async function findStaffByIds(
  db: { query: Query },
  ids: readonly string[],
): Promise<Map<string, StaffAccount>> {
  const rows = await db.query<StaffColumns>(
    `/* findStaffByIds */ select ${COLUMNS} from staff where id = any($1::text[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, accountOf(row)]))
}

export async function lockStaff(tx: Tx, id: string): Promise<StaffAccount | undefined> {
  const [row] = await tx.query<StaffColumns>(
    `/* lockStaff */ select ${COLUMNS} from staff where id = $1 for update`,
    [id],
  )
  return row && accountOf(row)
}

/** Accounts at and below a node, or all; by id, behind `after`. */
export async function findStaffWithin(
  db: { query: Query },
  page: { within: string | undefined; after: string | undefined; limit: number },
): Promise<StaffAccount[]> {
  const rows = await db.query<StaffColumns>(
    `/* findStaffWithin */
     select ${COLUMNS.split(', ')
       .map((column) => `staff.${column}`)
       .join(', ')}
     from staff left join organisation_node on organisation_node.id = staff.node
     where login is not null and staff.id > $2
       and ($1::text is null or starts_with(path, (select path from organisation_node where id = $1)))
     order by staff.id limit $3`,
    [page.within ?? null, page.after ?? '', page.limit],
  )
  return rows.map(accountOf)
}

export interface SignInRow extends StaffAccount {
  readonly secrets: StaffSecrets
}

export async function findStaffByLogin(db: { query: Query }, login: string): Promise<SignInRow | undefined> {
  const [row] = await db.query<StaffColumns & { password_hash: string; sealed_totp: Buffer }>(
    `/* findStaffByLogin */
     select ${COLUMNS}, password_hash, sealed_totp from staff
     where login = $1 and closed_at is null and password_hash is not null`,
    [login],
  )
  return (
    row && { ...accountOf(row), secrets: { passwordHash: row.password_hash, sealedTotp: row.sealed_totp } }
  )
}

export async function findStaffByOpenId(
  db: { query: Query },
  openId: string,
): Promise<StaffAccount | undefined> {
  const [row] = await db.query<StaffColumns>(
    `/* findStaffByOpenId */ select ${COLUMNS} from staff where open_id = $1 and closed_at is null`,
    [openId],
  )
  return row && accountOf(row)
}

/** Takes a step of the account's one-time codes; false where it, or a later one, has served: each code serves once. */
export async function takeTotpStep(tx: Tx, id: string, step: number): Promise<boolean> {
  const rows = await tx.query(
    `/* takeTotpStep */
     update staff set totp_step = $2 where id = $1 and closed_at is null and coalesce(totp_step, 0) < $2
     returning id`,
    [id, step],
  )
  return rows.length === 1
}

export async function replaceSecrets(tx: Tx, id: string, secrets: StaffSecrets): Promise<void> {
  await tx.query(
    `/* replaceSecrets */ update staff set password_hash = $2, sealed_totp = $3, totp_step = null where id = $1`,
    [id, secrets.passwordHash, secrets.sealedTotp],
  )
}

export async function replacePassword(tx: Tx, id: string, passwordHash: string): Promise<void> {
  await tx.query(`/* replacePassword */ update staff set password_hash = $2 where id = $1`, [
    id,
    passwordHash,
  ])
}

/** What happened to an account, who did it; only grows. */
export async function noteStaffChange(
  tx: Tx,
  change: {
    staffId: string
    id: string
    change: 'created' | 'updated' | 'access-reset' | 'password-changed' | 'closed'
    detail: Readonly<Record<string, unknown>>
    by: string
  },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* noteStaffChange */
     insert into staff_change (staff_id, id, change, detail, changed_by, changed_at) values ($1, $2, $3, $4, $5, $6)`,
    [change.staffId, change.id, change.change, JSON.stringify(change.detail), change.by, toIso(at)],
  )
}

export async function findSealedTotps(db: { query: Query }): Promise<{ id: string; sealed: Buffer }[]> {
  return db.query<{ id: string; sealed: Buffer }>(
    `/* findSealedTotps */ select id, sealed_totp as sealed from staff where sealed_totp is not null`,
  )
}

/** Nothing happens where it has been replaced meanwhile. */
export async function resealTotp(tx: Tx, id: string, former: Buffer, anew: Buffer): Promise<void> {
  await tx.query(`/* resealTotp */ update staff set sealed_totp = $3 where id = $1 and sealed_totp = $2`, [
    id,
    former,
    anew,
  ])
}
