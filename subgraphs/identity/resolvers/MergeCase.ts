import type { IdentityContext } from '../context.ts'
import type { MergeCase as MergeCaseValue } from '../domain/merge-case.ts'
import { findMergeChanges } from '../store/merge-cases.ts'

export const MergeCase = {
  carriedOutBy: ({ answers }: MergeCaseValue) => Object.keys(answers),
  effects: ({ answers }: MergeCaseValue) => JSON.stringify(answers),
  changes: ({ id }: MergeCaseValue, _: unknown, ctx: IdentityContext) => findMergeChanges(ctx.db.query, id),
}
