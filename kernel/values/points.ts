/** Points, growth: whole units. Never a float. */
export type Points = bigint

export type Rounding = 'down' | 'up' | 'half-up'

/** A rate as an exact fraction, so that no award depends on binary floating point. */
export interface Ratio {
  readonly numerator: bigint
  /** Greater than zero. */
  readonly denominator: bigint
}

/** `value * ratio`, rounded as the programme states. Expects `value >= 0`. */
export function applyRatio(value: bigint, ratio: Ratio, rounding: Rounding): bigint {
  const product = value * ratio.numerator
  const quotient = product / ratio.denominator
  const rest = product % ratio.denominator
  if (rest === 0n || rounding === 'down') return quotient
  if (rounding === 'up') return quotient + 1n
  return rest * 2n >= ratio.denominator ? quotient + 1n : quotient
}

/** A decimal factor such as `'1.5'` as a fraction. Expects a valid decimal. */
export function ratioOf(decimal: string): Ratio {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) }
}
