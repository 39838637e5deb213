/** Points, growth: whole units. Never a float. */
export type Points = bigint

export type Rounding = 'down' | 'up' | 'half-up' | 'half-even'

/** A rate as an exact fraction, so that no award depends on binary floating point. */
export interface Ratio {
  readonly numerator: bigint
  /** Greater than zero. */
  readonly denominator: bigint
}

/** `value * ratio`, rounded as the programme states. Expects `value >= 0`. */
export const applyRatio = (value: bigint, { numerator, denominator }: Ratio, rounding: Rounding): bigint =>
  roundRatio(value * numerator, denominator, rounding)

/** A fraction as a whole number, rounded as the programme states. Expects `numerator >= 0`. */
export function roundRatio(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const quotient = numerator / denominator
  if (rounding === 'down') return quotient
  const rest = numerator % denominator
  if (rest === 0n) return quotient
  if (rounding === 'up') return quotient + 1n
  const half = rest * 2n
  if (half === denominator && rounding === 'half-even') return quotient + (quotient % 2n)
  return half >= denominator ? quotient + 1n : quotient
}

/** A decimal factor such as `'1.5'` as a fraction. Expects a valid decimal. */
export function ratioOf(decimal: string): Ratio {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) }
}
