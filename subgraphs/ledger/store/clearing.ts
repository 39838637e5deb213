import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { ClearingLine } from '../domain/coalition.ts'

/** Points of one class burned (or, negative, given back) by documents of one origin and rule version. */
export interface BurnedAt {
  readonly lotClass: string
  readonly channel: string
  readonly store: string | undefined
  readonly operator: string
  readonly ruleVersion: number
  readonly points: bigint
}

interface OriginRow {
  channel: string
  store: string | null
  operator: string | null
  rule_version: number
}

const sourceFrom = (row: OriginRow) => ({
  channel: row.channel,
  store: row.store ?? undefined,
  operator: row.operator ?? '',
  ruleVersion: row.rule_version,
})

/**
 * What was burned and given back between two moments of recording, from the entries themselves. What a return gives
 * back was burned where the purchase was made.
 */
export async function readBurned(
  query: Query,
  programKey: number,
  from: Instant,
  until: Instant,
): Promise<BurnedAt[]> {
  const rows = await query<OriginRow & { class: string; points: bigint }>(
    `/* readBurned */
     select coalesce(substring(lot from '^p[^/]*/(.*)[+-][0-9]+$'), '') as class, origin.channel, origin.store,
            origin.operator, shop.rule_version, -sum(substring(lot from '[+-][0-9]+$')::bigint)::bigint as points
     from entry
     cross join lateral string_to_table(entry.lots, ';') as lot
     join document on document.id = entry.document_id
     join entry as first on first.member_id = document.member_id and first.program_key = document.program_key
       and first.seq = document.seq
     join document as place
       on place.id = case when first.document_kind = 'return' then first.subject::uuid else document.id end
     join entry as shop on shop.member_id = place.member_id and shop.program_key = place.program_key
       and shop.seq = place.seq
     join origin on origin.origin_key = shop.origin_key
     where entry.program_key = $1 and entry.recorded_at >= $2 and entry.recorded_at < $3
       and entry.kind in ('redeem', 'refund') and entry.points is not null and lot like 'p%'
     group by 1, 2, 3, 4, 5`,
    [programKey, toIso(from), toIso(until)],
  )
  return rows.map((row) => ({ ...sourceFrom(row), lotClass: row.class, points: row.points }))
}

/** A hold of which something was captured between two moments: its lots, and all its captures in their order. */
export interface CapturedHold {
  readonly lots: string
  readonly captures: readonly (Omit<BurnedAt, 'lotClass'> & { readonly recordedAt: Instant })[]
}

/** A capture says how much; the lots stand with the hold. */
export async function readCaptured(
  query: Query,
  programKey: number,
  from: Instant,
  until: Instant,
): Promise<CapturedHold[]> {
  const rows = await query<OriginRow & { id: string; lots: string; points: bigint; recorded_at: Instant }>(
    `/* readCaptured */
     select hold.document_id as id, hold.lots, capture.points, capture.recorded_at, capture.rule_version,
            origin.channel, origin.store, origin.operator
     from (
       select distinct subject::uuid as id from entry
       where program_key = $1 and recorded_at >= $2 and recorded_at < $3 and kind = 'capture'
         and document_kind = 'capture'
     ) as captured
     join document on document.id = captured.id
     join entry as hold on hold.member_id = document.member_id and hold.program_key = document.program_key
       and hold.seq = document.seq
     join entry as capture on capture.member_id = hold.member_id and capture.program_key = hold.program_key
       and capture.seq > hold.seq and capture.kind = 'capture' and capture.subject = captured.id::text
     join origin on origin.origin_key = capture.origin_key
     order by hold.document_id, capture.seq`,
    [programKey, toIso(from), toIso(until)],
  )
  return [...Map.groupBy(rows, ({ id }) => id).values()].map((group) => ({
    lots: group[0]!.lots,
    captures: group.map((row) => ({ ...sourceFrom(row), points: row.points, recordedAt: row.recorded_at })),
  }))
}

/** The kept figures of a month; undefined: there are none yet. */
export async function readClearing(
  query: Query,
  programKey: number,
  month: string,
): Promise<ClearingLine[] | undefined> {
  const [kept] = await query<{ month: string }>(
    '/* clearingMonth */ select month from clearing_month where program_key = $1 and month = $2',
    [programKey, month],
  )
  if (!kept) return undefined
  return query<ClearingLine>(
    `/* readClearing */
     select issuer, honourer, points, money from clearing
     where program_key = $1 and month = $2 order by issuer, honourer`,
    [programKey, month],
  )
}

/** Keeps the figures of a month that is over. Whoever comes second changes nothing. */
export async function saveClearing(
  tx: Tx,
  programKey: number,
  month: string,
  lines: readonly ClearingLine[],
  now: Instant,
): Promise<boolean> {
  const taken = await tx.query(
    `/* takeClearingMonth */
     insert into clearing_month (program_key, month, rolled_up_at) values ($1, $2, $3)
     on conflict on constraint clearing_month_key do nothing returning month`,
    [programKey, month, toIso(now)],
  )
  if (taken.length === 0) return false
  await tx.query(
    `/* insertClearing */
     insert into clearing (program_key, month, issuer, honourer, points, money)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[])`,
    [
      programKey,
      month,
      lines.map(({ issuer }) => issuer),
      lines.map(({ honourer }) => honourer),
      lines.map(({ points }) => points),
      lines.map(({ money }) => money),
    ],
  )
  return true
}
