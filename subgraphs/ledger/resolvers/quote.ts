import { refusalPayload } from '../../../kernel/graphql/refusal.ts'
import { formatDecimal } from '../../../kernel/values/money.ts'
import { type QuoteInput, quotePoints } from '../actions/quote-points.ts'
import type { LedgerContext } from '../context.ts'
import type { EarnedAsset } from '../domain/asset.ts'
import type { Rating } from '../domain/earn.ts'
import { explain } from '../domain/explain.ts'
import type { Program } from '../domain/program.ts'
import { tierOf } from '../domain/tiers.ts'

export async function quote(_: unknown, { input }: { input: QuoteInput }, ctx: LedgerContext) {
  const { program, result, earning } = await quotePoints(ctx, input)
  const earned = program && earning ? earningOf(program, earning) : null
  if (!result.ok)
    return {
      limits: [],
      earning: earned,
      refusal: refusalPayload(result.refusal, ctx.messages, ctx.language),
    }
  const { points, offset, payable, limits, tier } = result.value
  const money = (amount: bigint) => moneyIn(program!, amount)
  return {
    points,
    offset: money(offset),
    payable: money(payable),
    limits: limits.map((limit) => ({ ...limit, money: money(limit.money) })),
    tier: tier === undefined ? null : tierOf(program!, tier),
    earning: earned,
  }
}

export const moneyIn = ({ scale, currency }: Program, amount: bigint) => ({
  amount: formatDecimal(amount, scale),
  currency,
})

function earningOf(program: Program, { awards, skipped, workings }: Rating) {
  const sum = (asset: EarnedAsset): bigint =>
    awards.reduce((total, award) => (award.asset === asset ? total + award.amount : total), 0n)
  return {
    points: sum('points'),
    growth: sum('growth'),
    awards,
    skipped,
    explanations: workings.map((working) => ({ rule: working.rule, text: explain(program, working) })),
  }
}
