import type { Condition } from '../../../kernel/conditions/conditions.ts'
import {
  DAY_MS,
  endOfDay,
  type Instant,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import { applyRatio, type Ratio, type Rounding } from '../../../kernel/values/points.ts'
import type { Asset, EarnRule, Program } from './program.ts'

export interface PurchaseLine {
  readonly sku?: string
  readonly category?: string
  readonly quantity: number
  /** Minor units of the programme's currency, the whole line. */
  readonly amount: bigint
}

/** A campaign in force that multiplies the points of purchases; learnt from `campaigns`. */
export interface Multiplier {
  readonly campaign: string
  readonly from: Instant
  /** The first moment after. */
  readonly until: Instant
  readonly factor: Ratio
  readonly when: Condition | undefined
}

export interface PurchaseToRate {
  readonly channel: string
  readonly store: string | undefined
  readonly occurredAt: Instant
  readonly lines: readonly PurchaseLine[]
  readonly tier: string
}

export interface Award {
  readonly rule: string
  readonly line: number
  readonly asset: Asset
  readonly amount: bigint
}

export type SkipReason = 'CONDITION_NOT_MET' | 'ROUNDED_TO_ZERO'

export interface Rating {
  readonly awards: readonly Award[]
  readonly skipped: readonly { readonly rule: string; readonly reason: SkipReason }[]
}

/**
 * What a purchase earns, rule by rule and line by line. Rates come first, on the sum of the lines that they match, so
 * that rounding happens once a purchase; the sum is then shared out over the lines. Multipliers apply to the points of
 * the rates of their asset and add up: twice for a tier and twice for a day make three times.
 */
export function ratePurchase(
  program: Program,
  purchase: PurchaseToRate,
  multipliers: readonly Multiplier[],
): Rating {
  const matches = matcher(program, purchase)
  const awards: Award[] = []
  const skipped: { rule: string; reason: SkipReason }[] = []
  const apply = (rule: RuleInForce, amounts: readonly bigint[], ratio: Ratio, listSkipped: boolean) => {
    const matched = purchase.lines.map((_, line) => matches(rule.when, line))
    const shares = share(
      amounts.map((amount, line) => (matched[line] ? amount : 0n)),
      ratio,
      rule.rounding,
    )
    const given = shares.flatMap((amount, line) =>
      amount > 0n ? [{ rule: rule.id, line, asset: rule.asset, amount }] : [],
    )
    awards.push(...given)
    if (given.length > 0 || !listSkipped) return
    skipped.push({ rule: rule.id, reason: matched.includes(true) ? 'ROUNDED_TO_ZERO' : 'CONDITION_NOT_MET' })
  }

  const money = purchase.lines.map((line) => line.amount)
  const rates = program.rules.filter((rule) => rule.award.kind === 'rate')
  for (const rule of rates) apply(rule, money, ratioIn(rule), true)

  const base: Record<Asset, bigint[]> = {
    points: pointsByLine(awards, 'points', purchase.lines.length),
    growth: pointsByLine(awards, 'growth', purchase.lines.length),
  }
  for (const rule of program.rules.filter((rule) => rule.award.kind === 'multiplier')) {
    apply(rule, base[rule.asset], extra(ratioIn(rule)), true)
  }
  for (const { campaign, from, until, factor, when } of multipliers) {
    if (purchase.occurredAt < from || purchase.occurredAt >= until) continue
    const rule: RuleInForce = { id: `campaign:${campaign}`, asset: 'points', rounding: 'down', when }
    apply(rule, base.points, extra(factor), false)
  }
  return { awards, skipped }
}

type RuleInForce = Pick<EarnRule, 'id' | 'asset' | 'rounding' | 'when'>

const ratioIn = (rule: EarnRule): Ratio => (rule.award.kind === 'rate' ? rule.award.rate : rule.award.factor)

/** What a factor adds to what is there already. Never below nothing. */
const extra = ({ numerator, denominator }: Ratio): Ratio => ({
  numerator: numerator > denominator ? numerator - denominator : 0n,
  denominator,
})

/** Rounds the sum and gives each line its part of it: the differences of the rounded running sums. */
function share(amounts: readonly bigint[], ratio: Ratio, rounding: Rounding): bigint[] {
  let sum = 0n
  let given = 0n
  return amounts.map((amount) => {
    sum += amount
    const reached = applyRatio(sum, ratio, rounding)
    const part = reached - given
    given = reached
    return part
  })
}

function pointsByLine(awards: readonly Award[], asset: Asset, lines: number): bigint[] {
  const sums = new Array<bigint>(lines).fill(0n)
  for (const award of awards) if (award.asset === asset) sums[award.line]! += award.amount
  return sums
}

/** Whether a rule's condition holds for a line. Facts are put together only when a condition asks. */
function matcher(program: Program, purchase: PurchaseToRate) {
  let shared: Record<'member' | 'purchase', Record<string, unknown>> | undefined
  return (when: Condition | undefined, index: number): boolean => {
    if (!when) return true
    shared ??= sharedFacts(program, purchase)
    const line = purchase.lines[index]!
    return when.holds({
      ...shared,
      line: {
        sku: line.sku ?? '',
        category: line.category ?? '',
        quantity: BigInt(line.quantity),
        amount: line.amount,
      },
    })
  }
}

/** What the clock on the wall shows; on a day on which it is changed, not the hours since midnight. */
function wallHour(at: Instant, date: LocalDate, zone: string): number {
  const start = startOfDay(date, zone)
  if (endOfDay(date, zone) - start === DAY_MS) return Math.floor((at - start) / HOUR_MS)
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' })
  return Number(format.format(at))
}

const HOUR_MS = 3_600_000

function sharedFacts(program: Program, purchase: PurchaseToRate) {
  const date: LocalDate = localDate(purchase.occurredAt, program.timeZone)
  const hour = wallHour(purchase.occurredAt, date, program.timeZone)
  // ISO 8601: Monday is 1.
  const weekday = ((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7) + 1
  return {
    member: { tier: purchase.tier },
    purchase: {
      channel: purchase.channel,
      store: purchase.store ?? '',
      total: purchase.lines.reduce((sum, line) => sum + line.amount, 0n),
      date,
      weekday: BigInt(weekday),
      hour: BigInt(hour),
    },
  }
}
