import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Channel, IdentityKind } from '../domain/kinds.ts'
import type { Strength } from '../domain/one-id.ts'

/** An identifier on its member's side: what it is, and how we came to know. */
export interface ChannelIdentityRow {
  /** The id that it came by: the member's, or that of one who was merged into it. */
  readonly memberId: MemberId
  readonly id: string
  readonly kind: IdentityKind
  readonly scope: string
  readonly hash: Buffer
  /** In clear, or sealed with the member's key. */
  readonly value: string | undefined
  readonly sealedValue: Buffer | undefined
  readonly channel: Channel
  /** Who said so, as `staff:7f…`. */
  readonly source: string
  readonly strength: Strength
  readonly verifiedAt: Instant
}

/** What a member has already stays as it is. */
export async function insertChannelIdentities(tx: Tx, rows: readonly ChannelIdentityRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `/* insertChannelIdentities */
     ${INSERT} on conflict on constraint channel_identity_once do nothing`,
    columnsOf(rows),
  )
}

/** Identities of members who have none; without looking for them, it takes two thirds of the time. */
export async function insertFirstIdentities(tx: Tx, rows: readonly ChannelIdentityRow[]): Promise<void> {
  if (rows.length > 0) await tx.query(`/* insertFirstIdentities */ ${INSERT}`, columnsOf(rows))
}

const INSERT = `
  insert into channel_identity
    (member_id, id, kind, scope, hash, value, sealed_value, channel, source, strength, verified_at)
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bytea[],
    $8::text[], $9::text[], $10::text[], $11::timestamptz[])`

const columnsOf = (rows: readonly ChannelIdentityRow[]): unknown[] => [
  rows.map(({ memberId }) => memberId),
  rows.map(({ id }) => id),
  rows.map(({ kind }) => kind),
  rows.map(({ scope }) => scope),
  rows.map(({ hash }) => hash),
  rows.map(({ value }) => value ?? null),
  rows.map(({ sealedValue }) => sealedValue ?? null),
  rows.map(({ channel }) => channel),
  rows.map(({ source }) => source),
  rows.map(({ strength }) => strength),
  rows.map(({ verifiedAt }) => toIso(verifiedAt)),
]

/** Those of members by their present ids, with what came along when others were merged into them. */
export async function findChannelIdentities(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(ChannelIdentityRow & { personId: MemberId })[]> {
  const rows = await db.query<Columns & { person_id: MemberId }>(
    `/* findChannelIdentities */
     select channel_identity.*, coalesce(holder.merged_into, holder.member_id) as person_id
     from member as holder join channel_identity using (member_id)
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by verified_at, kind, id`,
    [memberIds],
  )
  return rows.map((row) => ({
    personId: row.person_id,
    memberId: row.member_id,
    id: row.id,
    kind: row.kind,
    scope: row.scope,
    hash: row.hash,
    value: row.value ?? undefined,
    sealedValue: row.sealed_value ?? undefined,
    channel: row.channel,
    source: row.source,
    strength: row.strength,
    verifiedAt: row.verified_at,
  }))
}

/** Somebody has made sure that an identifier still is its member's. */
export async function confirmChannelIdentity(
  tx: Tx,
  memberIds: readonly string[],
  hash: Buffer,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* confirmChannelIdentity */
     update channel_identity set verified_at = $3 where member_id = any($1::uuid[]) and hash = $2`,
    [memberIds, hash, toIso(at)],
  )
}

/** An identifier leads to its member no more. */
export async function deleteChannelIdentity(tx: Tx, memberId: string, hash: Buffer): Promise<void> {
  await tx.query(
    `/* deleteChannelIdentity */ delete from channel_identity where member_id = $1 and hash = $2`,
    [memberId, hash],
  )
}

interface Columns {
  member_id: MemberId
  id: string
  kind: IdentityKind
  scope: string
  hash: Buffer
  value: string | null
  sealed_value: Buffer | null
  channel: Channel
  source: string
  strength: Strength
  verified_at: Instant
}
