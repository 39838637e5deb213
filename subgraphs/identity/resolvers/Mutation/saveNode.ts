import { saveNode as run, type SaveNodeInput } from '../../actions/organisation.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const saveNode = async (_: unknown, { input }: { input: SaveNodeInput }, ctx: IdentityContext) =>
  payload(ctx, await run(ctx, input), (node) => ({ node }))
