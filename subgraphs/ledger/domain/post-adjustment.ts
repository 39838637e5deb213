import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import type { AdjustedAsset } from './adjustment-rules.ts'
import { AMOUNT_MAX } from './amounts.ts'
import { correctGrowth } from './correct-growth.ts'
import type { SourceDocument } from './posting.ts'
import type { Program } from './program.ts'

/** A correction by staff that nobody has to approve any more. */
export interface AdjustmentCommand {
  readonly kind: 'adjustment'
  readonly direction: 'grant' | 'deduct'
  readonly asset: AdjustedAsset
  readonly amount: bigint
  readonly reason: string
}

export type AdjustmentRefusal = AdjustedAmountRefusal | 'INSUFFICIENT_POINTS' | 'INSUFFICIENT_GROWTH'

export type AdjustedAmountRefusal = 'AMOUNT_NOT_VALID' | 'POINTS_NOT_POSITIVE' | 'GROWTH_NOT_POSITIVE'

/** What no correction can be about. */
export function amountFault(
  asset: AdjustedAsset,
  amount: bigint,
): Result<never, AdjustedAmountRefusal> | undefined {
  if (amount > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: [asset] })
  if (amount > 0n) return undefined
  return fail(asset === 'points' ? 'POINTS_NOT_POSITIVE' : 'GROWTH_NOT_POSITIVE', { path: [asset] })
}

export function postAdjustment(
  program: Program,
  book: AccountBook,
  { direction, asset, amount, reason }: AdjustmentCommand,
  occasion: Occasion,
  now: Instant,
): Result<Pick<SourceDocument, 'subject' | 'awards' | 'tierBefore' | 'tierAfter'>, AdjustmentRefusal> {
  const fault = amountFault(asset, amount)
  if (fault) return fault
  book.catchUp(now)
  const available = book.available(asset)
  if (direction === 'deduct' && amount > available) {
    return fail(asset === 'points' ? 'INSUFFICIENT_POINTS' : 'INSUFFICIENT_GROWTH', {
      path: [asset],
      details: { available: available.toString() },
    })
  }
  const tierBefore = book.tier
  if (asset === 'growth') correctGrowth(program, book, { direction, amount }, occasion)
  else if (direction === 'grant') book.credit('grant', { points: amount }, occasion)
  else book.take('deduct', 'points', amount, occasion)
  const awards = direction === 'grant' ? [{ rule: reason, line: -1, asset, amount }] : []
  return ok({ subject: reason, awards, tierBefore, tierAfter: book.tier })
}
