import { unreachable } from '../../../kernel/values/assert.ts'
import { addDays, addMonths, endOfYear, type LocalDate, NEVER } from '../../../kernel/values/instant.ts'

/** How long what was earned can be used. `until: month-end` gathers what runs out in one month at its end. */
export type Validity =
  | { readonly kind: 'rolling'; readonly months: number; readonly until?: 'month-end' }
  | { readonly kind: 'rolling'; readonly days: number; readonly until?: 'month-end' }
  /** To 31 December of the nth calendar year; the year of earning is the first. */
  | { readonly kind: 'calendar-year'; readonly years: number }
  /** All that is earned in a period ends with it. Periods follow each other yearly: what comes later ends a year on. */
  | { readonly kind: 'period'; readonly endsOn: string }
  | { readonly kind: 'never' }

/** From when validity runs: the day of earning, the member's activation, or the release of what was pending. */
export type ValidFrom = 'earning' | 'activation' | 'release'

/** When what was earned becomes available: some days later, or when an activity with this code is recorded. */
export type Pending = { readonly days: number } | { readonly until: string }

/** The last day on which what was earned on a day can be used. */
export function lastDay(validity: Validity, earnedOn: LocalDate): LocalDate {
  switch (validity.kind) {
    case 'rolling': {
      const last =
        'months' in validity ? addMonths(earnedOn, validity.months) : addDays(earnedOn, validity.days)
      return validity.until === 'month-end' ? endOfMonth(last) : last
    }
    case 'calendar-year':
      return endOfYear(earnedOn, validity.years - 1)
    case 'period':
      return periodEnd(validity.endsOn as LocalDate, earnedOn)
    case 'never':
      return NEVER
    default:
      return unreachable(validity)
  }
}

/**
 * The day from which validity runs. Undefined: it does not run yet, as the member is not active or the points are not
 * released; whoever was active before earning earns with validity from that day.
 */
export function validityStart(
  from: ValidFrom,
  days: { readonly earnedOn: LocalDate; readonly activatedOn?: LocalDate; readonly releasedOn?: LocalDate },
): LocalDate | undefined {
  switch (from) {
    case 'earning':
      return days.earnedOn
    case 'activation':
      return days.activatedOn && later(days.earnedOn, days.activatedOn)
    case 'release':
      return days.releasedOn && later(days.earnedOn, days.releasedOn)
  }
}

/** The first day on which pending points are available; undefined: an event decides. No pending: the day itself. */
export function releaseDay(pending: Pending | undefined, earnedOn: LocalDate): LocalDate | undefined {
  if (!pending) return earnedOn
  return 'days' in pending ? addDays(earnedOn, pending.days) : undefined
}

/** The days on which to remind of points whose last day is given, the earliest first. */
export const reminderDays = (lastOn: LocalDate, daysBefore: readonly number[]): LocalDate[] =>
  lastOn === NEVER ? [] : [...daysBefore].sort((a, b) => b - a).map((days) => addDays(lastOn, -days))

const later = (a: LocalDate, b: LocalDate): LocalDate => (a > b ? a : b)

const endOfMonth = (day: LocalDate): LocalDate =>
  addDays(addMonths(`${day.slice(0, 7)}-01` as LocalDate, 1), -1)

function periodEnd(end: LocalDate, day: LocalDate): LocalDate {
  const years = Math.max(0, Number(day.slice(0, 4)) - Number(end.slice(0, 4)))
  const same = addMonths(end, 12 * years)
  return same >= day ? same : addMonths(end, 12 * (years + 1))
}
