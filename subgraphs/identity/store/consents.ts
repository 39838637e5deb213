import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { ConsentPurpose, ConsentStatement, ContactChannel, QuietHours } from '../domain/consents.ts'

/** What a person said is never changed, only followed by what they say next. The member must be locked. */
export async function appendConsents(
  tx: Tx,
  memberId: string,
  statements: readonly ConsentStatement[],
): Promise<void> {
  await tx.query(
    `/* appendConsents */
     insert into consent_statement
       (member_id, place, purpose, channel, given, policy_version, stated_by, stated_through, stated_at)
     select $1::uuid, place + (select coalesce(max(place), 0) from consent_statement where member_id = $1::uuid),
       purpose, channel, given, policy_version, stated_by, stated_through, stated_at
     from unnest($2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
       with ordinality as said (purpose, channel, given, policy_version, stated_by, stated_through, stated_at, place)`,
    [
      memberId,
      statements.map(({ purpose }) => purpose),
      statements.map(({ channel }) => channel),
      statements.map(({ given }) => given),
      statements.map(({ policyVersion }) => policyVersion),
      statements.map(({ statedBy }) => statedBy),
      statements.map(({ statedThrough }) => statedThrough ?? null),
      statements.map(({ statedAt }) => toIso(statedAt)),
    ],
  )
}

/** Oldest first. */
export async function findConsents(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(ConsentStatement & { memberId: string })[]> {
  const rows = await db.query<{
    member_id: string
    purpose: ConsentPurpose
    channel: ContactChannel | 'ANY'
    given: boolean
    policy_version: string
    stated_by: string
    stated_through: string | null
    stated_at: Instant
  }>(
    `/* findConsents */
     select * from consent_statement where member_id = any($1::uuid[]) order by place`,
    [memberIds],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    purpose: row.purpose,
    channel: row.channel,
    given: row.given,
    policyVersion: row.policy_version,
    statedBy: row.stated_by,
    statedThrough: row.stated_through ?? undefined,
    statedAt: row.stated_at,
  }))
}

export async function saveQuietHours(
  tx: Tx,
  memberId: string,
  quiet: QuietHours,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* saveQuietHours */
     insert into quiet_hours (member_id, begins, ends, time_zone, updated_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint quiet_hours_key do update set begins = excluded.begins, ends = excluded.ends,
       time_zone = excluded.time_zone, updated_at = excluded.updated_at`,
    [memberId, quiet.from, quiet.to, quiet.timeZone, toIso(at)],
  )
}

export async function deleteQuietHours(tx: Tx, memberId: string): Promise<void> {
  await tx.query(`/* deleteQuietHours */ delete from quiet_hours where member_id = $1`, [memberId])
}

export async function findQuietHours(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<Map<string, QuietHours>> {
  const rows = await db.query<{ member_id: string; begins: string; ends: string; time_zone: string }>(
    `/* findQuietHours */
     select member_id, begins, ends, time_zone from quiet_hours where member_id = any($1::uuid[])`,
    [memberIds],
  )
  return new Map(
    rows.map((row) => [row.member_id, { from: row.begins, to: row.ends, timeZone: row.time_zone }]),
  )
}
