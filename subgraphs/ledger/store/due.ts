import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'

/**
 * Members with an account in which something fell due before a day, the earliest first. What looks redundant is the
 * predicate of the index: a plan for any `$1` would not use it otherwise.
 */
export async function membersDue(
  query: Query,
  day: LocalDate,
  programKey: number,
  limit: number,
): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* membersDue */
     select member_id from account
     where next_due < $1 and next_due < 'infinity' and program_key = $2
     order by next_due
     limit $3`,
    [day, programKey, limit],
  )
  return rows.map((row) => row.member_id)
}

/** Members with a hold that lapsed by a moment, the earliest first. */
export async function membersWithLapses(
  query: Query,
  now: Instant,
  programKey: number,
  limit: number,
): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* membersWithLapses */
     select member_id from hold
     where closed_by is null and lapses_at <= $1 and program_key = $2
     order by lapses_at
     limit $3`,
    [toIso(now), programKey, limit],
  )
  return [...new Set(rows.map((row) => row.member_id))]
}
