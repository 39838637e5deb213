import { rebuildFacts as rebuild } from '../../actions/segments.ts'
import type { IdentityContext } from '../../context.ts'

export const rebuildFacts = async (_: unknown, __: unknown, ctx: IdentityContext) => {
  await rebuild(ctx)
  return { started: true }
}
