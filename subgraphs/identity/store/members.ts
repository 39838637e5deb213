import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Channel } from '../domain/kinds.ts'
import { countsAsGuide } from './guides.ts'
import { belongsTo } from './organisation.ts'

export interface MemberRow {
  readonly id: MemberId
  readonly number: string
  readonly status: string
  readonly joinedAt: Instant
  readonly joinedChannel: Channel
  readonly joinedStore: string | undefined
  /** When a membership that began otherwise became a full one. */
  readonly activatedAt: Instant | undefined
}

export interface NewMember {
  readonly id: MemberId
  /** `ACTIVE` unless given. */
  readonly status?: string
  readonly number: string
  readonly joinedAt: Instant
  readonly joinedChannel: Channel
  readonly joinedStore: string | undefined
}

/** So many places in the sequence behind members' numbers; gaps are harmless. */
export async function takeNumberSerials(tx: Tx, count: number): Promise<bigint[]> {
  const rows = await tx.query<{ serial: bigint }>(
    `/* takeNumberSerials */ select nextval('member_number_serial') as serial from generate_series(1, $1::integer)`,
    [count],
  )
  return rows.map(({ serial }) => serial)
}

export async function insertMembers(tx: Tx, members: readonly NewMember[]): Promise<void> {
  await tx.query(
    `/* insertMembers */
     insert into member (member_id, number, status, joined_at, joined_channel, joined_store)
     select id, number, status, joined_at, channel, store
     from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
       as given(id, number, joined_at, channel, store, status)`,
    [
      members.map(({ id }) => id),
      members.map(({ number }) => number),
      members.map(({ joinedAt }) => toIso(joinedAt)),
      members.map(({ joinedChannel }) => joinedChannel),
      members.map(({ joinedStore }) => joinedStore ?? null),
      members.map(({ status }) => status ?? 'ACTIVE'),
    ],
  )
}

/** Members by present or former id. `merged_into` always names the member that is left, never one merged in turn. */
export async function findMembers(
  db: { query: Query },
  ids: readonly string[],
): Promise<Map<string, MemberRow>> {
  const rows = await db.query<MemberColumns & { asked: string }>(
    `/* findMembers */
     select asked.member_id as asked, member.*
     from member as asked
     join member on member.member_id = coalesce(asked.merged_into, asked.member_id)
     where asked.member_id = any($1::uuid[])`,
    [ids.filter(isUuid)],
  )
  return new Map(rows.map((row) => [row.asked, memberOf(row)]))
}

/** The member that an identifier leads to, in one statement. */
export async function findMemberByHash(db: { query: Query }, hash: Buffer): Promise<MemberRow | undefined> {
  const [row] = await db.query<MemberColumns>(
    `/* findMemberByHash */
     select member.*
     from identifier
     join member as found on found.member_id = identifier.member_id
     join member on member.member_id = coalesce(found.merged_into, found.member_id)
     where identifier.hash = $1
     limit 1`,
    [hash],
  )
  return row && memberOf(row)
}

export interface LockedMember extends MemberRow {
  /** The id that was asked for, present or former: what comes by it lies under it. */
  readonly holderId: MemberId
}

/**
 * Holds a member for the rest of the transaction: what is decided about it is decided one at a time. Of a member that
 * was erased nothing can be decided any more.
 */
export async function lockMember(tx: Tx, id: string): Promise<LockedMember | undefined> {
  if (!isUuid(id)) return undefined
  for (;;) {
    const [row] = await tx.query<MemberColumns & { merged_into: string | null }>(
      `/* lockMember */
       select * from member
       where member_id = (select coalesce(merged_into, member_id) from member where member_id = $1)
         and status <> 'ERASED'
       for update`,
      [id],
    )
    // Who was merged while we waited is held, but not the one that it leads to now.
    if (row?.merged_into == null) return row && { ...memberOf(row), holderId: id as MemberId }
  }
}

/** The ids that members go by now, each once. Who is not known goes by the id that was asked. */
export async function presentIds(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `/* presentIds */
     select distinct coalesce(member.merged_into, asked.id) as id
     from unnest($1::uuid[]) as asked (id) left join member on member.member_id = asked.id`,
    [ids],
  )
  return rows.map((row) => row.id)
}

/** All ids of a person, the present one first. */
export async function findAllIds(db: { query: Query }, memberId: string): Promise<MemberId[]> {
  const rows = await db.query<{ member_id: MemberId }>(
    `/* findAllIds */
     select member_id from member where member_id = $1 or merged_into = $1
     order by merged_into nulls first, member_id`,
    [memberId],
  )
  return rows.map((row) => row.member_id)
}

/** Rows of members themselves, not of those whom they lead to, held in the order of their ids. */
export async function lockRows(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: MemberId; status: string; mergedInto: MemberId | undefined }[]> {
  const rows = await tx.query<MemberColumns & { merged_into: MemberId | null }>(
    `/* lockMemberRows */ select * from member where member_id = any($1::uuid[]) order by member_id for update`,
    [ids],
  )
  return rows.map((row) => ({
    id: row.member_id,
    status: row.status,
    mergedInto: row.merged_into ?? undefined,
  }))
}

