import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Channel } from '../domain/kinds.ts'

export interface MemberRow {
  readonly id: MemberId
  readonly number: string
  readonly status: string
  readonly joinedAt: Instant
  readonly joinedChannel: Channel
  readonly joinedStore: string | undefined
}

export interface NewMember {
  readonly id: MemberId
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
     select id, number, 'ACTIVE', joined_at, channel, store
     from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
       as given(id, number, joined_at, channel, store)`,
    [
      members.map(({ id }) => id),
      members.map(({ number }) => number),
      members.map(({ joinedAt }) => toIso(joinedAt)),
      members.map(({ joinedChannel }) => joinedChannel),
      members.map(({ joinedStore }) => joinedStore ?? null),
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

/**
 * Holds a member for the rest of the transaction: what is decided about it is decided one at a time. Of a member that
 * was erased nothing can be decided any more.
 */
export async function lockMember(tx: Tx, id: string): Promise<MemberRow | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await tx.query<MemberColumns>(
    `/* lockMember */
     select * from member
     where member_id = (select coalesce(merged_into, member_id) from member where member_id = $1)
       and status <> 'ERASED'
     for update`,
    [id],
  )
  return row && memberOf(row)
}

interface MemberColumns {
  member_id: MemberId
  number: string
  status: string
  joined_at: Instant
  joined_channel: Channel
  joined_store: string | null
}

const memberOf = (row: MemberColumns): MemberRow => ({
  id: row.member_id,
  number: row.number,
  status: row.status,
  joinedAt: row.joined_at,
  joinedChannel: row.joined_channel,
  joinedStore: row.joined_store ?? undefined,
})
