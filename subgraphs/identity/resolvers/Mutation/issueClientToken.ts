import { issueClientToken as issue } from '../../actions/clients.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const issueClientToken = async (
  _: unknown,
  { input }: { input: { clientId: string; clientSecret: string } },
  ctx: IdentityContext,
) => payload(ctx, await issue(ctx, input), (token) => token)
