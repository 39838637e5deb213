import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'

export interface SummedDays {
  readonly programKey: number
  /** Whose days they are; where the programme has another by now, the sums are made anew. */
  readonly timeZone: string
  /** The last day of recording whose entries are in the sums. */
  readonly through: LocalDate
}

/** What entries of one day come to, by their day of effect and their kind. */
const daySums = (entries: string) => `
  select program_key, (recorded_at at time zone $2)::date as recorded_on, (effective_at at time zone $2)::date as effective_on,
         kind, document_kind is not distinct from 'activity' as by_activity, count(*) as entries,
         ${['points', 'growth', 'principal', 'bonus'].map((asset) => `coalesce(sum(${asset}), 0)::bigint as ${asset}`).join(', ')}
  from entry
  where ${entries}
  group by 1, 2, 3, 4, 5`

/** Adds the days up to one that is over. Sums of another time zone give way to new ones. */
export async function sumDays(tx: Tx, { programKey, timeZone, through }: SummedDays): Promise<void> {
  const of = [programKey, timeZone, through]
  // The first time, or in another time zone, these are all entries that there are.
  await tx.query('set local statement_timeout = 0')
  await tx.query(`/* lockDaySums */ select pg_advisory_xact_lock(hashtextextended('day sums', $1))`, [
    programKey,
  ])
  const [kept] = await tx.query<{ through: LocalDate }>(
    `/* summedDays */ select through from summed_days where program_key = $1 and time_zone = $2`,
    [programKey, timeZone],
  )
  if (!kept) await tx.query(`/* forgetDaySums */ delete from day_sum where program_key = $1`, [programKey])
  await tx.query(
    `/* addDaySums */
     insert into day_sum (program_key, recorded_on, effective_on, kind, by_activity, entries, points, growth, principal, bonus)
     ${daySums(`program_key = $1 and recorded_at < ($3::date + 1)::timestamp at time zone $2
       and recorded_at >= coalesce(($4::date + 1)::timestamp at time zone $2, '-infinity')`)}`,
    [...of, kept?.through ?? null],
  )
  await tx.query(
    `/* saveSummedDays */
     insert into summed_days (program_key, time_zone, through) values ($1, $2, $3)
     on conflict on constraint summed_days_key do update set
       time_zone = excluded.time_zone,
       through = case when summed_days.time_zone = excluded.time_zone
                      then greatest(summed_days.through, excluded.through) else excluded.through end`,
    of,
  )
}

/** What moved in a time, by the day of effect. */
export interface Flow {
  readonly earned: bigint
  readonly redeemed: bigint
  readonly expired: bigint
  readonly reversed: bigint
  /** Given for activities; part of what was earned. */
  readonly activities: bigint
}

/** From the sums of days, and for days that are not in them from the entries themselves. */
export async function readFlow(
  query: Query,
  { programKey, timeZone }: Omit<SummedDays, 'through'>,
  from: LocalDate,
  to: LocalDate,
): Promise<Flow> {
  const [row] = await query<Flow>(
    `/* readFlow */
     with summed as (select through from summed_days where program_key = $1 and time_zone = $2),
     moved as (
       select kind, by_activity, points from day_sum
       where program_key = $1 and effective_on between $3 and $4 and recorded_on <= (select through from summed)
       union all
       select kind, document_kind is not distinct from 'activity', points from entry
       where program_key = $1 and points is not null
         and effective_at >= $3::date::timestamp at time zone $2
         and effective_at < ($4::date + 1)::timestamp at time zone $2
         and recorded_at >= coalesce((select (through + 1)::timestamp at time zone $2 from summed), '-infinity')
     )
     select coalesce(sum(points) filter (where kind in ('earn', 'grant', 'await', 'top-up')), 0)::bigint as earned,
            coalesce(sum(case when kind in ('redeem', 'capture') then points when kind = 'refund' then -points end),
                     0)::bigint as redeemed,
            coalesce(sum(case kind when 'expire' then points when 'restore' then -points end), 0)::bigint as expired,
            coalesce(sum(points) filter (where kind in ('reverse', 'cancel', 'deduct')), 0)::bigint as reversed,
            coalesce(sum(points) filter (where by_activity), 0)::bigint as activities
     from moved`,
    [programKey, timeZone, from, to],
  )
  return row!
}

/** Sums that differ from what the entries of their days add up to. Answers (member_id, detail). */
export const daySumsCheck = `
  select null::uuid as member_id,
         format('programme %s, %s of %s, %s: sums of %s entries and %s points, by the entries %s and %s', program_key, kind,
                recorded_on, effective_on, coalesce(kept.entries, 0), coalesce(kept.points, 0),
                coalesce(made.entries, 0), coalesce(made.points, 0)) as detail
  from (select day_sum.* from day_sum join summed_days using (program_key) where recorded_on <= through) kept
  full join (
    select program_key, (recorded_at at time zone time_zone)::date as recorded_on,
           (effective_at at time zone time_zone)::date as effective_on, kind,
           document_kind is not distinct from 'activity' as by_activity, count(*) as entries,
           ${['points', 'growth', 'principal', 'bonus'].map((asset) => `coalesce(sum(${asset}), 0) as ${asset}`).join(', ')}
    from entry join summed_days using (program_key)
    where recorded_at < (through + 1)::timestamp at time zone time_zone
    group by 1, 2, 3, 4, 5
  ) made using (program_key, recorded_on, effective_on, kind, by_activity)
  where (kept.entries, kept.points, kept.growth, kept.principal, kept.bonus) is distinct from
        (made.entries, made.points, made.growth, made.principal, made.bonus)`
