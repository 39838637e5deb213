import type { Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { memberActedOn } from './member-acted-on.ts'
import type { Posted } from './post-batch.ts'
import { type CommandSource, postCommand, sameAmount } from './post-command.ts'
import type { PurchaseRefusal } from './record-purchases.ts'

export interface SpendInput extends Omit<CommandSource, 'memberId'> {
  readonly memberId?: string | null
  readonly amount: string
}

/** Pays with prepaid money. */
export async function spendStoredValue(
  ctx: LedgerContext,
  input: SpendInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const memberId = memberActedOn(ctx.principal, input.memberId)
  const { amount } = input
  return postCommand(ctx, { ...input, memberId }, () => ({
    command: { kind: 'spend', amount },
    body: { amount: sameAmount(amount) },
  }))
}
