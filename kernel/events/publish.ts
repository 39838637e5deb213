import type { Tx } from '../db/transaction.ts'
import { toIso } from '../values/instant.ts'
import type { NewEvent } from './event.ts'

/** Appends events to the subgraph's own log, in the transaction that made them true. */
export async function publish(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  tx.wakeReaders()
  await tx.query(APPEND, columnsOf(events))
}

/** The same as the last of a transaction: sent with the commit, not waited for. */
export function publishLast(tx: Tx, events: readonly NewEvent[]): void {
  if (events.length === 0) return
  tx.wakeReaders()
  tx.send(APPEND, columnsOf(events))
}

const APPEND = `/* publish */
  insert into event (type, member_id, occurred_at, payload)
  select * from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::jsonb[])`

const columnsOf = (events: readonly NewEvent[]): unknown[] => [
  events.map((event) => event.type),
  events.map((event) => event.memberId ?? null),
  events.map((event) => toIso(event.occurredAt)),
  events.map((event) => JSON.stringify(event.payload)),
]
