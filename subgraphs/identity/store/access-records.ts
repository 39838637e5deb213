import type { Query } from '../../../kernel/db/statement.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

/** Somebody saw personal data of a member in clear. */
export interface AccessRecord {
  readonly memberId: string
  /** Who, as `staff:7f…`. */
  readonly reader: string
  /** Which data, as `profile.name`. */
  readonly seen: readonly string[]
  readonly requestId: string
  readonly readAt: Instant
}

/** One statement for all; each is a row of its own that says all by itself, so no transaction is needed. */
export async function appendAccessRecords(
  db: { query: Query },
  records: readonly AccessRecord[],
): Promise<void> {
  await db.query(
    `/* appendAccessRecords */
     insert into access_record (member_id, id, reader, seen, request_id, read_at)
     select member_id, id, reader, string_to_array(seen, ' '), request_id, read_at
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
       as given(member_id, id, reader, seen, request_id, read_at)`,
    [
      records.map(({ memberId }) => memberId),
      records.map(({ readAt }) => newId(readAt)),
      records.map(({ reader }) => reader),
      records.map(({ seen }) => seen.join(' ')),
      records.map(({ requestId }) => requestId),
      records.map(({ readAt }) => toIso(readAt)),
    ],
  )
}

export interface AccessFilter {
  readonly memberIds: readonly string[] | undefined
  readonly reader: string | undefined
  readonly from: Instant | undefined
  readonly until: Instant | undefined
}

/** Newest first, behind the record `before`. */
export async function findAccessRecords(
  db: { query: Query },
  { memberIds, reader, from, until }: AccessFilter,
  page: { readonly limit: number; readonly before: string | undefined },
): Promise<(AccessRecord & { id: string })[]> {
  const values: unknown[] = []
  const conditions: string[] = []
  const where = (condition: string, value: unknown): void => {
    if (value === undefined) return
    values.push(value)
    conditions.push(condition.replace('?', `$${values.length}`))
  }
  where('member_id = any(?::uuid[])', memberIds)
  where('reader = ?', reader)
  where('read_at >= ?', from === undefined ? undefined : toIso(from))
  where('read_at < ?', until === undefined ? undefined : toIso(until))
  where('id < ?', page.before)
  values.push(page.limit + 1)
  // Put together from what is asked for, so that each question has the plan that fits it.
  const rows = await db.query<Columns>(
    `select id, member_id, reader, seen, request_id, read_at from access_record
     ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`}
     order by id desc limit $${values.length}`,
    values,
  )
  return rows.map((row) => ({
    id: row.id,
    memberId: row.member_id,
    reader: row.reader,
    seen: row.seen,
    requestId: row.request_id,
    readAt: row.read_at,
  }))
}

interface Columns {
  id: string
  member_id: string
  reader: string
  seen: string[]
  request_id: string
  read_at: Instant
}

/** Records are kept for so long; the database itself lets nobody take out single ones. */
export async function forgetAccessRecords(db: { query: Query }, before: Instant): Promise<void> {
  await db.query(`/* forgetAccessRecords */ select forget_access_records($1)`, [toIso(before)])
}
