import { sandboxToken as issue, type SandboxTokenInput } from '../../actions/sandbox-token.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const sandboxToken = async (
  _: unknown,
  { input }: { input: SandboxTokenInput },
  ctx: IdentityContext,
) => payload(ctx, await issue(ctx, input), (token) => token)
