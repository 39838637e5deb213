import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'

export interface LotsOutstanding {
  /** YYYY-MM of the last day, or that day; undefined: they do not run out. */
  readonly end: string | undefined
  readonly issuer: string
  readonly points: bigint
}

/** Open lots of all members by the month or the day in which they run out and by class; what has run out unswept is left out. */
export async function readLotsOutstanding(
  query: Query,
  programKey: number,
  today: LocalDate,
  by: 'MONTH' | 'DAY',
): Promise<LotsOutstanding[]> {
  const rows = await query<{ end: string | null; issuer: string; points: bigint }>(
    `/* readLotsOutstanding */
     select case when until < 'infinity' then to_char(until, $3) end as "end",
            split_part(split_part(coalesce(class, ''), '~', 1), '@', 1) as issuer, sum(points)::bigint as points
     from account
     cross join lateral unnest(points_left, points_until, points_class) as lot (points, until, class)
     where program_key = $1 and until >= $2
     group by 1, 2
     order by "end" nulls last, issuer`,
    [programKey, today, by === 'DAY' ? 'YYYY-MM-DD' : 'YYYY-MM'],
  )
  return rows.map(({ end, issuer, points }) => ({ end: end ?? undefined, issuer, points }))
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

/** How many members the programme has had at a moment. */
export async function countAccounts(query: Query, programKey: number, at: Instant): Promise<bigint> {
  const [row] = await query<{ count: bigint }>(
    '/* countAccounts */ select count(*) as count from account where program_key = $1 and opened_at < $2',
    [programKey, toIso(at)],
  )
  return row!.count
}
