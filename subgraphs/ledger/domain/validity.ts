import { unreachable } from '../../../kernel/values/assert.ts'
import { addDays, addMonths, endOfYear, type LocalDate, NEVER } from '../../../kernel/values/instant.ts'

/** How long what was earned can be used. */
export type Validity =
  | { readonly kind: 'rolling'; readonly months: number }
  | { readonly kind: 'rolling'; readonly days: number }
  /** To 31 December of the nth calendar year; the year of earning is the first. */
  | { readonly kind: 'calendar-year'; readonly years: number }
  /** All that is earned in a period ends with it. Periods follow each other yearly: what comes later ends a year on. */
  | { readonly kind: 'period'; readonly endsOn: string }
  | { readonly kind: 'never' }

/** The last day on which what was earned on a day can be used. */
export function lastDay(validity: Validity, earnedOn: LocalDate): LocalDate {
  switch (validity.kind) {
    case 'rolling':
      return 'months' in validity ? addMonths(earnedOn, validity.months) : addDays(earnedOn, validity.days)
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

function periodEnd(end: LocalDate, day: LocalDate): LocalDate {
  const years = Math.max(0, Number(day.slice(0, 4)) - Number(end.slice(0, 4)))
  const same = addMonths(end, 12 * years)
  return same >= day ? same : addMonths(end, 12 * (years + 1))
}
