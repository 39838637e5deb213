import { hasScopes } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { Posted } from './post-batch.ts'
import { type CommandSource, postCommand, sameAmount } from './post-command.ts'
import type { PurchaseRefusal } from './record-purchases.ts'

export interface TopUpInput extends CommandSource {
  readonly amount?: string | null
  readonly plan?: string | null
}

/** Adds prepaid money, or begins a plan. Nobody gives gifts who may not grant points. */
export const topUp = (ctx: LedgerContext, input: TopUpInput): Promise<Result<Posted, PurchaseRefusal>> =>
  postCommand(ctx, input, (program) => {
    const plan = input.plan ?? undefined
    const gift = program.storedValue?.plans.some(({ id, of }) => id === plan && of === 'bonus')
    if (gift && !hasScopes(ctx.principal, [['points:grant']])) {
      throw new ForbiddenError('A plan that is a gift needs the right to grant points.')
    }
    const amount = input.amount ?? undefined
    return { command: { kind: 'top-up', amount, plan }, body: { amount: sameAmount(amount), plan } }
  })
