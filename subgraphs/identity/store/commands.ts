import type { Query } from '../../../kernel/db/statement.ts'

/** Has a command with this key been answered? What must not be done twice outside is then not done again. */
export async function wasAnswered(
  db: { query: Query },
  owner: string,
  key: string | undefined,
): Promise<boolean> {
  if (key === undefined) return false
  const rows = await db.query(
    `/* wasAnswered */ select key from command where owner = $1 and key = $2 and answer is not null`,
    [owner, key],
  )
  return rows.length > 0
}
