import type { Tx } from '../db/transaction.ts'
import { type Instant, toIso } from '../values/instant.ts'
import { holdMembersAlone, leadBack, leadTo } from './merged-members.ts'

/** What `identity` tells a sibling to carry out. */
export interface MergeOrder {
  readonly caseId: string
  /** The member that goes into the other; both by their present ids. */
  readonly fromId: string
  readonly intoId: string
}

export interface UnmergeOrder extends MergeOrder {
  /** Members that were merged into the one that comes out, and come out with it. */
  readonly withIds: readonly string[]
}

/**
 * Carries a subgraph's part of a merge out, once: the same order again gets the same answer. An order that comes after
 * its own undoing, because it was long on its way, does nothing; the answer is undefined then.
 */
export async function mergeOnce<Answer>(
  tx: Tx,
  order: MergeOrder,
  at: Instant,
  work: () => Promise<Answer>,
): Promise<Answer | undefined> {
  const { caseId, fromId, intoId } = order
  await holdMembersAlone(tx, [fromId, intoId])
  const known = await takeStep(tx, order, { undone: false, at })
  if (known) return known.undone ? undefined : (known.answer as Answer)
  const answer = await work()
  await leadTo(tx, fromId, intoId)
  await tx.query(`/* storeMergeAnswer */ update merge_step set answer = $2 where case_id = $1`, [
    caseId,
    JSON.stringify(answer),
  ])
  return answer
}

/** Takes a subgraph's part of a merge back, once. One that never got here is noted, so that it does nothing any more. */
export async function unmergeOnce(
  tx: Tx,
  order: UnmergeOrder,
  at: Instant,
  work: (answer: unknown) => Promise<void>,
): Promise<void> {
  const { caseId, fromId, intoId, withIds } = order
  await holdMembersAlone(tx, [fromId, intoId])
  const known = await takeStep(tx, order, { undone: true, at })
  if (!known || known.undone) return
  await leadBack(tx, fromId, withIds)
  await work(known.answer)
  await tx.query(
    `/* markUnmerged */ update merge_step set undone = true, carried_out_at = $2 where case_id = $1`,
    [caseId, toIso(at)],
  )
}

/** Takes the row of a case; answers what is in it if somebody had it already. */
async function takeStep(
  tx: Tx,
  { caseId, fromId, intoId }: MergeOrder,
  { undone, at }: { undone: boolean; at: Instant },
): Promise<{ undone: boolean; answer: unknown } | undefined> {
  const taken = await tx.query(
    `/* takeMergeStep */
     insert into merge_step (case_id, from_id, into_id, undone, carried_out_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint merge_step_key do nothing
     returning case_id`,
    [caseId, fromId, intoId, undone, toIso(at)],
  )
  if (taken.length > 0) return undefined
  const [row] = await tx.query<{ undone: boolean; answer: unknown }>(
    `/* lockMergeStep */ select undone, answer from merge_step where case_id = $1 for update`,
    [caseId],
  )
  return row
}
