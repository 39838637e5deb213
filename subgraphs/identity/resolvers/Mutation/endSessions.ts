import { type EndSessionsInput, endSessions as end } from '../../actions/sessions.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const endSessions = async (_: unknown, { input }: { input: EndSessionsInput }, ctx: IdentityContext) =>
  payload(ctx, await end(ctx, input), (ended) => ({ ended }))
