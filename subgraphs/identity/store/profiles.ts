import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

/** A profile as it lies at rest. */
export interface SealedProfile {
  readonly memberId: string
  readonly sealed: Buffer
  readonly version: number
}

export async function findProfiles(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<Map<string, SealedProfile>> {
  const rows = await db.query<{ member_id: string; sealed: Buffer; version: number }>(
    `/* findProfiles */ select member_id, sealed, version from profile where member_id = any($1::uuid[])`,
    [memberIds],
  )
  return new Map(
    rows.map((row) => [row.member_id, { memberId: row.member_id, sealed: row.sealed, version: row.version }]),
  )
}

export const saveProfile = (tx: Tx, profile: SealedProfile, at: Instant): Promise<void> =>
  saveProfiles(tx, [profile], at)

export async function saveProfiles(tx: Tx, profiles: readonly SealedProfile[], at: Instant): Promise<void> {
  await tx.query(
    `/* saveProfiles */
     ${INSERT}
     on conflict on constraint profile_key
     do update set sealed = excluded.sealed, version = excluded.version, updated_at = excluded.updated_at`,
    columnsOf(profiles, at),
  )
}

/** Profiles of members who have none; without looking for one, it takes two thirds of the time. */
export async function insertProfiles(tx: Tx, profiles: readonly SealedProfile[], at: Instant): Promise<void> {
  await tx.query(`/* insertProfiles */ ${INSERT}`, columnsOf(profiles, at))
}

const INSERT = `
  insert into profile (member_id, sealed, version, updated_at)
  select member_id, sealed, version, $4 from unnest($1::uuid[], $2::bytea[], $3::integer[])
    as given(member_id, sealed, version)`

const columnsOf = (profiles: readonly SealedProfile[], at: Instant): unknown[] => [
  profiles.map(({ memberId }) => memberId),
  profiles.map(({ sealed }) => sealed),
  profiles.map(({ version }) => version),
  toIso(at),
]

export async function deleteProfile(tx: Tx, memberId: string): Promise<void> {
  await tx.query(`/* deleteProfile */ delete from profile where member_id = $1`, [memberId])
}
