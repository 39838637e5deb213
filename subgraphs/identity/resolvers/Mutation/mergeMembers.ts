import { type MergeMembersInput, mergeMembers as merge } from '../../actions/merge-members.ts'
import type { IdentityContext } from '../../context.ts'
import { findMergeCase } from '../../store/merge-cases.ts'
import { payload } from '../payload.ts'

export const mergeMembers = async (
  _: unknown,
  { input }: { input: MergeMembersInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await merge(ctx, input), ({ caseId }) => ({
    case: () => findMergeCase(ctx.db.query, caseId),
  }))
