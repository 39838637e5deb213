import { type SpendInput, spendStoredValue as spend } from '../../actions/spend-stored-value.ts'
import type { LedgerContext } from '../../context.ts'
import { storedValuePayload } from '../stored-value-payload.ts'

export const spendStoredValue = async (_: unknown, { input }: { input: SpendInput }, ctx: LedgerContext) =>
  storedValuePayload(await spend(ctx, input), ctx)
