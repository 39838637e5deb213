import { addDays, addMonths, endOfYear, type LocalDate } from '../../../kernel/values/instant.ts'
import { programPeriodOf } from './earn-periods.ts'
import type { Program } from './program.ts'
import type { Measure, Need, Requirement, Tier } from './tier-rules.ts'

/** How much of each measure a member has, by the key of the measure; none where it is absent. */
export type Measures = Readonly<Record<string, bigint>>

/** An unknown id is one that a later version took away: such members stand at the base. */
export const tierOf = (program: Program, id: string): Tier =>
  program.tiers.find((tier) => tier.id === id) ?? program.tiers[0]!

/** The highest tier that so much growth, or so much of everything, reaches. */
export const tierFor = (program: Program, measures: Measures | bigint): Tier =>
  program.tiers.findLast((tier) => holds(tier.reach, measured(measures))) ?? program.tiers[0]!

export const nextTier = (program: Program, tier: Tier): Tier | undefined => program.tiers[tier.rank + 1]

/** The last day of a tier that begins on a day; undefined: it does not end. */
export const tierUntil = (tier: Tier, from: LocalDate): LocalDate | undefined =>
  tier.validMonths === undefined || tier.rank === 0 ? undefined : addMonths(from, tier.validMonths)

/** Where a member rises to at once, and the higher tier that waits for somebody's approval. */
export function upgrade(
  program: Program,
  current: Tier,
  measures: Measures,
): { readonly instant: Tier | undefined; readonly toApprove: Tier | undefined } {
  const above = program.tiers.filter((tier) => tier.rank > current.rank && holds(tier.reach, measures))
  const instant = above.findLast((tier) => !tier.approval)
  const highest = above.at(-1)
  return { instant, toApprove: highest?.approval ? highest : undefined }
}

/** The tier above the current one to which an activity leads at once. */
export const directUpgrade = (program: Program, current: Tier, activity: string): Tier | undefined =>
  program.tiers.findLast((tier) => tier.rank > current.rank && tier.direct.includes(activity))

/** Whether so much of everything retains a tier. */
export const keeps = (tier: Tier, measures: Measures): boolean =>
  tier.rank === 0 || holds(tier.keep, measures)

/** Where a member stands after its tier has run out with so much: the same tier is retention. */
export function reviewed(program: Program, tier: Tier, of: Measures | bigint): Tier {
  const measures = measured(of)
  if (keeps(tier, measures)) return tier
  switch (program.downgrade) {
    case 'to-fit':
      return (
        program.tiers.findLast((lower) => lower.rank < tier.rank && holds(lower.reach, measures)) ??
        program.tiers[0]!
      )
    case 'one-step':
      return program.tiers[tier.rank - 1]!
    case 'to-base':
      return program.tiers[0]!
  }
}

/** What a measure still lacks, and the last day on which what is there counts. */
export interface Missing {
  readonly measure: Measure
  readonly needed: bigint
  readonly have: bigint
  readonly missing: bigint
  /** Undefined: what is there does not end on one day. */
  readonly by: LocalDate | undefined
}

export interface Standing {
  readonly tier: Tier
  readonly measures: Measures
  readonly today: LocalDate
  /** The last day of the tier; undefined: it does not end. */
  readonly tierUntil?: LocalDate | undefined
  /** The last day of growth that is left, as the books have it. */
  readonly growthUntil?: LocalDate | undefined
}

/** What leads to the next tier; undefined at the top. In mode `any` one of the missing is enough. */
export function progress(
  program: Program,
  standing: Standing,
):
  | { readonly next: Tier; readonly mode: Requirement['mode']; readonly missing: readonly Missing[] }
  | undefined {
  const next = nextTier(program, standing.tier)
  return (
    next && {
      next,
      mode: next.reach.mode,
      missing: next.reach.needs.map((need) => missing(program, standing, need)),
    }
  )
}

function missing(program: Program, standing: Standing, { measure, atLeast }: Need): Missing {
  const have = standing.measures[measure.key] ?? 0n
  return {
    measure,
    needed: atLeast,
    have,
    missing: have < atLeast ? atLeast - have : 0n,
    by: lastCounted(program, standing, measure),
  }
}

function lastCounted(program: Program, standing: Standing, { cycle }: Measure): LocalDate | undefined {
  switch (cycle) {
    case 'calendar-year':
      return endOfYear(standing.today)
    case 'period':
      return program.period && addDays(programPeriodOf(program.period, standing.today).next, -1)
    case 'since-upgrade':
      return standing.tierUntil
    case 'balance':
      return standing.growthUntil
    default:
      return undefined
  }
}

const measured = (measures: Measures | bigint): Measures =>
  typeof measures === 'bigint' ? { growth: measures } : measures

function holds({ mode, needs }: Requirement, measures: Measures): boolean {
  const met = ({ measure, atLeast }: Need): boolean => (measures[measure.key] ?? 0n) >= atLeast
  return mode === 'any' ? needs.some(met) : needs.every(met)
}
