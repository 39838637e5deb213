import { applyRatio } from '../../../kernel/values/points.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { Burn, BurnRate } from './burn-rules.ts'
import {
  type EventSource,
  lineFacts,
  type MemberStanding,
  memberFacts,
  type PurchaseLine,
  placeFacts,
} from './event-facts.ts'
import type { Program } from './program.ts'
import { tierOf } from './tiers.ts'

/** So many points towards a bill, as many as may be, or a reward of the programme. */
export type Wish = { readonly points: bigint } | 'max' | { readonly reward: string }

export interface QuoteRequest extends EventSource, MemberStanding {
  readonly available: bigint
  readonly lines: readonly PurchaseLine[]
  readonly wish: Wish
}

/** How far something lets points go, and what that is worth in minor units. */
export interface QuoteLimit {
  readonly limit: 'AVAILABLE' | 'ELIGIBLE_LINES' | 'SHARE_OF_BILL'
  readonly points: bigint
  readonly money: bigint
  /** Whether this one stops first. */
  readonly binds: boolean
}

export interface Quote {
  readonly points: bigint
  /** What the points take off the bill, in minor units; nothing for a reward. */
  readonly offset: bigint
  /** What is left to pay: of the bill, or for the reward. */
  readonly payable: bigint
  readonly limits: readonly QuoteLimit[]
  /** The tier that is bought. */
  readonly tier: string | undefined
}

/** In order of precedence. */
export type QuoteRefusal =
  | 'POINTS_NOT_POSITIVE'
  | 'REWARD_NOT_FOUND'
  | 'REWARD_NOT_FOR_TIER'
  | 'TIER_NOT_HIGHER'
  | 'BURN_NOT_OFFERED'
  | 'BELOW_MINIMUM_SPEND'
  | 'NOT_PAYABLE_WITH_POINTS'
  | 'BELOW_MINIMUM_POINTS'
  | 'NOT_A_MULTIPLE'
  | 'POINTS_NOT_CONVERTIBLE'
  | 'EXCEEDS_BILL'
  | 'EXCEEDS_SHARE'
  | 'INSUFFICIENT_POINTS'

/** What points would pay for, or why they may not. */
export function quote(program: Program, request: QuoteRequest): Result<Quote, QuoteRefusal> {
  const { wish } = request
  if (typeof wish === 'object' && 'reward' in wish) return quoteReward(program, request, wish.reward)
  if (typeof wish === 'object' && wish.points <= 0n) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  const { burn } = program
  if (!burn) return fail('BURN_NOT_OFFERED')
  const bill = total(request.lines)
  if (bill < burn.minimumSpend) return fail('BELOW_MINIMUM_SPEND', { path: ['bill'] })
  const eligible = total(eligibleLines(program, burn, request))
  if (eligible === 0n) return fail('NOT_PAYABLE_WITH_POINTS', { path: ['bill'] })
  const rate = burn.byTier?.get(request.tier) ?? burn
  const share = burn.maximumShare ? applyRatio(bill, burn.maximumShare, burn.shareRounding ?? 'down') : bill
  const limits = limitsOf(burn, rate, { available: request.available, eligible, share })
  const points = wish === 'max' ? mostOf(limits) : wish.points
  const refused =
    wish === 'max'
      ? tooFew(burn, limits, request.available)
      : refusalOf(burn, rate, points, { available: request.available, eligible, share })
  if (refused) return refused
  const offset = worth(rate, points)
  return ok({ points, offset, payable: bill - offset, limits, tier: undefined })
}

