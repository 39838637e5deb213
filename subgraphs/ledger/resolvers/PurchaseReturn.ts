import { formatDecimal } from '../../../kernel/values/money.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { EarnedAsset } from '../domain/asset.ts'
import { CASH, GRACE, REFUND } from '../domain/returns.ts'
import { tierOf } from '../domain/tiers.ts'
import type { AccountSource } from './Account.ts'

const settled = ({ document }: Posted, rule: string): bigint =>
  document.awards.find((award) => award.rule === rule)?.amount ?? 0n

const takenBack = ({ document }: Posted, asset: EarnedAsset): bigint => {
  const reason = document.awards[0]!.rule
  return document.awards.find((award) => award.rule === reason && award.asset === asset)?.amount ?? 0n
}

const money = ({ rules }: Posted, amount: bigint) => ({
  amount: formatDecimal(amount, rules.scale),
  currency: rules.currency,
})

/** A recorded return; what it came to stands in its awards. */
export const PurchaseReturn = {
  id: ({ document }: Posted) => document.id,
  channel: ({ document }: Posted) => document.channel,
  document: ({ document }: Posted) => document.number,
  store: ({ document }: Posted) => document.store ?? null,
  occurredAt: ({ document }: Posted) => document.effectiveAt,
  reason: ({ document }: Posted) => document.awards[0]!.rule,
  lines: (posted: Posted) =>
    posted.document.lines.flatMap(({ quantity, amount }, line) =>
      quantity === 0 && amount === 0n ? [] : [{ line, quantity, amount: money(posted, amount) }],
    ),
  total: (posted: Posted) => money(posted, posted.document.amount ?? 0n),
  points: (posted: Posted) => takenBack(posted, 'points'),
  growth: (posted: Posted) => takenBack(posted, 'growth'),
  refunded: (posted: Posted) => settled(posted, REFUND),
  graced: (posted: Posted) => settled(posted, GRACE),
  cashDue(posted: Posted) {
    const points = settled(posted, CASH)
    const { burn } = posted.rules
    return points === 0n || !burn ? null : money(posted, (points * burn.money) / burn.points)
  },
  tierBefore: ({ document, rules }: Posted) => tierOf(rules, document.tierBefore),
  tierAfter: ({ document, rules }: Posted) => tierOf(rules, document.tierAfter),
  account: ({ document, program }: Posted): AccountSource => ({ memberId: document.memberId, program }),
}
