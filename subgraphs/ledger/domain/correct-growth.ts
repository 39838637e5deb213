import { localDate } from '../../../kernel/values/instant.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import type { Program } from './program.ts'
import { keeps, reviewed, tierOf } from './tiers.ts'

export interface GrowthCorrection {
  readonly direction: 'grant' | 'deduct'
  readonly amount: bigint
}

/**
 * Staff gives growth or takes it, and tiers count it. A tier that it reaches is reached at once. One that it no longer keeps
 * is held until its review, or falls at once to what a review would leave, as the programme says; one that was not kept
 * by its measures before (bought, or given) stays for its term.
 */
export function correctGrowth(
  program: Program,
  book: AccountBook,
  { direction, amount }: GrowthCorrection,
  occasion: Occasion,
): void {
  const day = localDate(occasion.at, program.timeZone)
  const tier = tierOf(program, book.tier)
  const kept = keeps(tier, book.measures(day))
  book.count({ growth: direction === 'grant' ? amount : -amount, day })
  if (direction === 'grant') {
    book.credit('grant', { growth: amount }, occasion)
    return
  }
  book.takeInFact('deduct', 'growth', amount, occasion)
  if (program.adjustments.growth?.tierFalls !== 'at-once' || !kept) return
  const next = reviewed(program, tier, book.measures(day))
  if (next.rank < tier.rank) book.changeTier(next, 'staff', occasion)
}
