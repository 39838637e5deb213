import type { Db } from '../db/open-database.ts'
import type { Instant } from '../values/instant.ts'
import { type Cursor, type RecordedEvent, START } from './event.ts'

/** A subgraph's event log as its readers see it: the same in one process and over HTTP. */
export interface EventFeed {
  /** Events behind the cursor in reading order, none that could still be overtaken. */
  read(after: Cursor, limit: number): Promise<RecordedEvent[]>
  /** The place behind all that is readable now, for who wants only what comes. */
  end(): Promise<Cursor>
  /** Is there anything committed behind the cursor, readable already or not? */
  hasNewer(after: Cursor): Promise<boolean>
}

interface EventRow {
  transaction: string
  position: bigint
  type: string
  member_id: string | null
  occurred_at: Instant
  payload: unknown
}

export const databaseFeed = (db: Db): EventFeed => ({
  async read(after, limit) {
    const rows = await db.query<EventRow>(
      `/* readEvents */
       select transaction::text, position, type, member_id, occurred_at, payload
       from event
       where (transaction, position) > ($1::xid8, $2::bigint)
         and transaction < pg_snapshot_xmin(pg_current_snapshot())
       order by event.transaction, event.position
       limit $3`,
      [after.transaction, after.position, limit],
    )
    return rows.map((row) => ({
      cursor: { transaction: row.transaction, position: row.position.toString() },
      type: row.type,
      memberId: row.member_id ?? undefined,
      occurredAt: row.occurred_at,
      payload: row.payload,
    }))
  },

  async end() {
    const [row] = await db.query<{ transaction: string; position: bigint }>(
      `/* endOfEvents */
       select transaction::text, position from event
       where transaction < pg_snapshot_xmin(pg_current_snapshot())
       order by event.transaction desc, event.position desc
       limit 1`,
    )
    return row ? { transaction: row.transaction, position: row.position.toString() } : START
  },

  async hasNewer(after) {
    const [row] = await db.query<{ newer: boolean }>(
      `/* hasNewerEvents */
       select exists (
         select from event where (transaction, position) > ($1::xid8, $2::bigint)
       ) as newer`,
      [after.transaction, after.position],
    )
    return row!.newer
  },
})
