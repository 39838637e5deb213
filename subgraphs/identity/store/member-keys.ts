import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'

/** Gives members the wrapped keys that are handed in, unless they have one; answers which each has now. */
export async function ensureMemberKeys(
  tx: Tx,
  keys: readonly { memberId: string; wrapped: Buffer }[],
): Promise<Map<string, Buffer>> {
  await tx.query(
    `/* ensureMemberKeys */
     insert into member_key (member_id, wrapped) select * from unnest($1::uuid[], $2::bytea[])
     on conflict on constraint member_key_key do nothing`,
    [keys.map(({ memberId }) => memberId), keys.map(({ wrapped }) => wrapped)],
  )
  return findMemberKeys(
    tx,
    keys.map(({ memberId }) => memberId),
  )
}

export async function findMemberKeys(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<Map<string, Buffer>> {
  const rows = await db.query<{ member_id: string; wrapped: Buffer }>(
    `/* findMemberKeys */ select member_id, wrapped from member_key where member_id = any($1::uuid[])`,
    [memberIds],
  )
  return new Map(rows.map((row) => [row.member_id, row.wrapped]))
}