function quoteReward(
  program: Program,
  { tier, available }: QuoteRequest,
  id: string,
): Result<Quote, QuoteRefusal> {
  const reward = program.rewards.find((candidate) => candidate.id === id)
  if (!reward) return fail('REWARD_NOT_FOUND', { path: ['reward'] })
  if (reward.tiers && !reward.tiers.includes(tier)) return fail('REWARD_NOT_FOR_TIER', { path: ['reward'] })
  if (reward.tier !== undefined && tierOf(program, reward.tier).rank <= tierOf(program, tier).rank)
    return fail('TIER_NOT_HIGHER', { path: ['reward'] })
  if (reward.points > available) return insufficient(available)
  const limits: QuoteLimit[] = [{ limit: 'AVAILABLE', points: available, money: 0n, binds: false }]
  return ok({ points: reward.points, offset: 0n, payable: reward.money, limits, tier: reward.tier })
}

function eligibleLines(
  { timeZone }: Program,
  { when }: Burn,
  request: QuoteRequest,
): readonly PurchaseLine[] {
  if (!when) return request.lines
  const facts = {
    member: memberFacts(request),
    purchase: { ...placeFacts(request, timeZone), total: total(request.lines) },
  }
  return request.lines.filter((line) => when.holds({ ...facts, line: lineFacts(line) }))
}

const total = (lines: readonly PurchaseLine[]): bigint => lines.reduce((sum, line) => sum + line.amount, 0n)

/** Points that are worth a whole number of the smallest coin come in such steps. */
function stepOf({ multiple = 1n }: Burn, { points, money }: BurnRate): bigint {
  const whole = points / gcd(points, money)
  return (whole * multiple) / gcd(whole, multiple)
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}

const worth = (rate: BurnRate, points: bigint): bigint => (points * rate.money) / rate.points

function limitsOf(
  burn: Burn,
  rate: BurnRate,
  of: { available: bigint; eligible: bigint; share: bigint },
): QuoteLimit[] {
  const step = stepOf(burn, rate)
  const limit = (name: QuoteLimit['limit'], most: bigint) => {
    const points = most > 0n ? most - (most % step) : 0n
    return { limit: name, points, money: worth(rate, points), binds: false }
  }
  const pointsFor = (money: bigint): bigint => (money * rate.points) / rate.money
  const limits = [
    limit('AVAILABLE', of.available),
    limit('ELIGIBLE_LINES', pointsFor(of.eligible)),
    limit('SHARE_OF_BILL', pointsFor(of.share)),
  ]
  const least = mostOf(limits)
  const first = limits.findIndex(({ points }) => points === least)
  return limits.map((each, index) => ({ ...each, binds: index === first }))
}

const mostOf = (limits: readonly QuoteLimit[]): bigint =>
  limits.reduce((least, { points }) => (points < least ? points : least), limits[0]!.points)

/** As many as may be are still fewer than must be. */
function tooFew(burn: Burn, limits: readonly QuoteLimit[], available: bigint) {
  const most = mostOf(limits)
  if (most > 0n && most >= (burn.minimumPoints ?? 1n)) return undefined
  const binding = limits.find(({ binds }) => binds)!
  return binding.limit === 'AVAILABLE'
    ? insufficient(available)
    : fail('BELOW_MINIMUM_POINTS', { details: { limit: binding.limit } })
}

function refusalOf(
  burn: Burn,
  rate: BurnRate,
  points: bigint,
  { available, eligible, share }: { available: bigint; eligible: bigint; share: bigint },
) {
  const { minimumPoints = 1n, multiple = 1n } = burn
  const at = { path: ['points'] }
  if (points < minimumPoints)
    return fail('BELOW_MINIMUM_POINTS', { ...at, details: { minimum: minimumPoints.toString() } })
  if (points % multiple !== 0n)
    return fail('NOT_A_MULTIPLE', { ...at, details: { multiple: multiple.toString() } })
  if ((points * rate.money) % rate.points !== 0n) return fail('POINTS_NOT_CONVERTIBLE', at)
  const offset = worth(rate, points)
  if (offset > eligible) return fail('EXCEEDS_BILL', at)
  if (offset > share) return fail('EXCEEDS_SHARE', at)
  return points > available ? insufficient(available) : undefined
}

const insufficient = (available: bigint) =>
  fail('INSUFFICIENT_POINTS', { path: ['points'], details: { available: available.toString() } })
