import { principalName } from '../../../kernel/auth/principal.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { IdentityContext } from '../context.ts'
import { type MergeCase, mergedBelow, SIBLINGS } from '../domain/merge-case.ts'
import { askMerge, askUnmerge } from '../services/siblings.ts'
import { findAllIds, lockRows, mergeRows, unmergeRows } from '../store/members.ts'
import {
  addMergeAnswer,
  findMergeCase,
  findStandingMerges,
  findUnfinishedMerges,
  lockMergeCase,
  noteMergeEffects,
  noteUndoing,
  setMergeState,
} from '../store/merge-cases.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import { joinProfiles, partProfiles } from './join-profiles.ts'

/**
 * Carries a merge or its undoing on from wherever it stands. Two may do so at once, and one may begin where another broke off:
 * siblings do each order once, and a case goes from state to state under its lock.
 */
export async function carryMergeOn(ctx: IdentityContext, caseId: string): Promise<void> {
  try {
    while (await step(ctx, caseId));
  } catch (error) {
    ctx.log.warn({ error, caseId }, 'a merge is not through yet')
  }
}

/** Carries on all that is under way; one that is stuck does not hold up the others. */
export async function settleMerges(ctx: IdentityContext): Promise<void> {
  for (const caseId of await findUnfinishedMerges(ctx.db.query)) await carryMergeOn(ctx, caseId)
}

/** One step; false when there is none to take any more. */
async function step(ctx: IdentityContext, caseId: string): Promise<boolean> {
  const merge = await findMergeCase(ctx.db.query, caseId)
  switch (merge?.state) {
    case 'PLANNED':
      return advance(ctx, merge, async (tx) => go(tx, ctx, merge, 'MOVING'))
    case 'MOVING':
      return move(ctx, merge)
    case 'UNDOING':
      for (const sibling of SIBLINGS.toReversed()) await askUnmerge(ctx.graph, sibling, merge)
      return advance(ctx, merge, (tx) => go(tx, ctx, merge, 'UNDONE'))
    case 'UNMERGING':
      for (const sibling of SIBLINGS.toReversed()) await askUnmerge(ctx.graph, sibling, merge)
      return advance(ctx, merge, (tx) => commitUnmerge(tx, ctx, merge))
    default:
      return false
  }
}

async function move(ctx: IdentityContext, merge: MergeCase): Promise<boolean> {
  const next = SIBLINGS.find((sibling) => !(sibling in merge.answers))
  if (next === undefined) return advance(ctx, merge, (tx) => commitMerge(tx, ctx, merge))
  const answer = await askMerge(ctx.graph, next, merge)
  // Undone there: somebody called it off, and the case says so by now.
  if (answer === null) return true
  const refusal = (answer as { refusal?: string }).refusal
  return advance(ctx, merge, async (tx) => {
    if (refusal === undefined) await addMergeAnswer(tx, merge.id, next, answer)
    else await undo(tx, ctx, merge, `${next}: ${refusal}`)
  })
}

/** Does something for a case that is still where it was seen; if it is not, the next step sees where it is. */
async function advance(
  ctx: IdentityContext,
  seen: MergeCase,
  work: (tx: Tx) => Promise<void>,
): Promise<boolean> {
  await ctx.db.transaction(async (tx) => {
    const merge = await lockMergeCase(tx, seen.id)
    const moved = Object.keys(merge!.answers).length !== Object.keys(seen.answers).length
    if (merge!.state === seen.state && !moved) await work(tx)
  })
  return true
}

const go = (
  tx: Tx,
  ctx: IdentityContext,
  merge: MergeCase,
  state: MergeCase['state'],
  refusal?: string,
): Promise<void> =>
  setMergeState(tx, merge.id, {
    state,
    by: principalName(ctx.principal),
    at: ctx.now,
    ...(refusal && { refusal }),
  })

async function undo(tx: Tx, ctx: IdentityContext, merge: MergeCase, refusal: string): Promise<void> {
  const withIds = mergedBelow(
    merge.fromId,
    await findStandingMerges(tx.query, await findAllIds(tx, merge.fromId)),
  )
  const by = principalName(ctx.principal)
  await noteUndoing(tx, merge.id, { outOfId: merge.intoId, withIds, reason: refusal, by, at: ctx.now })
  await go(tx, ctx, merge, 'UNDOING', refusal)
}

/** The last step: from here on all ids lead to the one that is left. */
async function commitMerge(tx: Tx, ctx: IdentityContext, merge: MergeCase): Promise<void> {
  const { fromId, intoId, consents } = merge
  const rows = await lockRows(tx, [fromId, intoId])
  assert(
    rows.length === 2 && rows.every(({ mergedInto }) => mergedInto === undefined),
    'nobody else merges them',
  )
  if (rows.some(({ status }) => status === 'ERASED')) return undo(tx, ctx, merge, 'MEMBER_ERASED')
  const filled = await joinProfiles(tx, ctx, merge)
  const statusBefore = rows.find(({ id }) => id === fromId)!.status
  const goneIds = await findAllIds(tx, fromId)
  await mergeRows(tx, { fromId, intoId, consents, at: ctx.now })
  await noteMergeEffects(tx, merge.id, { filled, statusBefore })
  // Who signed in as the one may not find itself to be the other: they prove anew who they are.
  await revokeSessionsOf(tx, goneIds, 'merged', ctx.now)
  await go(tx, ctx, merge, 'DONE')
  const memberIds = await findAllIds(tx, intoId)
  await publish(tx, [
    {
      type: 'identity.MembersMerged',
      memberId: intoId,
      occurredAt: ctx.now,
      payload: { caseId: merge.id, fromId, memberIds },
    },
  ])
}

/** The last step back: each id leads to its own again. */
async function commitUnmerge(tx: Tx, ctx: IdentityContext, merge: MergeCase): Promise<void> {
  const { fromId, withIds, statusBefore } = merge
  const outOfId = merge.outOfId!
  const rows = await lockRows(tx, [fromId, outOfId])
  // Who was erased meanwhile stays erased under all its ids.
  const status = rows.some((row) => row.status === 'ERASED') ? 'ERASED' : statusBefore!
  const memberIds = await findAllIds(tx, outOfId)
  await partProfiles(tx, ctx, merge, await findStandingMerges(tx.query, memberIds))
  await unmergeRows(tx, { fromId, withIds, status })
  await revokeSessionsOf(tx, memberIds, 'merged', ctx.now)
  await go(tx, ctx, merge, 'UNMERGED')
  await publish(tx, [
    {
      type: 'identity.MembersUnmerged',
      memberId: fromId,
      occurredAt: ctx.now,
      payload: { caseId: merge.id, intoId: outOfId, memberIds },
    },
  ])
}
