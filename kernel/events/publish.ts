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

/** One text for all: in an array, each quote of a payload would have to be escaped. */
const APPEND = `/* publish */
  insert into event (type, member_id, occurred_at, payload)
  select type, member_id, occurred_at, payload
  from jsonb_to_recordset($1) as new (type text, member_id uuid, occurred_at timestamptz, payload jsonb)`

const columnsOf = (events: readonly NewEvent[]): unknown[] => [
  JSON.stringify(
    events.map(({ type, memberId, occurredAt, payload }) => ({
      type,
      member_id: memberId,
      occurred_at: toIso(occurredAt),
      payload,
    })),
  ),
]
