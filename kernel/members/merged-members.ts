import type { Query } from '../db/statement.ts'
import type { Tx } from '../db/transaction.ts'

/**
 * One person may have several ids: the present one and those of members that were merged into it. Rows lie under the id
 * that they came by; whoever reads of a person reads all of them.
 */

/** The id that a member goes by now. */
export async function presentId<Id extends string>(query: Query, id: Id): Promise<Id> {
  const [row] = await query<{ survivor_id: Id }>(
    `/* presentId */ select survivor_id from merged_member where member_id = $1`,
    [id],
  )
  return row?.survivor_id ?? id
}

/** All ids of a person by the present one, which comes first. */
export async function allIds<Id extends string>(query: Query, present: Id): Promise<Id[]> {
  const rows = await query<{ member_id: Id }>(
    `/* allIds */ select member_id from merged_member where survivor_id = $1 order by member_id`,
    [present],
  )
  return [present, ...rows.map((row) => row.member_id)]
}

/**
 * Holds members against being merged or unmerged for the rest of the transaction, and answers by which id they go now.
 * The lock is a statement of its own, so that what is read after it is what it protects. Others may hold them likewise.
 */
export async function holdMember<Id extends string>(tx: Tx, id: Id): Promise<Id> {
  for (let held = id; ; ) {
    await tx.query(`/* holdMember */ select pg_advisory_xact_lock_shared(hashtextextended($1, 0))`, [held])
    const present = await presentId(tx.query, id)
    if (present === held || present === id) return present
    held = present
  }
}

/** Holds members for who merges or unmerges them: waits for everybody who holds one, and makes the next ones wait. */
export async function holdMembersAlone(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const id of [...new Set(ids)].toSorted()) {
    await tx.query(`/* holdMemberAlone */ select pg_advisory_xact_lock(hashtextextended($1, 0))`, [id])
  }
}

/** From now on an id, and all that led to it, lead to the survivor: there is never a second step to take. */
export async function leadTo(tx: Tx, from: string, survivor: string): Promise<void> {
  await tx.query(`/* leadOn */ update merged_member set survivor_id = $2 where survivor_id = $1`, [
    from,
    survivor,
  ])
  await tx.query(
    `/* leadTo */
     insert into merged_member (member_id, survivor_id) values ($1, $2)
     on conflict on constraint merged_member_key do update set survivor_id = excluded.survivor_id`,
    [from, survivor],
  )
}

/** A member stands for itself again, with those others that came with it. */
export async function leadBack(tx: Tx, member: string, others: readonly string[]): Promise<void> {
  await tx.query(`/* standAlone */ delete from merged_member where member_id = $1`, [member])
  await tx.query(
    `/* leadBack */ update merged_member set survivor_id = $1 where member_id = any($2::uuid[])`,
    [member, others],
  )
}
