import type { Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { Posted } from './post-batch.ts'
import { type CommandSource, postCommand, sameAmount } from './post-command.ts'
import type { PurchaseRefusal } from './record-purchases.ts'

export interface WithdrawInput extends CommandSource {
  readonly amount: string
  readonly reason: string
}

/** Takes unspent principal out, for the payer to get it back. */
export const withdrawStoredValue = (
  ctx: LedgerContext,
  input: WithdrawInput,
): Promise<Result<Posted, PurchaseRefusal>> => {
  const { amount, reason } = input
  return postCommand(ctx, input, () => ({
    command: { kind: 'withdrawal', amount, reason },
    body: { amount: sameAmount(amount), reason },
  }))
}
