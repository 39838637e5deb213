import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { ConsentPolicy } from '../domain/consents.ts'
import { type BonusPolicy, mergedBelow } from '../domain/merge-case.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { checkText } from '../domain/text.ts'
import { findAllIds, type LockedMember, lockMember } from '../store/members.ts'
import {
  findOpenMerges,
  findStandingMerges,
  insertMergeCase,
  lockMergeCase,
  noteUndoing,
  setMergeState,
} from '../store/merge-cases.ts'
import { carryMergeOn } from './carry-merge-on.ts'
import { commandOf } from './command.ts'

export interface MergeMembersInput {
  readonly fromMemberId: string
  readonly intoMemberId: string
  readonly bonuses: BonusPolicy
  readonly consents: ConsentPolicy
  readonly reason: string
  readonly idempotencyKey: string
}

type Answer = Result<{ caseId: string }, IdentityRefusalCode>

const REASON_MAX = 500

export function checkReason(reason: string): Result<string, 'REASON_NOT_VALID'> {
  const text = checkText(reason, REASON_MAX)
  return text.ok ? text : fail('REASON_NOT_VALID', { path: ['reason'] })
}

/**
 * Two members turned out to be one person. What is wanted is written down first; then each part of Huitong does its share, and
 * whatever happens on the way, the job `settle-merges` carries on from there.
 */
export async function mergeMembers(ctx: IdentityContext, input: MergeMembersInput): Promise<Answer> {
  const planned: Answer = await ctx.db.transaction((tx) =>
    once<{ caseId: string }, IdentityRefusalCode>(tx, commandOf(ctx, 'mergeMembers', input), async () => {
      const reason = checkReason(input.reason)
      if (!reason.ok) return reason
      const locked = new Map<string, LockedMember | undefined>()
      for (const id of [input.fromMemberId, input.intoMemberId].toSorted()) {
        locked.set(id, await lockMember(tx, id))
      }
      const [from, into] = [locked.get(input.fromMemberId), locked.get(input.intoMemberId)]
      if (!from) return fail('MEMBER_NOT_FOUND', { path: ['fromMemberId'] })
      if (!into) return fail('MEMBER_NOT_FOUND', { path: ['intoMemberId'] })
      if (from.id === into.id) return fail('MERGE_WITH_ITSELF')
      if ((await findOpenMerges(tx.query, [from.id, into.id])).length > 0) return fail('MERGE_IN_PROGRESS')
      const caseId = newId(ctx.now)
      await insertMergeCase(tx, {
        id: caseId,
        fromId: from.id,
        intoId: into.id,
        bonuses: input.bonuses,
        consents: input.consents,
        reason: reason.value,
        requestedBy: principalName(ctx.principal),
        requestedAt: ctx.now,
      })
      return ok({ caseId })
    }),
  )
  if (planned.ok) await carryMergeOn(ctx, planned.value.caseId)
  return planned
}

export interface UnmergeMembersInput {
  readonly caseId: string
  readonly reason: string
  readonly idempotencyKey: string
}

/** The two are two persons after all; a merge that is still under way is called off. */
export async function unmergeMembers(ctx: IdentityContext, input: UnmergeMembersInput): Promise<Answer> {
  const planned: Answer = await ctx.db.transaction((tx) =>
    once<{ caseId: string }, IdentityRefusalCode>(tx, commandOf(ctx, 'unmergeMembers', input), async () => {
      const reason = checkReason(input.reason)
      if (!reason.ok) return reason
      const merge = await lockMergeCase(tx, input.caseId)
      if (!merge) return fail('MERGE_NOT_FOUND', { path: ['caseId'] })
      const by = principalName(ctx.principal)
      const undo = { reason: reason.value, by, at: ctx.now }
      switch (merge.state) {
        case 'PLANNED':
        case 'MOVING': {
          const standing = await findStandingMerges(tx.query, await findAllIds(tx, merge.fromId))
          const withIds = mergedBelow(merge.fromId, standing)
          await noteUndoing(tx, merge.id, { ...undo, outOfId: merge.intoId, withIds })
          await setMergeState(tx, merge.id, { state: 'UNDOING', by, at: ctx.now })
          return ok({ caseId: merge.id })
        }
        case 'DONE': {
          const survivor = await lockMember(tx, merge.fromId)
          if (!survivor) return fail('MEMBER_NOT_FOUND')
          const ids = await findAllIds(tx, survivor.id)
          if ((await findOpenMerges(tx.query, ids)).length > 0) return fail('MERGE_IN_PROGRESS')
          const withIds = mergedBelow(merge.fromId, await findStandingMerges(tx.query, ids))
          await noteUndoing(tx, merge.id, { ...undo, outOfId: survivor.id, withIds })
          await setMergeState(tx, merge.id, { state: 'UNMERGING', by, at: ctx.now })
          return ok({ caseId: merge.id })
        }
        case 'UNDOING':
        case 'UNDONE':
        case 'UNMERGING':
        case 'UNMERGED':
          return fail('MERGE_ALREADY_UNDONE', { path: ['caseId'] })
      }
    }),
  )
  if (planned.ok) await carryMergeOn(ctx, planned.value.caseId)
  return planned
}
