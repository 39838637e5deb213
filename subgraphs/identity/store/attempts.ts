import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Attempt } from '../domain/attempts.ts'

/** How often a subject (the keyed hash of a network address, of a name) tried something in an hour of the clock. */
export async function attemptsInHour(
  db: { query: Query },
  subject: Buffer,
  what: Attempt,
  hour: Instant,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `/* attemptsInHour */ select count from attempt_count where subject_hash = $1 and what = $2 and hour = $3`,
    [subject, what, toIso(hour)],
  )
  return row?.count ?? 0
}

/** Counts one more, and answers how many there are then; two at once are two. */
export async function countAttempt(tx: Tx, subject: Buffer, what: Attempt, hour: Instant): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `/* countAttempt */
     insert into attempt_count as known (subject_hash, what, hour, count) values ($1, $2, $3, 1)
     on conflict on constraint attempt_count_key do update set count = known.count + 1
     returning count`,
    [subject, what, toIso(hour)],
  )
  return row!.count
}

/** The subject was right in the end: what it tried before is forgiven. */
export async function forgetAttempts(tx: Tx, subject: Buffer, what: Attempt): Promise<void> {
  await tx.query(`/* forgetAttempts */ delete from attempt_count where subject_hash = $1 and what = $2`, [
    subject,
    what,
  ])
}

export async function deleteAttemptsBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteOldAttempts */ delete from attempt_count where hour < $1`, [toIso(at)])
}
