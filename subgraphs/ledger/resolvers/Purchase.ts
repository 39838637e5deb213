import { formatDecimal } from '../../../kernel/values/money.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'
import { ratedAgain } from '../domain/posting.ts'
import type { Asset } from '../domain/program.ts'
import { linesLeft } from '../domain/returns.ts'
import { tierOf } from '../domain/tiers.ts'
import type { AccountSource } from './Account.ts'
import { moneyIn } from './quote.ts'

export const earned = ({ document }: Posted, asset: Asset): bigint =>
  document.awards.reduce((sum, award) => (award.asset === asset ? sum + award.amount : sum), 0n)

const NOTHING = { quantity: 0, amount: 0n }

/** A recorded purchase. Reasons why rules gave nothing are not stored: the same rules say the same again. */
export const Purchase = {
  id: ({ document }: Posted) => document.id,
  channel: ({ document }: Posted) => document.channel,
  document: ({ document }: Posted) => document.number,
  store: ({ document }: Posted) => document.store ?? null,
  occurredAt: ({ document }: Posted) => document.effectiveAt,
  total: ({ document, rules }: Posted) => ({
    amount: formatDecimal(document.amount ?? 0n, rules.scale),
    currency: rules.currency,
  }),
  lines: ({ document, rules }: Posted, _: unknown, ctx: LedgerContext) =>
    document.lines.map(({ sku, category, quantity, amount }, index) => ({
      line: index,
      sku: sku ?? null,
      category: category ?? null,
      quantity,
      amount: moneyIn(rules, amount),
      left: async () => {
        const left = linesLeft(document, await ctx.loaders.returnsOf.load(document))
        const { line } = left.find((one) => one.index === index) ?? { line: NOTHING }
        return { quantity: line.quantity, amount: moneyIn(rules, line.amount) }
      },
    })),
  points: (posted: Posted) => earned(posted, 'points'),
  growth: (posted: Posted) => earned(posted, 'growth'),
  awards: ({ document }: Posted) => document.awards,
  skipped: ({ document, rules }: Posted) => ratedAgain(rules, document).skipped,
  tierBefore: ({ document, rules }: Posted) => tierOf(rules, document.tierBefore),
  tierAfter: ({ document, rules }: Posted) => tierOf(rules, document.tierAfter),
  account: ({ document, program }: Posted): AccountSource => ({ memberId: document.memberId, program }),
}
