import type { LocalizedText } from '../../../schema/events/program.ts'

/** What a tier asks for, as it is written: one of the measures in each need. */
export interface RequirementDocument {
  readonly any?: readonly NeedDocument[]
  readonly all?: readonly NeedDocument[]
}

export interface NeedDocument {
  readonly growth?: number
  readonly spend?: string
  readonly points?: number
  readonly visits?: number
  readonly activity?: string
  readonly times?: number
  readonly in?: Cycle
}

/** What a measure counts over: `purchase` is one purchase by itself, months are calendar months that roll on, growth without any is what is left. */
export type Cycle =
  | 'ever'
  | 'purchase'
  | 'calendar-year'
  | 'period'
  | 'since-upgrade'
  | { readonly months: number }

export interface TierDocument {
  readonly id: string
  readonly name: LocalizedText
  readonly growth?: number
  readonly reach?: RequirementDocument
  readonly keep?: RequirementDocument
  readonly approval?: 'required'
  readonly direct?: readonly string[]
  readonly validMonths?: number
  readonly discount?: string
}

export interface Tier {
  readonly id: string
  readonly name: LocalizedText
  /** Counts from 0, the base. */
  readonly rank: number
  /** The growth that it asks for; 0 where it asks for none. */
  readonly threshold: bigint
  readonly reach: Requirement
  /** What holds it at the end of its validity. */
  readonly keep: Requirement
  /** Whether somebody has to agree before a member rises to it. */
  readonly approval: boolean
  /** Activities that lead to it at once. */
  readonly direct: readonly string[]
  /** Undefined: does not end. */
  readonly validMonths: number | undefined
  readonly discount: string | undefined
}

export interface Requirement {
  readonly mode: 'any' | 'all'
  readonly needs: readonly Need[]
}

export interface Need {
  readonly measure: Measure
  readonly atLeast: bigint
}

/** Something that is counted of a member: points, growth and visits as such, spend in minor units. */
export interface Measure {
  /** Names it in `Measures`, e.g. `growth`, `spend/calendar-year`, `activity:test-drive/12-months`. */
  readonly key: string
  readonly kind: 'growth' | 'spend' | 'points' | 'visits' | 'activity'
  readonly activity: string | undefined
  readonly cycle: Cycle | 'balance'
}

/** Expects a document without faults. */
export function compileTiers(
  documents: readonly TierDocument[],
  money: (text: string) => bigint,
): { tiers: readonly Tier[]; measures: readonly Measure[] } {
  const tiers = documents.map((tier, rank): Tier => {
    const reach = tier.reach
      ? compileRequirement(tier.reach, money)
      : compileRequirement({ all: tier.growth ? [{ growth: tier.growth }] : [] }, money)
    return {
      id: tier.id,
      name: tier.name,
      rank,
      threshold: reach.needs.find(({ measure }) => measure.kind === 'growth')?.atLeast ?? 0n,
      reach,
      keep: tier.keep ? compileRequirement(tier.keep, money) : reach,
      approval: tier.approval === 'required',
      direct: tier.direct ?? [],
      validMonths: tier.validMonths,
      discount: tier.discount,
    }
  })
  const needs = tiers.flatMap(({ reach, keep }) => [...reach.needs, ...keep.needs])
  return { tiers, measures: [...new Map(needs.map(({ measure }) => [measure.key, measure])).values()] }
}

function compileRequirement({ any, all }: RequirementDocument, money: (text: string) => bigint): Requirement {
  return {
    mode: any ? 'any' : 'all',
    needs: (any ?? all!).map((need) => ({
      measure: measureOf(need),
      atLeast: need.spend === undefined ? BigInt(amountOf(need)) : money(need.spend),
    })),
  }
}

const amountOf = ({ growth, points, visits, times }: NeedDocument): number =>
  growth ?? points ?? visits ?? times ?? 1

function measureOf(need: NeedDocument): Measure {
  const kind = (['growth', 'spend', 'points', 'visits', 'activity'] as const).find(
    (name) => need[name] !== undefined,
  )!
  const cycle = need.in ?? (kind === 'growth' ? 'balance' : 'ever')
  const name = need.activity === undefined ? kind : `activity:${need.activity}`
  const over = typeof cycle === 'object' ? `${cycle.months}-months` : cycle
  return { key: cycle === 'balance' ? name : `${name}/${over}`, kind, activity: need.activity, cycle }
}
