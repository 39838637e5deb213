import { topUp as add, type TopUpInput } from '../../actions/top-up.ts'
import type { LedgerContext } from '../../context.ts'
import { storedValuePayload } from '../stored-value-payload.ts'

export const topUp = async (_: unknown, { input }: { input: TopUpInput }, ctx: LedgerContext) =>
  storedValuePayload(await add(ctx, input), ctx)
