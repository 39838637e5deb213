import type { Instant } from '../values/instant.ts'

/** What a subgraph tells the others: past tense, ids and facts. `schema/events` has the payloads. */
export interface NewEvent<Type extends string = string, Payload = unknown> {
  /** `<subgraph>.<PastTense>`, e.g. `ledger.TierChanged`. */
  readonly type: Type
  readonly memberId?: string
  readonly occurredAt: Instant
  readonly payload: Payload
}

/** Where a reader stands in a log. The texts are 64-bit integers. */
export interface Cursor {
  readonly transaction: string
  readonly position: string
}

/** Does the first lie before the second? */
export const isBehind = (a: Cursor, b: Cursor): boolean =>
  a.transaction === b.transaction
    ? BigInt(a.position) < BigInt(b.position)
    : BigInt(a.transaction) < BigInt(b.transaction)

export const START: Cursor = { transaction: '0', position: '0' }

export interface RecordedEvent<Type extends string = string, Payload = unknown>
  extends NewEvent<Type, Payload> {
  readonly cursor: Cursor
}
