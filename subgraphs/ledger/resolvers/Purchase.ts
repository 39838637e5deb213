import { formatDecimal } from '../../../kernel/values/money.ts'
import type { Posted } from '../actions/post-batch.ts'
import { ratedAgain } from '../domain/posting.ts'
import type { Asset } from '../domain/program.ts'
import { tierOf } from '../domain/tiers.ts'
import type { AccountSource } from './Account.ts'

export const earned = ({ document }: Posted, asset: Asset): bigint =>
  document.awards.reduce((sum, award) => (award.asset === asset ? sum + award.amount : sum), 0n)

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
  points: (posted: Posted) => earned(posted, 'points'),
  growth: (posted: Posted) => earned(posted, 'growth'),
  awards: ({ document }: Posted) => document.awards,
  skipped: ({ document, rules }: Posted) => ratedAgain(rules, document).skipped,
  tierBefore: ({ document, rules }: Posted) => tierOf(rules, document.tierBefore),
  tierAfter: ({ document, rules }: Posted) => tierOf(rules, document.tierAfter),
  account: ({ document, program }: Posted): AccountSource => ({ memberId: document.memberId, program }),
}
