import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
import type { Award } from './earn.ts'

/** A correction by staff that nobody has to approve any more. */
export interface AdjustmentCommand {
  readonly kind: 'adjustment'
  readonly direction: 'grant' | 'deduct'
  readonly points: bigint
  readonly reason: string
}

export type AdjustmentRefusal = 'POINTS_NOT_POSITIVE' | 'AMOUNT_NOT_VALID' | 'INSUFFICIENT_POINTS'

export function postAdjustment(
  book: AccountBook,
  { direction, points, reason }: AdjustmentCommand,
  occasion: Occasion,
  now: Instant,
): Result<{ readonly subject: string; readonly awards: readonly Award[] }, AdjustmentRefusal> {
  if (points <= 0n) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  if (points > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: ['points'] })
  book.catchUp(now)
  if (direction === 'grant') {
    book.credit('grant', { points }, occasion)
    return ok({ subject: reason, awards: [{ rule: reason, line: -1, asset: 'points', amount: points }] })
  }
  const available = book.available('points')
  if (points > available) {
    return fail('INSUFFICIENT_POINTS', { path: ['points'], details: { available: available.toString() } })
  }
  book.take('deduct', 'points', points, occasion)
  return ok({ subject: reason, awards: [] })
}
