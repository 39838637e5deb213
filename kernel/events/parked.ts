import type { Db } from '../db/open-database.ts'
import type { Query } from '../db/statement.ts'
import type { Tx } from '../db/transaction.ts'
import { type Instant, toIso } from '../values/instant.ts'
import type { RecordedEvent } from './event.ts'

/** An event whose handler kept failing, as a person decides about it. */
export interface ParkedEvent {
  /** Under which name its reader keeps its position: `ledger`, `ledger/facts`. */
  readonly source: string
  readonly position: bigint
  readonly type: string
  readonly memberId: string | undefined
  readonly occurredAt: Instant
  readonly parkedAt: Instant
  readonly error: string
}

/** Which event, who decides, and when. */
export interface Decision {
  readonly source: string
  readonly position: bigint
  readonly by: string
  readonly at: Instant
}

interface ParkedRow {
  source: string
  position: bigint
  transaction: string
  type: string
  member_id: string | null
  occurred_at: Instant
  parked_at: Instant
  error: string
  payload: unknown
}

export async function listParked(query: Query): Promise<ParkedEvent[]> {
  const rows = await query<ParkedRow>(
    `/* listParkedEvents */
     select source, position, type, member_id, occurred_at, parked_at, error from parked_event
     order by source, position`,
  )
  return rows.map((row) => ({
    source: row.source,
    position: row.position,
    type: row.type,
    memberId: row.member_id ?? undefined,
    occurredAt: row.occurred_at,
    parkedAt: row.parked_at,
    error: row.error,
  }))
}

export async function parkEvent(
  tx: Tx,
  { source, event, error, at }: { source: string; event: RecordedEvent; error: unknown; at: Instant },
): Promise<void> {
  await tx.query(
    `/* parkEvent */
     insert into parked_event
       (source, position, transaction, type, member_id, occurred_at, payload, error, parked_at)
     values ($1, $2, $3::xid8, $4, $5, $6, $7, $8, $9)
     on conflict on constraint parked_event_key do nothing`,
    [
      source,
      event.cursor.position,
      event.cursor.transaction,
      event.type,
      event.memberId ?? null,
      toIso(event.occurredAt),
      JSON.stringify(event.payload),
      String(error),
      toIso(at),
    ],
  )
}

/**
 * Lets a parked event take effect after all: its effects, its leaving and the line that says who decided are one
 * transaction. Answers false if it is not parked (any more); throws what the handler throws, and it stays parked.
 */
export async function retryParked(
  db: Db,
  decision: Decision,
  handle: (tx: Tx, event: RecordedEvent) => Promise<void>,
): Promise<boolean> {
  try {
    return await db.transaction(async (tx) => {
      const row = await takeParked(tx, decision)
      if (!row) return false
      await handle(tx, eventOf(row))
      await writeDecision(tx, decision, { type: row.type, decision: 'retried', reason: undefined })
      return true
    })
  } catch (error) {
    await db.transaction((tx) => stillFails(tx, decision, String(error)))
    throw error
  }
}

/** Gives an event up. Answers false if it is not parked (any more). */
export const dropParked = (db: Db, decision: Decision & { reason: string }): Promise<boolean> =>
  db.transaction(async (tx) => {
    const row = await takeParked(tx, decision)
    if (row)
      await writeDecision(tx, decision, { type: row.type, decision: 'dropped', reason: decision.reason })
    return row !== undefined
  })

/** Two who decide at once take turns; the second finds nothing. */
async function takeParked(tx: Tx, { source, position }: Decision): Promise<ParkedRow | undefined> {
  const [row] = await tx.query<ParkedRow>(
    `/* takeParkedEvent */
     delete from parked_event where source = $1 and position = $2
     returning source, position, transaction::text, type, member_id, occurred_at, parked_at, error, payload`,
    [source, position],
  )
  return row
}

const eventOf = (row: ParkedRow): RecordedEvent => ({
  cursor: { transaction: row.transaction, position: row.position.toString() },
  type: row.type,
  memberId: row.member_id ?? undefined,
  occurredAt: row.occurred_at,
  payload: row.payload,
})

async function stillFails(tx: Tx, decision: Decision, error: string): Promise<void> {
  const [row] = await tx.query<{ type: string }>(
    `/* noteFailedRetry */ update parked_event set error = $3 where source = $1 and position = $2 returning type`,
    [decision.source, decision.position, error],
  )
  if (row) await writeDecision(tx, decision, { type: row.type, decision: 'failed again', reason: error })
}

async function writeDecision(
  tx: Tx,
  { source, position, by, at }: Decision,
  { type, decision, reason }: { type: string; decision: string; reason: string | undefined },
): Promise<void> {
  await tx.query(
    `/* writeParkedDecision */
     insert into parked_event_decision (source, position, type, decision, reason, decided_by, decided_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [source, position, type, decision, reason ?? null, by, toIso(at)],
  )
}
