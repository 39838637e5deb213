import { type UnmergeMembersInput, unmergeMembers as unmerge } from '../../actions/merge-members.ts'
import type { IdentityContext } from '../../context.ts'
import { findMergeCase } from '../../store/merge-cases.ts'
import { payload } from '../payload.ts'

export const unmergeMembers = async (
  _: unknown,
  { input }: { input: UnmergeMembersInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await unmerge(ctx, input), ({ caseId }) => ({
    case: () => findMergeCase(ctx.db.query, caseId),
  }))
