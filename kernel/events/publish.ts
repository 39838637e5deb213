import type { Tx } from '../db/transaction.ts'
import { toIso } from '../values/instant.ts'
import type { NewEvent } from './event.ts'

/** Appends events to the subgraph's own log, in the transaction that made them true. */
export async function publish(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  tx.wakeReaders()
  await tx.query(
    `/* publish */
     insert into event (type, member_id, occurred_at, payload)
     select * from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::jsonb[])`,
    [
      events.map((event) => event.type),
      events.map((event) => event.memberId ?? null),
      events.map((event) => toIso(event.occurredAt)),
      events.map((event) => JSON.stringify(event.payload)),
    ],
  )
}
