import { type CloseNodeInput, closeNode as run } from '../../actions/organisation.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const closeNode = async (_: unknown, { input }: { input: CloseNodeInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (node) => ({ node }))
