import type { Condition, ConditionLanguage } from '../../../kernel/conditions/conditions.ts'
import {
  endOfDay,
  type Instant,
  instant,
  isLocalDate,
  type LocalDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import { type Ratio, type Rounding, ratioOf } from '../../../kernel/values/points.ts'
import type { EarnedAsset } from './asset.ts'
import type { AwardDocument, CapBehaviour, CapDocument, Each, EarnRuleDocument } from './earn-document.ts'
import type { CountedOver } from './earn-periods.ts'
import type { Stages } from './earn-stages.ts'
import type { Pending } from './validity.ts'

export interface EarnRule {
  readonly id: string
  readonly asset: EarnedAsset
  readonly award: EarnAward
  readonly rounding: Rounding
  readonly round: 'purchase' | 'line'
  /** Undefined: always in force. */
  readonly window: { readonly from: Instant; readonly until: Instant } | undefined
  readonly when: Condition | undefined
  readonly exclusive: string | undefined
  readonly caps: readonly Cap[]
  /** Undefined: as the programme has it. */
  readonly pending: Pending | undefined
}

/** What a rule's units are: minor units of money, or events, lines, pieces, or the points that it multiplies. */
export type EarnAward =
  | { readonly kind: 'rate'; readonly rate: Ratio }
  | { readonly kind: 'fixed'; readonly each: Each; readonly rate: Ratio }
  | { readonly kind: 'staged-rate'; readonly stages: Stages }
  | { readonly kind: 'staged-fixed'; readonly each: Each; readonly stages: Stages }
  | { readonly kind: 'multiplier'; readonly factor: Ratio }

export interface Cap {
  readonly id: string
  readonly over: CapBehaviour
  readonly per: CountedOver
  readonly measure: 'points' | 'times'
  readonly limit: bigint
}

/** The rules for one kind of event, in the order in which they apply. */
export interface EarnRules {
  /** Rates and fixed awards, then what multiplies them. */
  readonly rules: readonly EarnRule[]
  /** Whether any of them needs counters. */
  readonly counted: boolean
}

export interface RuleBook {
  readonly byId: ReadonlyMap<string, EarnRule>
  readonly purchase: EarnRules
  /** By the code of the activity. */
  readonly activities: ReadonlyMap<string, EarnRules>
}

interface Setting {
  readonly money: (text: string) => bigint
  readonly timeZone: string
  readonly conditions: Readonly<Record<EarnRuleDocument['on'], ConditionLanguage>>
}

/** Expects documents without faults. */
export function compileEarnRules(
  documents: readonly EarnRuleDocument[],
  capDocuments: readonly CapDocument[],
  setting: Setting,
): RuleBook {
  const caps = capDocuments.map((document) => ({ document, cap: compileCap(document) }))
  const compiled = new Map(documents.map((rule) => [rule, compileRule(rule, capsOf(rule, caps), setting)]))
  const inOrder = (fits: (rule: EarnRuleDocument) => boolean): EarnRules => {
    const rules = documents
      .filter(fits)
      .sort((a, b) => phase(a) - phase(b) || (b.priority ?? 0) - (a.priority ?? 0))
      .map((rule) => compiled.get(rule)!)
    return { rules, counted: rules.some((rule) => rule.caps.length > 0 || 'stages' in rule.award) }
  }
  const codes = new Set(documents.flatMap((rule) => rule.activities ?? []))
  return {
    byId: new Map([...compiled.values()].map((rule) => [rule.id, rule])),
    purchase: inOrder((rule) => rule.on === 'purchase'),
    activities: new Map(
      [...codes].map((code) => [code, inOrder((rule) => rule.activities?.includes(code) ?? false)]),
    ),
  }
}

/** What multiplies comes after what it multiplies. */
const phase = (rule: EarnRuleDocument): number => (rule.multiplier === undefined ? 0 : 1)

const capsOf = (rule: EarnRuleDocument, caps: readonly { document: CapDocument; cap: Cap }[]): Cap[] =>
  caps.flatMap(({ document: { rules, tag }, cap }) =>
    rules?.includes(rule.id) || (tag !== undefined && rule.tags?.includes(tag)) ? [cap] : [],
  )

const compileCap = ({ id, over, per, points, times }: CapDocument): Cap => ({
  id,
  over: over ?? 'clip',
  per,
  measure: points === undefined ? 'times' : 'points',
  limit: BigInt(points ?? times!),
})

const compileRule = (rule: EarnRuleDocument, caps: readonly Cap[], setting: Setting): EarnRule => ({
  id: rule.id,
  asset: rule.asset,
  award: rule.award
    ? compileAward(rule.award, setting)
    : { kind: 'multiplier', factor: ratioOf(rule.multiplier!) },
  rounding: rule.rounding ?? 'down',
  round: rule.round ?? 'purchase',
  window: windowOf(rule, setting.timeZone),
  when: rule.when === undefined ? undefined : setting.conditions[rule.on].compile(rule.when),
  exclusive: rule.exclusive,
  caps,
  pending: rule.pending,
})

function compileAward(award: AwardDocument, { money }: Setting): EarnAward {
  const rate = (points: number, per: string | undefined): Ratio => ({
    numerator: BigInt(points),
    denominator: per === undefined ? 1n : money(per),
  })
  const each = award.each ?? 'event'
  if (!award.stages) {
    return award.per === undefined
      ? { kind: 'fixed', each, rate: rate(award.points!, undefined) }
      : { kind: 'rate', rate: rate(award.points!, award.per) }
  }
  const of = award.of ?? 'spend'
  const stages: Stages = {
    of,
    over: award.in ?? 'ever',
    basis: award.basis ?? 'marginal',
    steps: award.stages.map((stage) => ({
      from: of === 'spend' ? money(String(stage.from)) : BigInt(stage.from),
      rate: rate(stage.points, stage.per),
    })),
  }
  return award.stages[0]!.per === undefined
    ? { kind: 'staged-fixed', each, stages }
    : { kind: 'staged-rate', stages }
}

function windowOf({ from, until }: EarnRuleDocument, timeZone: string): EarnRule['window'] {
  if (from === undefined && until === undefined) return undefined
  return {
    from: from === undefined ? (-Infinity as Instant) : momentOf(from, startOfDay, timeZone),
    until: until === undefined ? (Infinity as Instant) : momentOf(until, endOfDay, timeZone),
  }
}

/** A day begins or ends in the programme's time zone; an instant is itself. */
export const momentOf = (
  text: string,
  edge: (day: LocalDate, zone: string) => Instant,
  timeZone: string,
): Instant => (isLocalDate(text) ? edge(text, timeZone) : instant(text))
