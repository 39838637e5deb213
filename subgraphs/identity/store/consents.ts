import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type {
  ConsentPolicy,
  ConsentPurpose,
  ConsentStatement,
  ContactChannel,
  Joined,
  QuietHours,
} from '../domain/consents.ts'

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

/** What was said under one id of a person, oldest first. */
export interface SaidUnder {
  readonly personId: string
  readonly holderId: string
  readonly statements: readonly ConsentStatement[]
  /** When this id was merged into the present one, and by which policy; undefined: it is the present one. */
  readonly merged: Joined | undefined
}

/** By present ids, with what was said under ids that were merged into them. */
export async function findConsents(db: { query: Query }, memberIds: readonly string[]): Promise<SaidUnder[]> {
  const rows = await db.query<{
    member_id: string
    person_id: string
    merged_at: Instant | null
    merged_consents: ConsentPolicy | null
    merged_said: Joined['said'] | null
    purpose: ConsentPurpose
    channel: ContactChannel | 'ANY'
    given: boolean
    policy_version: string
    stated_by: string
    stated_through: string | null
    stated_at: Instant
  }>(
    `/* findConsents */
     select consent_statement.*, coalesce(holder.merged_into, holder.member_id) as person_id, holder.merged_at,
       holder.merged_consents, holder.merged_said
     from member as holder join consent_statement using (member_id)
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by place`,
    [memberIds],
  )
  const statementOf = (row: (typeof rows)[number]): ConsentStatement => ({
    purpose: row.purpose,
    channel: row.channel,
    given: row.given,
    policyVersion: row.policy_version,
    statedBy: row.stated_by,
    statedThrough: row.stated_through ?? undefined,
    statedAt: row.stated_at,
  })
  return [...Map.groupBy(rows, (row) => row.member_id).values()].map((said) => {
    const { person_id: personId, member_id: holderId, merged_at: at, ...joined } = said[0]!
    const merged = at ? { at, policy: joined.merged_consents!, said: joined.merged_said! } : undefined
    return { personId, holderId, statements: said.map(statementOf), merged }
  })
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

export async function deleteQuietHours(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(`/* deleteQuietHours */ delete from quiet_hours where member_id = any($1::uuid[])`, [
    memberIds,
  ])
}

/** By present ids; of a person with several the last word counts. */
export async function findQuietHours(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<Map<string, QuietHours>> {
  const rows = await db.query<{ person_id: string; begins: string; ends: string; time_zone: string }>(
    `/* findQuietHours */
     select coalesce(holder.merged_into, holder.member_id) as person_id, begins, ends, time_zone
     from member as holder join quiet_hours using (member_id)
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by updated_at, holder.merged_into nulls last`,
    [memberIds],
  )
  return new Map(
    rows.map((row) => [row.person_id, { from: row.begins, to: row.ends, timeZone: row.time_zone }]),
  )
}
