import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { ClearingLine } from '../domain/coalition.ts'

/** Points of one class burned by documents of one origin and rule version. */
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

/** A month of recording in a programme. */
export interface Recorded {
  readonly programKey: number
  readonly from: Instant
  readonly until: Instant
}

/** What makes up for order of effect: it may change whose points were burned before. */
const MAKING_UP = `('reverse', 'correct', 'restore', 'refund', 'postpone', 'cancel', 'relot')`

/**
 * Members of whom it depends on more than the burns of a month whose points they burned: something came late or was taken
 * back, a debt was made or repaid, or a hold of before such was captured.
 */
export async function readReattributed(
  query: Query,
  { programKey, from, until }: Recorded,
): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* readReattributed */
     select member_id from entry
     where program_key = $1 and recorded_at >= $2 and recorded_at < $3 and points is not null
       and (kind in ${MAKING_UP} or (kind = 'redeem' and document_kind is null)
            or (kind not in ('await', 'capture', 'hand-over', 'take-over') and points <> abs((
                  select coalesce(sum(substring(lot from '[+-][0-9]+$')::bigint), 0)
                  from string_to_table(lots, ';') as lot where lot like 'p%' and lot not like 'p~%'))))
     union
     select capture.member_id from entry as capture
     join entry as hold on hold.document_id = capture.subject::uuid and hold.document_kind is not null
     where capture.program_key = $1 and capture.recorded_at >= $2 and capture.recorded_at < $3
       and capture.kind = 'capture' and capture.document_kind = 'capture'
       and exists (select from entry as later
                   where later.member_id = capture.member_id and later.program_key = capture.program_key
                     and later.seq > hold.seq and later.kind in ${MAKING_UP})
     order by 1`,
    [programKey, toIso(from), toIso(until)],
  )
  return rows.map((row) => row.member_id)
}

/** What the other members burned, from the entries themselves. */
export async function readBurned(
  query: Query,
  { programKey, from, until }: Recorded,
  except: readonly string[],
): Promise<BurnedAt[]> {
  const rows = await query<OriginRow & { class: string; points: bigint }>(
    `/* readBurned */
     select coalesce(substring(lot from '^p[^/]*/(.*)[+-][0-9]+$'), '') as class, origin.channel, origin.store,
            origin.operator, entry.rule_version, -sum(substring(lot from '[+-][0-9]+$')::bigint)::bigint as points
     from entry
     cross join lateral string_to_table(entry.lots, ';') as lot
     join origin using (origin_key)
     where entry.program_key = $1 and entry.recorded_at >= $2 and entry.recorded_at < $3
       and entry.kind = 'redeem' and entry.points is not null and lot like 'p%' and entry.member_id <> all($4::uuid[])
     group by 1, 2, 3, 4, 5`,
    [programKey, toIso(from), toIso(until), except],
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
  { programKey, from, until }: Recorded,
  except: readonly string[],
): Promise<CapturedHold[]> {
  const rows = await query<OriginRow & { id: string; lots: string; points: bigint; recorded_at: Instant }>(
    `/* readCaptured */
     select hold.document_id as id, hold.lots, capture.points, capture.recorded_at, capture.rule_version,
            origin.channel, origin.store, origin.operator
     from (
       select distinct subject::uuid as id from entry
       where program_key = $1 and recorded_at >= $2 and recorded_at < $3 and kind = 'capture'
         and document_kind = 'capture' and member_id <> all($4::uuid[])
     ) as captured
     join entry as hold on hold.document_id = captured.id and hold.document_kind is not null
     join entry as capture on capture.member_id = hold.member_id and capture.program_key = hold.program_key
       and capture.seq > hold.seq and capture.kind = 'capture' and capture.subject = captured.id::text
     join origin on origin.origin_key = capture.origin_key
     order by hold.document_id, capture.seq`,
    [programKey, toIso(from), toIso(until), except],
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
