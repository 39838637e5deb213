import { addDays, addMonths, type LocalDate } from '../../../kernel/values/instant.ts'
import type { Counters } from './earn-counters.ts'
import { programPeriodOf } from './earn-periods.ts'
import type { Program } from './program.ts'
import type { Measure } from './tier-rules.ts'
import type { Measures } from './tiers.ts'

/** What one event is worth to the measures of tiers. Amounts are negative where it is undone. */
export interface Happening {
  readonly day: LocalDate
  /** What was paid in a purchase, in minor units. */
  readonly spend?: bigint
  readonly points?: bigint
  readonly growth?: bigint
  /** Whether the member came and bought. */
  readonly visit?: boolean
  readonly activity?: { readonly code: string; readonly times: bigint }
}

/**
 * The measures of a programme live among the counters of the account, read and written with the row that is locked
 * anyway. A key is `m:`, what is counted, `/`, and what it is counted over: a year, a period, the time since the tier
 * was last changed or reviewed (`tier`), the greatest single one of that time (`most`), or one calendar month of those
 * that rolling months look back on: days would make a row of kilobytes of a member that signs in daily. Only what some
 * tier asks for is counted.
 */
export const measuresPrefix = 'm:'

/** Adds an event to what tiers count. The very same object where it counts for nothing. */
export function counted(program: Program, counters: Counters, happening: Happening): Counters {
  const changes = new Map<string, bigint>()
  for (const measure of program.measures) {
    if (measure.cycle === 'balance') continue
    const amount = amountOf(measure, happening, counters)
    if (amount === 0n) continue
    const key = keyOf(program, measure, happening.day)
    const before = counters[key] ?? 0n
    const after = measure.cycle === 'purchase' ? larger(before, amount) : larger(before + amount, 0n)
    if (after !== before) changes.set(key, after)
  }
  const visited = visitKey(program, happening, counters)
  if (visited) changes.set(LAST_VISIT, visited)
  return changes.size === 0
    ? counters
    : pruned(program, { ...counters, ...Object.fromEntries(changes) }, happening.day)
}

/** How much of each measure there is on a day; growth that is left comes from the wallet. */
export function measuresOn(program: Program, counters: Counters, growth: bigint, day: LocalDate): Measures {
  const measures: Record<string, bigint> = {}
  for (const measure of program.measures) {
    measures[measure.key] =
      measure.cycle === 'balance'
        ? growth
        : typeof measure.cycle === 'object'
          ? rolling(counters, measure, addMonths(firstOfMonth(day), 1 - measure.cycle.months), day)
          : (counters[keyOf(program, measure, day)] ?? 0n)
  }
  return measures
}

/**
 * What is counted from a change or review of the tier on: what runs since then begins anew. With `onPromotion: reset`
 * all begins anew with a promotion.
 */
export function countedAnew(program: Program, counters: Counters, promoted: boolean): Counters {
  if (program.measures.length === 0) return counters
  const all = promoted && program.onPromotion === 'reset'
  const kept = Object.entries(counters).filter(
    ([key]) => !key.startsWith(measuresPrefix) || (!all && !key.endsWith('/tier') && !key.endsWith('/most')),
  )
  return kept.length === Object.keys(counters).length ? counters : Object.fromEntries(kept)
}

/** Whether counts of two members who are one add up: the greatest, the last and what waits for approval do not. */
export const summed = (key: string): boolean =>
  !(
    key === LAST_VISIT ||
    (key.startsWith(measuresPrefix) && (key.endsWith('/most') || key.includes(':request:')))
  )

/** The day of the last visit, so that two purchases of one day are one visit. */
const LAST_VISIT = `${measuresPrefix}visit`

function amountOf(measure: Measure, happening: Happening, counters: Counters): bigint {
  switch (measure.kind) {
    case 'spend':
      return happening.spend ?? 0n
    case 'points':
      return happening.points ?? 0n
    case 'growth':
      return happening.growth ?? 0n
    case 'visits':
      return happening.visit && counters[LAST_VISIT] !== dayNumber(happening.day) ? 1n : 0n
    case 'activity':
      return happening.activity?.code === measure.activity ? happening.activity!.times : 0n
  }
}

function visitKey(program: Program, { visit, day }: Happening, counters: Counters): bigint | undefined {
  if (!visit || !program.measures.some(({ kind }) => kind === 'visits')) return undefined
  const number = dayNumber(day)
  return (counters[LAST_VISIT] ?? 0n) < number ? number : undefined
}

const nameOf = ({ kind, activity }: Measure): string => (kind === 'activity' ? `activity:${activity}` : kind)

const keyOf = (program: Program, measure: Measure, day: LocalDate): string =>
  `${measuresPrefix}${nameOf(measure)}/${bucket(program, measure.cycle, day)}`

function bucket(program: Program, cycle: Measure['cycle'], day: LocalDate): string {
  if (typeof cycle === 'object') return `m${day.slice(0, 7)}`
  switch (cycle) {
    case 'calendar-year':
      return `y${day.slice(0, 4)}`
    case 'period':
      return program.period ? `p${programPeriodOf(program.period, day).first}` : 'ever'
    case 'since-upgrade':
      return 'tier'
    case 'purchase':
      return 'most'
    case 'ever':
    case 'balance':
      return 'ever'
  }
}

function rolling(counters: Counters, measure: Measure, from: LocalDate, to: LocalDate): bigint {
  const prefix = `${measuresPrefix}${nameOf(measure)}/m`
  let sum = 0n
  for (const [key, amount] of Object.entries(counters)) {
    if (!key.startsWith(prefix)) continue
    const month = key.slice(prefix.length)
    if (month >= from.slice(0, 7) && month <= to.slice(0, 7)) sum += amount
  }
  return sum
}

/** Forgets months that no rolling measure looks back on, and years and periods before the last. */
function pruned(program: Program, counters: Counters, today: LocalDate): Counters {
  const months = program.measures.reduce(
    (most, { cycle }) => (typeof cycle === 'object' && cycle.months > most ? cycle.months : most),
    0,
  )
  // A late event is still counted in its own time.
  const keptFrom = {
    m: addDays(addMonths(firstOfMonth(today), 1 - months), -program.keptDays).slice(0, 7),
    y: String(Number(today.slice(0, 4)) - 1),
    p: program.period
      ? programPeriodOf(program.period, addDays(programPeriodOf(program.period, today).first, -1)).first
      : '',
  }
  const stale = (key: string): boolean => {
    if (!key.startsWith(measuresPrefix)) return false
    const over = key.slice(key.lastIndexOf('/') + 1)
    const first = keptFrom[over[0] as keyof typeof keptFrom]
    return first !== undefined && /\d$/.test(over) && over.slice(1) < first
  }
  return Object.keys(counters).some(stale)
    ? Object.fromEntries(Object.entries(counters).filter(([key]) => !stale(key)))
    : counters
}

const firstOfMonth = (day: LocalDate): LocalDate => `${day.slice(0, 7)}-01` as LocalDate

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const dayNumber = (day: LocalDate): bigint => BigInt(day.replaceAll('-', ''))
