import type { Tx } from '../../../kernel/db/transaction.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'

/**
 * The last day of lots through which members were reminded, under a lock: one run at a time. The first run of a number
 * of days begins with the day given.
 */
export async function lockReminders(
  tx: Tx,
  programKey: number,
  daysBefore: number,
  first: LocalDate,
): Promise<LocalDate> {
  await tx.query(
    `/* openReminders */
     insert into reminder_run (program_key, days_before, reminded_through) values ($1, $2, $3::date - 1)
     on conflict on constraint reminder_run_key do nothing`,
    [programKey, daysBefore, first],
  )
  const [row] = await tx.query<{ reminded_through: LocalDate }>(
    `/* lockReminders */
     select reminded_through from reminder_run where program_key = $1 and days_before = $2 for update`,
    [programKey, daysBefore],
  )
  return row!.reminded_through
}

export async function saveReminded(
  tx: Tx,
  programKey: number,
  daysBefore: number,
  through: LocalDate,
): Promise<void> {
  await tx.query(
    `/* saveReminded */
     update reminder_run set reminded_through = $3 where program_key = $1 and days_before = $2`,
    [programKey, daysBefore, through],
  )
}

export interface ExpiringLots {
  readonly memberId: string
  readonly expiresOn: LocalDate
  readonly points: bigint
}

/** Points whose last day lies after one day and no later than another. What falls due first bounds where to look. */
export async function readExpiring(
  tx: Tx,
  programKey: number,
  after: LocalDate,
  through: LocalDate,
): Promise<ExpiringLots[]> {
  const rows = await tx.query<{ member_id: string; expires_on: LocalDate; points: bigint }>(
    `/* readExpiring */
     select member_id, until as expires_on, sum(points)::bigint as points
     from account
     cross join lateral unnest(points_left, points_until) as lot (points, until)
     where program_key = $1 and next_due <= $3 and next_due < 'infinity' and until > $2 and until <= $3
     group by member_id, until
     order by until, member_id`,
    [programKey, after, through],
  )
  return rows.map((row) => ({ memberId: row.member_id, expiresOn: row.expires_on, points: row.points }))
}
