import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'

export interface WrappedKey {
  readonly memberId: string
  readonly wrapped: Buffer
}

/** Gives members the wrapped keys that are handed in, unless they have one; answers which each has now. */
export async function ensureMemberKeys(
  tx: Tx,
  keys: readonly WrappedKey[],
  wrappedWith: string,
): Promise<Map<string, Buffer>> {
  await tx.query(
    `/* ensureMemberKeys */
     insert into member_key (member_id, wrapped, wrapped_with)
     select member_id, wrapped, $3 from unnest($1::uuid[], $2::bytea[]) as given(member_id, wrapped)
     on conflict on constraint member_key_key do nothing`,
    [keys.map(({ memberId }) => memberId), keys.map(({ wrapped }) => wrapped), wrappedWith],
  )
  return findMemberKeys(
    tx,
    keys.map(({ memberId }) => memberId),
  )
}

/** Keys of members who have none; without looking for one, it takes two thirds of the time. */
export async function insertMemberKeys(
  tx: Tx,
  keys: readonly WrappedKey[],
  wrappedWith: string,
): Promise<void> {
  await tx.query(
    `/* insertMemberKeys */
     insert into member_key (member_id, wrapped, wrapped_with)
     select member_id, wrapped, $3 from unnest($1::uuid[], $2::bytea[]) as given(member_id, wrapped)`,
    [keys.map(({ memberId }) => memberId), keys.map(({ wrapped }) => wrapped), wrappedWith],
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

/** Holds some keys that another master key wrapped; others at the same work hold others. */
export async function lockKeysWrappedOtherwise(
  tx: Tx,
  wrappedWith: string,
  limit: number,
): Promise<WrappedKey[]> {
  const rows = await tx.query<{ member_id: string; wrapped: Buffer }>(
    `/* lockKeysWrappedOtherwise */
     select member_id, wrapped from member_key where wrapped_with is distinct from $1
     limit $2 for update skip locked`,
    [wrappedWith, limit],
  )
  return rows.map((row) => ({ memberId: row.member_id, wrapped: row.wrapped }))
}

export async function replaceMemberKeys(
  tx: Tx,
  keys: readonly WrappedKey[],
  wrappedWith: string,
): Promise<void> {
  await tx.query(
    `/* replaceMemberKeys */
     update member_key set wrapped = given.wrapped, wrapped_with = $3
     from unnest($1::uuid[], $2::bytea[]) as given(member_id, wrapped)
     where member_key.member_id = given.member_id`,
    [keys.map(({ memberId }) => memberId), keys.map(({ wrapped }) => wrapped), wrappedWith],
  )
}
