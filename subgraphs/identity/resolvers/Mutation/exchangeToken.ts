import { type ExchangeTokenInput, exchangeToken as run } from '../../actions/exchange-token.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const exchangeToken = async (
  _: unknown,
  { input }: { input: ExchangeTokenInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (session) => ({ session }))
