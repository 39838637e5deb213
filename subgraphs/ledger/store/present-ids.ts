import type { Query } from '../../../kernel/db/statement.ts'

/** Where members lead that were merged; those that were not are left out. */
export async function readPresentIds(
  query: Query,
  memberIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await query<{ member_id: string; survivor_id: string }>(
    `/* readPresentIds */ select member_id, survivor_id from merged_member where member_id = any($1::uuid[])`,
    [memberIds],
  )
  return new Map(rows.map((row) => [row.member_id, row.survivor_id]))
}