/** Holds the members that ids lead to, and answers which that is for each; who was erased is left out. */
export async function lockPersons(tx: Tx, ids: readonly string[]): Promise<Map<string, MemberId>> {
  if (ids.length === 0) return new Map()
  for (;;) {
    const found = await findMembers(tx, ids)
    const rows = await lockRows(tx, [...new Set([...found.values()].map(({ id }) => id))])
    // Who was merged or came out again while we waited is somebody else now.
    const held = await findMembers(tx, ids)
    if ([...held].some(([asked, { id }]) => found.get(asked)?.id !== id)) continue
    const standing = new Set(rows.flatMap(({ id, status }) => (status === 'ERASED' ? [] : id)))
    return new Map([...held].flatMap(([asked, { id }]) => (standing.has(id) ? [[asked, id] as const] : [])))
  }
}

/** A member, and all that led to it, lead to the survivor from now on. */
export async function mergeRows(
  tx: Tx,
  merge: { fromId: string; intoId: string; consents: string; at: Instant },
): Promise<void> {
  await tx.query(`/* leadOn */ update member set merged_into = $2 where merged_into = $1`, [
    merge.fromId,
    merge.intoId,
  ])
  await tx.query(
    `/* mergeRow */
     update member set status = 'MERGED', merged_into = $2, merged_at = $3, merged_consents = $4,
       merged_said = (
         select coalesce(jsonb_object_agg(said.member_id, said.statements), '{}')
         from (
           select consent_statement.member_id, count(*) as statements from consent_statement
           join member as holder on holder.member_id = consent_statement.member_id
           where holder.member_id = $2 or holder.merged_into = $2 or holder.member_id = $1
           group by consent_statement.member_id
         ) as said)
     where member_id = $1`,
    [merge.fromId, merge.intoId, toIso(merge.at), merge.consents],
  )
}

/** A member stands for itself again, and others lead to it that came along. */
export async function unmergeRows(
  tx: Tx,
  unmerge: { fromId: string; withIds: readonly string[]; status: string },
): Promise<void> {
  await tx.query(
    `/* unmergeRow */
     update member set status = $2, merged_into = null, merged_at = null, merged_consents = null,
       merged_said = null where member_id = $1`,
    [unmerge.fromId, unmerge.status],
  )
  await tx.query(`/* leadBack */ update member set merged_into = $1 where member_id = any($2::uuid[])`, [
    unmerge.fromId,
    unmerge.withIds,
  ])
}

/** Members that were registered by others, or as cards, become full ones; answers those, and what they were. */
export async function activateRows(
  tx: Tx,
  ids: readonly string[],
  at: Instant,
): Promise<{ id: MemberId; from: 'PRE_REGISTERED' | 'COLLECTOR'; joinedAt: Instant }[]> {
  const rows = await tx.query<{
    member_id: MemberId
    former: 'PRE_REGISTERED' | 'COLLECTOR'
    joined_at: Instant
  }>(
    `/* activateMembers */
     update member set status = 'ACTIVE', activated_at = $2
     from (select member_id, status as former from member
           where member_id = any($1::uuid[]) and status in ('PRE_REGISTERED', 'COLLECTOR')
           order by member_id for update) as waiting
     where member.member_id = waiting.member_id
     returning member.member_id, former, joined_at`,
    [ids.filter(isUuid), toIso(at)],
  )
  return rows.map((row) => ({ id: row.member_id, from: row.former, joinedAt: row.joined_at }))
}

export interface MembersWithin {
  readonly within: string | undefined
  readonly store: string | undefined
  readonly guide: string | undefined
  readonly status: string | undefined
  readonly after: string | undefined
  readonly limit: number
}

/** Members that a caller may see, by id, behind `after`; for `valuesOf`. */
export const MEMBERS_WITHIN = `select member.* from member
     where merged_into is null and status <> 'ERASED'
       and ($2::uuid is null or member.member_id > $2)
       and ($3::text is null or joined_store = $3)
       and ($4::text is null or status = $4)
       and ($5::text is null or exists (
         select from guide_binding as guided join member as holder on holder.member_id = guided.member_id
         where coalesce(holder.merged_into, holder.member_id) = member.member_id
           and guided.guide = $5 and guided.ended_at is null and ${countsAsGuide('guided', 'holder')}))
       and ($1::text is null or ${belongsTo('$1')}
         or exists (select from member as former where former.merged_into = member.member_id and ${belongsTo('$1', 'former')}))
     order by member.member_id limit $6`

export const valuesOf = (page: MembersWithin): unknown[] => [
  page.within ?? null,
  page.after ?? null,
  page.store ?? null,
  page.status ?? null,
  page.guide ?? null,
  page.limit,
]

export async function findMembersWithin(db: { query: Query }, page: MembersWithin): Promise<MemberRow[]> {
  const rows = await db.query<MemberColumns>(`/* findMembersWithin */ ${MEMBERS_WITHIN}`, valuesOf(page))
  return rows.map(memberOf)
}

export interface MemberColumns {
  member_id: MemberId
  number: string
  status: string
  joined_at: Instant
  joined_channel: Channel
  joined_store: string | null
  activated_at: Instant | null
}

export const memberOf = (row: MemberColumns): MemberRow => ({
  id: row.member_id,
  number: row.number,
  status: row.status,
  joinedAt: row.joined_at,
  joinedChannel: row.joined_channel,
  joinedStore: row.joined_store ?? undefined,
  activatedAt: row.activated_at ?? undefined,
})
