import { roundRatio } from '../../../kernel/values/points.ts'
import type { CountedOver } from './earn-periods.ts'
import type { Cap, EarnRule } from './earn-rules.ts'
import type { Program } from './program.ts'

/** What a rule for activities can give one member in a year; undefined: nothing bounds it. */
export interface Potential {
  readonly rule: string
  readonly points: bigint | undefined
}

/** How many points of activities a member can earn in a year of 365 days, rule by rule, and in all. */
export function yearlyPotential(program: Program): {
  readonly rules: readonly Potential[]
  readonly total: bigint | undefined
} {
  const rules = activityRules(program)
  const potentials = rules.map((rule) => ({ rule: rule.id, points: ofRule(program, rule) }))
  return { rules: potentials, total: together(program, rules, potentials) }
}

function activityRules({ earn }: Program): readonly EarnRule[] {
  const rules = [...earn.activities.values()].flatMap((set) => set.rules)
  return [...new Set(rules)].filter(({ asset, award }) => asset === 'points' && award.kind !== 'multiplier')
}

function ofRule(program: Program, { award, caps, rounding }: EarnRule): bigint | undefined {
  const points = least(caps.filter(({ measure }) => measure === 'points').map((cap) => ofCap(program, cap)))
  const times = least(caps.filter(({ measure }) => measure === 'times').map((cap) => ofCap(program, cap)))
  if (award.kind !== 'fixed' || times === undefined) return points
  const { numerator, denominator } = award.rate
  return least([points, roundRatio(times * numerator, denominator, rounding)])
}

/** The sum of all rules; a cap of several rules holds their sum down. */
function together(
  program: Program,
  rules: readonly EarnRule[],
  potentials: readonly Potential[],
): bigint | undefined {
  const sumOf = (fits: (rule: EarnRule) => boolean): bigint | undefined =>
    rules.reduce<bigint | undefined>((sum, rule, index) => {
      if (sum === undefined || !fits(rule)) return sum
      const points = potentials[index]!.points
      return points === undefined ? undefined : sum + points
    }, 0n)
  const shared = new Map(
    rules.flatMap(({ caps }) =>
      caps.filter(({ measure }) => measure === 'points').map((cap) => [cap.id, cap]),
    ),
  )
  const bounds = [...shared.values()].map((cap) => {
    const rest = sumOf((rule) => !rule.caps.some(({ id }) => id === cap.id))
    return rest === undefined ? undefined : ofCap(program, cap) + rest
  })
  return least([sumOf(() => true), ...bounds])
}

const ofCap = (program: Program, { per, limit }: Cap): bigint => limit * periodsInYear(program, per)

function periodsInYear({ period }: Program, per: CountedOver): bigint {
  switch (per) {
    case 'day':
      return 365n
    case 'week':
      return 53n
    case 'month':
      return 12n
    case 'period':
      if (!period) return 1n
      return BigInt('days' in period ? Math.ceil(365 / period.days) : Math.ceil(12 / period.months))
    case 'year':
    case 'ever':
      return 1n
  }
}

const least = (of: readonly (bigint | undefined)[]): bigint | undefined =>
  of.reduce((a, b) => (a === undefined ? b : b === undefined || a <= b ? a : b), undefined)
