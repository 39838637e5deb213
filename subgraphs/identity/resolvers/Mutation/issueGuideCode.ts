import { issueGuideCode as issue } from '../../actions/guides.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const issueGuideCode = async (_: unknown, __: unknown, ctx: IdentityContext) =>
  payload(ctx, await issue(ctx), ({ code }) => ({ code }))
