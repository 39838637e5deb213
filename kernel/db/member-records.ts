import type { Query } from './statement.ts'

export type MemberRecords = Readonly<Record<string, readonly Record<string, unknown>[]>>

/**
 * All rows that tables hold of some members, by table. The names come from our own table definitions, so a table that
 * is added later is in it without anybody's thinking of it.
 */
export async function memberRecords(
  query: Query,
  tables: readonly string[],
  memberIds: readonly string[],
): Promise<MemberRecords> {
  const found: Record<string, readonly Record<string, unknown>[]> = {}
  for (const table of tables.toSorted()) {
    const rows = await query<{ record: Record<string, unknown> }>(
      `select to_jsonb(owned) as record from "${table}" as owned where member_id = any($1::uuid[])`,
      [memberIds],
    )
    found[table] = rows.map(({ record }) => record)
  }
  return found
}

/** The tables of which each row belongs to one member. */
export const memberTables = (distribution: Readonly<Record<string, string>>): string[] =>
  Object.keys(distribution).filter((table) => distribution[table] === 'member')
