import { type WithdrawInput, withdrawStoredValue as withdraw } from '../../actions/withdraw-stored-value.ts'
import type { LedgerContext } from '../../context.ts'
import { storedValuePayload } from '../stored-value-payload.ts'

export const withdrawStoredValue = async (
  _: unknown,
  { input }: { input: WithdrawInput },
  ctx: LedgerContext,
) => storedValuePayload(await withdraw(ctx, input), ctx)
