import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'

export interface LotsOutstanding {
  /** YYYY-MM of the last day; undefined: they do not run out. */
  readonly month: string | undefined
  readonly issuer: string
  readonly points: bigint
}

/** Open lots of all members by the month in which they run out and by class; what has run out unswept is left out. */
export async function readLotsOutstanding(
  query: Query,
  programKey: number,
  today: LocalDate,
): Promise<LotsOutstanding[]> {
  const rows = await query<{ month: string | null; issuer: string; points: bigint }>(
    `/* readLotsOutstanding */
     select case when until < 'infinity' then to_char(until, 'YYYY-MM') end as month,
            split_part(split_part(coalesce(class, ''), '~', 1), '@', 1) as issuer, sum(points)::bigint as points
     from account
     cross join lateral unnest(points_left, points_until, points_class) as lot (points, until, class)
     where program_key = $1 and until >= $2
     group by 1, 2
     order by month nulls last, issuer`,
    [programKey, today],
  )
  return rows.map(({ month, issuer, points }) => ({ month: month ?? undefined, issuer, points }))
}

export interface Outstanding {
  readonly held: bigint
  readonly pending: bigint
  readonly owed: bigint
  readonly members: bigint
}

export async function readOutstanding(query: Query, programKey: number): Promise<Outstanding> {
  const [row] = await query<Outstanding>(
    `/* readOutstanding */
     select coalesce(sum(points_held), 0)::bigint as held, coalesce(sum(points_pending), 0)::bigint as pending,
            coalesce(sum(points_owed), 0)::bigint as owed,
            count(*) filter (where points_available + points_held + points_pending > 0) as members
     from account where program_key = $1`,
    [programKey],
  )
  return row!
}

/** What moved in a time, by the moment of effect. */
export interface Flow {
  readonly earned: bigint
  readonly redeemed: bigint
  readonly expired: bigint
  readonly reversed: bigint
  /** Given for activities; part of what was earned. */
  readonly activities: bigint
}

export async function readFlow(
  query: Query,
  programKey: number,
  from: Instant,
  until: Instant,
): Promise<Flow> {
  const [row] = await query<Flow>(
    `/* readFlow */
     select coalesce(sum(points) filter (where kind in ('earn', 'grant', 'await', 'top-up')), 0)::bigint as earned,
            coalesce(sum(case when kind in ('redeem', 'capture') then points when kind = 'refund' then -points end),
                     0)::bigint as redeemed,
            coalesce(sum(case kind when 'expire' then points when 'restore' then -points end), 0)::bigint as expired,
            coalesce(sum(points) filter (where kind in ('reverse', 'cancel', 'deduct')), 0)::bigint as reversed,
            coalesce(sum(points) filter (where document_kind = 'activity'), 0)::bigint as activities
     from entry
     where program_key = $1 and effective_at >= $2 and effective_at < $3 and points is not null`,
    [programKey, toIso(from), toIso(until)],
  )
  return row!
}

/** How many members the programme has had at a moment. */
export async function countAccounts(query: Query, programKey: number, at: Instant): Promise<bigint> {
  const [row] = await query<{ count: bigint }>(
    '/* countAccounts */ select count(*) as count from account where program_key = $1 and opened_at < $2',
    [programKey, toIso(at)],
  )
  return row!.count
}
