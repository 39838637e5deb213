import { type Ratio, type Rounding, roundRatio } from '../../../kernel/values/points.ts'

/** Exact decimals as texts go in and come out; nothing here is a float. */
export type Decimal = string

const SCALE = 9

/** The product of decimals, without the zeros at its end: `1249 × 0.20 × 0.1` is `24.98`. */
export function product(...factors: readonly (Decimal | bigint)[]): Decimal {
  let digits = 1n
  let scale = 0
  for (const factor of factors) {
    const text = String(factor)
    const decimals = text.split('.')[1]?.length ?? 0
    digits *= decimalOf(text, decimals)
    scale += decimals
  }
  return trimmed(digits, scale)
}

/** The sum of decimals. */
export function sum(of: readonly Decimal[]): Decimal {
  const scale = of.reduce((most, text) => Math.max(most, text.split('.')[1]?.length ?? 0), 0)
  return trimmed(
    of.reduce((total, text) => total + decimalOf(text, scale), 0n),
    scale,
  )
}

/** What a member's points of a year are expected to cost, in the programme's currency. */
export const yearlyCost = (of: {
  readonly points: bigint
  /** Share of the points that is redeemed. */
  readonly redemption: Decimal
  /** What one point is worth. */
  readonly pointValue: Decimal
}): Decimal => product(of.points, of.redemption, of.pointValue)

/** How many points of an activity a member is expected to earn of those that it may. */
export const expectedPoints = (possible: bigint, participation: Decimal): Decimal =>
  product(possible, participation)

/** The points that purchases are expected to bring: members × basket × purchases of each × points per money. */
export function consumptionPoints(of: {
  readonly members: bigint
  readonly basket: Decimal
  /** Purchases of a member in the time that is looked at. */
  readonly frequency: Decimal
  readonly rate: { readonly points: bigint; readonly per: Decimal }
  readonly rounding?: Rounding
}): bigint {
  const money = decimalOf(product(of.members, of.basket, of.frequency, of.rate.points), 2 * SCALE)
  return roundRatio(money, decimalOf(of.rate.per, 2 * SCALE), of.rounding ?? 'down')
}

/** What a programme holds to be healthy, in all phases or in one. */
export interface HealthBound {
  readonly indicator: HealthIndicator
  readonly phase?: string
  readonly minimum?: Decimal
  readonly maximum?: Decimal
}

/** Points earned of those that could have been; points redeemed, or run out, of those earned. */
export type HealthIndicator = 'accrual-rate' | 'redemption-rate' | 'breakage-rate'

export type Health = 'below' | 'within' | 'above' | 'unknown'

/** Where an indicator stands between its bounds; unknown where there is nothing to compare. Bounds are within. */
export function healthOf(
  bounds: readonly HealthBound[],
  indicator: HealthIndicator,
  value: Ratio | undefined,
  phase?: string,
): Health {
  const bound = boundOf(bounds, indicator, phase)
  if (!bound || !value || value.denominator === 0n) return 'unknown'
  if (bound.minimum !== undefined && compare(value, bound.minimum) < 0) return 'below'
  if (bound.maximum !== undefined && compare(value, bound.maximum) > 0) return 'above'
  return 'within'
}

/** The bounds of a phase, or those of all phases. */
export function boundOf(
  bounds: readonly HealthBound[],
  indicator: HealthIndicator,
  phase?: string,
): HealthBound | undefined {
  const of = bounds.filter((bound) => bound.indicator === indicator)
  return of.find((candidate) => candidate.phase === phase) ?? of.find((candidate) => !candidate.phase)
}

function compare({ numerator, denominator }: Ratio, bound: Decimal): number {
  const difference = numerator * 10n ** BigInt(SCALE) - decimalOf(bound, SCALE) * denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const DECIMAL = /^(-?\d+)(?:\.(\d+))?$/

/** A decimal as an integer of so many places. */
function decimalOf(text: Decimal, scale: number): bigint {
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? []
  if (whole === undefined || fraction.length > scale)
    throw new RangeError(`not a decimal of ${scale} places: ${text}`)
  return BigInt(whole + fraction.padEnd(scale, '0'))
}

function trimmed(digits: bigint, scale: number): Decimal {
  const sign = digits < 0n ? '-' : ''
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const [whole, fraction] = [text.slice(0, text.length - scale), text.slice(text.length - scale)]
  const kept = fraction.replace(/0+$/, '')
  return sign + (kept ? `${whole}.${kept}` : whole)
}
