import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { formatDecimal } from '../../../../kernel/values/money.ts'
import { type RedeemInput, redeemPoints as redeem } from '../../actions/redeem-points.ts'
import type { LedgerContext } from '../../context.ts'
import { redeemedWorth } from '../../domain/worth.ts'
import { moveOf } from '../Entry.ts'

export async function redeemPoints(_: unknown, { input }: { input: RedeemInput }, ctx: LedgerContext) {
  const result = await redeem(ctx, input)
  if (!result.ok) return mutationPayload('entry', result, ctx)
  const { program, rules, document } = result.value
  const { entry } = document
  const offset = redeemedWorth(rules, document, moveOf(entry, 'points')!.amount)
  return {
    entry,
    offset: { amount: formatDecimal(offset, rules.scale), currency: rules.currency },
    account: { memberId: document.memberId, program },
  }
}
