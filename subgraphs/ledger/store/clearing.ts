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

interface BurnedRow {
  class: string
  channel: string
  store: string | null
  operator: string | null
  rule_version: number
  points: bigint
}

/** What was burned and given back between two moments of recording, from the entries themselves. */
export async function readBurned(
  query: Query,
  programKey: number,
  from: Instant,
  until: Instant,
): Promise<BurnedAt[]> {
  const rows = await query<BurnedRow>(
    `/* readBurned */
     select coalesce(substring(lot from '^p[^/]*/(.*)[+-][0-9]+$'), '') as class, origin.channel, origin.store,
            origin.operator, first.rule_version, -sum(substring(lot from '[+-][0-9]+$')::bigint)::bigint as points
     from entry
     cross join lateral string_to_table(entry.lots, ';') as lot
     join document on document.id = entry.document_id
     join entry as first on first.member_id = document.member_id and first.program_key = document.program_key
       and first.seq = document.seq
     join origin on origin.origin_key = first.origin_key
     where entry.program_key = $1 and entry.recorded_at >= $2 and entry.recorded_at < $3
       and entry.kind in ('redeem', 'refund') and entry.points is not null and lot like 'p%'
     group by 1, 2, 3, 4, 5`,
    [programKey, toIso(from), toIso(until)],
  )
  return rows.map((row) => ({
    lotClass: row.class,
    channel: row.channel,
    store: row.store ?? undefined,
    operator: row.operator ?? '',
    ruleVersion: row.rule_version,
    points: row.points,
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
