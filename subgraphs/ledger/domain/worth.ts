import { formatDecimal } from '../../../kernel/values/money.ts'
import { product } from './forecast.ts'
import type { SourceDocument } from './posting.ts'
import type { Program } from './program.ts'

/** What points are worth at the rate at which all members pay with them, rounded down; undefined: they do not pay. */
export const worthOf = ({ burn }: Program, points: bigint): bigint | undefined =>
  burn && (points * burn.money) / burn.points

/** What the points of a redemption took off its bill, at the rate of the tier then; nothing for a reward. */
export function redeemedWorth(
  { burn }: Program,
  { subject, tierBefore }: Pick<SourceDocument, 'subject' | 'tierBefore'>,
  points: bigint,
): bigint {
  if (subject !== undefined || !burn) return 0n
  const rate = burn.byTier?.get(tierBefore) ?? burn
  return (points * rate.money) / rate.points
}

const PLACES = 9

/** What one point is worth in the programme's currency, to nine places; undefined: points do not pay. */
export function pointValue({ burn, scale }: Program): string | undefined {
  if (!burn) return undefined
  return product(formatDecimal((burn.money * 10n ** BigInt(PLACES)) / burn.points, PLACES + scale))
}
