import type { Posted } from '../actions/post-batch.ts'
import { ratedAgain } from '../domain/posting.ts'
import { tierOf } from '../domain/tiers.ts'
import type { AccountSource } from './Account.ts'
import { earned } from './Purchase.ts'

/** A recorded activity. Reasons why rules gave nothing are not stored: the same rules say the same again. */
export const Activity = {
  id: ({ document }: Posted) => document.id,
  code: ({ document }: Posted) => document.subject,
  quantity: ({ document }: Posted) => document.quantity,
  channel: ({ document }: Posted) => document.channel,
  document: ({ document }: Posted) => document.number,
  store: ({ document }: Posted) => document.store ?? null,
  occurredAt: ({ document }: Posted) => document.effectiveAt,
  points: (posted: Posted) => earned(posted, 'points'),
  growth: (posted: Posted) => earned(posted, 'growth'),
  awards: ({ document }: Posted) => document.awards,
  skipped: ({ document, rules }: Posted) => ratedAgain(rules, document).skipped,
  tierBefore: ({ document, rules }: Posted) => tierOf(rules, document.tierBefore),
  tierAfter: ({ document, rules }: Posted) => tierOf(rules, document.tierAfter),
  account: ({ document, program }: Posted): AccountSource => ({ memberId: document.memberId, program }),
}
