import { type RefreshSessionInput, refreshSession as refresh } from '../../actions/refresh-session.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const refreshSession = async (
  _: unknown,
  { input }: { input: RefreshSessionInput },
  ctx: IdentityContext,
) => payload(ctx, await refresh(ctx, input), (session) => ({ session }))
