import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { IdentityKind } from '../domain/kinds.ts'
import { releaseIdentifiers } from './identifiers.ts'

/** Holds a member, erased or not, with all that were merged into it; the member itself comes first. */
export async function lockPerson(
  tx: Tx,
  id: string,
): Promise<readonly { id: MemberId; number: string; status: string }[]> {
  if (!isUuid(id)) return []
  const rows = await tx.query<{ member_id: MemberId; number: string; status: string }>(
    `/* lockPerson */
     select member.member_id, member.number, member.status
     from (select coalesce(merged_into, member_id) as id from member where member_id = $1) as survivor
     join member on member.member_id = survivor.id or member.merged_into = survivor.id
     order by member.merged_into nulls first, member.member_id
     for update of member`,
    [id],
  )
  return rows.map((row) => ({ id: row.member_id, number: row.number, status: row.status }))
}

/** Takes the identities of members away, and answers what they were. */
export async function takeIdentities(
  tx: Tx,
  memberIds: readonly string[],
): Promise<{ kind: IdentityKind; hash: Buffer }[]> {
  const taken = await tx.query<{ kind: IdentityKind; hash: Buffer }>(
    `/* takeChannelIdentities */
     delete from channel_identity where member_id = any($1::uuid[]) returning kind, hash`,
    [memberIds],
  )
  await releaseIdentifiers(
    tx,
    taken.map(({ hash }) => hash),
    memberIds,
  )
  return taken
}

export async function insertTombstones(
  tx: Tx,
  stones: readonly { kind: IdentityKind; hash: Buffer }[],
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* insertTombstones */
     insert into tombstone (hash, kind, erased_at)
     select hash, kind, $3 from unnest($1::bytea[], $2::text[]) as given(hash, kind)
     on conflict on constraint tombstone_key do nothing`,
    [stones.map(({ hash }) => hash), stones.map(({ kind }) => kind), toIso(at)],
  )
}

export async function anyTombstone(db: { query: Query }): Promise<boolean> {
  const [row] = await db.query<{ any: boolean }>(
    `/* anyTombstone */ select exists (select from tombstone) as any`,
  )
  return row!.any
}

/** Those of the hashes under which somebody was erased. */
export async function findTombstones(db: { query: Query }, hashes: readonly Buffer[]): Promise<Set<string>> {
  const rows = await db.query<{ hash: Buffer }>(
    `/* findTombstones */ select hash from tombstone where hash = any($1::bytea[])`,
    [hashes],
  )
  return new Set(rows.map(({ hash }) => hash.toString('hex')))
}

export async function liftTombstones(tx: Tx, hashes: readonly Buffer[]): Promise<void> {
  await tx.query(`/* liftTombstones */ delete from tombstone where hash = any($1::bytea[])`, [hashes])
}

/** Destroys the data keys and whatever else tells of a person; what is sealed stays unreadable for good. */
export async function destroyPersonalData(
  tx: Tx,
  memberIds: readonly string[],
  phoneHashes: readonly Buffer[],
): Promise<void> {
  for (const statement of PERSONAL) await tx.query(statement, [memberIds])
  await tx.query(`/* destroyCodes */ delete from one_time_code where phone_hash = any($1::bytea[])`, [
    phoneHashes,
  ])
}

const PERSONAL = [
  `/* destroyKeys */ delete from member_key where member_id = any($1::uuid[])`,
  `/* destroyProfiles */ delete from profile where member_id = any($1::uuid[])`,
  `/* destroyAttributes */ delete from member_attribute where member_id = any($1::uuid[])`,
  `/* destroyTags */ delete from tag where member_id = any($1::uuid[])`,
  `/* destroyTagHistory */ delete from tag_history where member_id = any($1::uuid[])`,
  `/* destroyQuietHours */ delete from quiet_hours where member_id = any($1::uuid[])`,
  `/* destroyFacts */ delete from member_fact where member_id = any($1::uuid[])`,
  `/* destroyRefreshTokens */ delete from refresh_token where member_id = any($1::uuid[])`,
]

/** Products are given up; nothing tells any more which they were. */
export async function giveUpProducts(tx: Tx, memberIds: readonly string[], at: Instant): Promise<void> {
  await tx.query(`/* releaseSerials */ delete from product_serial where member_id = any($1::uuid[])`, [
    memberIds,
  ])
  await tx.query(
    `/* giveUpProducts */
     update owned_product set serial_hash = '', sealed_serial = '', model = null,
       owned_until = coalesce(owned_until, $2), ended_because = coalesce(ended_because, 'GIVEN_UP')
     where member_id = any($1::uuid[])`,
    [memberIds, toIso(at)],
  )
}

export async function markErased(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* markErased */ update member set status = 'ERASED' where member_id = any($1::uuid[]) and merged_into is null`,
    [memberIds],
  )
}
