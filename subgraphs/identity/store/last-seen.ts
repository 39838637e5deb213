import type { Query } from '../../../kernel/db/statement.ts'
import type { Instant } from '../../../kernel/values/instant.ts'

/** When persons were last seen under any of their ids: signed in, verified by somebody, or buying. */
export async function lastSeen(
  db: { query: Query },
  presentIds: readonly string[],
): Promise<Map<string, Instant>> {
  const rows = await db.query<{ id: string; seen_at: Instant }>(
    `/* lastSeen */
     select coalesce(holder.merged_into, holder.member_id) as id,
       max(greatest(
         (select max(coalesce(used_at, started_at)) from session where session.member_id = holder.member_id),
         (select max(verified_at) from channel_identity where channel_identity.member_id = holder.member_id),
         (select max(last_at) from purchase_day where purchase_day.member_id = holder.member_id))) as seen_at
     from member as holder
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     group by 1`,
    [presentIds],
  )
  return new Map(rows.flatMap((row) => (row.seen_at === null ? [] : [[row.id, row.seen_at]])))
}
