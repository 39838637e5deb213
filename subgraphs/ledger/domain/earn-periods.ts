import { DAY_MS, type LocalDate } from '../../../kernel/values/instant.ts'

/** What a cap or a stage counts over. `period` is the programme's own; without one it counts for ever. */
export type CountedOver = 'day' | 'week' | 'month' | 'year' | 'period' | 'ever'

/** Periods of equal length that follow each other from a first day, in days or in months. */
export type ProgramPeriod = { readonly from: string } & (
  | { readonly days: number }
  | { readonly months: number }
)

/** The one period of a kind that a day lies in. Texts of one kind compare as their periods follow each other. */
export function periodKey(over: CountedOver, day: LocalDate, period: ProgramPeriod | undefined): string {
  switch (over) {
    case 'day':
      return `d${day}`
    case 'week':
      return `w${dayOf(mondayOf(numberOf(day)))}`
    case 'month':
      return `m${day.slice(0, 7)}`
    case 'year':
      return `y${day.slice(0, 4)}`
    case 'period':
      return period ? `p${programPeriodOf(period, day).first}` : 'e'
    case 'ever':
      return 'e'
  }
}

/** The first day of the period after the one that a day lies in; undefined: there is none. */
export function nextPeriod(
  over: CountedOver,
  day: LocalDate,
  period: ProgramPeriod | undefined,
): LocalDate | undefined {
  switch (over) {
    case 'day':
      return dayOf(numberOf(day) + 1)
    case 'week':
      return dayOf(mondayOf(numberOf(day)) + 7)
    case 'month':
      return firstOfMonth(monthOf(day) + 1)
    case 'year':
      return firstOfMonth(monthOf(day) - (monthOf(day) % 12) + 12)
    case 'period':
      return period && programPeriodOf(period, day).next
    case 'ever':
      return undefined
  }
}

const KINDS: Readonly<Record<string, CountedOver>> = {
  d: 'day',
  w: 'week',
  m: 'month',
  y: 'year',
  p: 'period',
}

/** Whether a period ended before a day. */
export function endedBefore(key: string, day: LocalDate, period: ProgramPeriod | undefined): boolean {
  const kind = KINDS[key[0]!]
  // A key of programme periods whose programme has none any more counts no longer.
  return kind !== undefined && key < periodKey(kind, day, period)
}

/** The period of the programme that a day lies in, and the first day of the next. */
export function programPeriodOf(
  period: ProgramPeriod,
  day: LocalDate,
): { first: LocalDate; next: LocalDate } {
  if ('days' in period) {
    const start = numberOf(period.from)
    const index = Math.floor((numberOf(day) - start) / period.days)
    return { first: dayOf(start + index * period.days), next: dayOf(start + (index + 1) * period.days) }
  }
  const start = monthOf(period.from)
  const dayOfMonth = Number(period.from.slice(8))
  const begins = (index: number): LocalDate => inMonth(start + index * period.months, dayOfMonth)
  let index = Math.floor((monthOf(day) - start) / period.months)
  if (begins(index) > day) index -= 1
  return { first: begins(index), next: begins(index + 1) }
}

export const daysBefore = (day: LocalDate, days: number): LocalDate => dayOf(numberOf(day) - days)

const numberOf = (day: string): number => Date.parse(day) / DAY_MS
const dayOf = (number: number): LocalDate => new Date(number * DAY_MS).toISOString().slice(0, 10) as LocalDate
// 1970-01-01 was a Thursday.
const mondayOf = (number: number): number => number - ((((number + 3) % 7) + 7) % 7)
const monthOf = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
const firstOfMonth = (month: number): LocalDate => inMonth(month, 1)

/** A day of a month, or the last one of a month that is too short. */
function inMonth(month: number, dayOfMonth: number): LocalDate {
  const year = Math.floor(month / 12)
  const last = new Date(Date.UTC(year, (month % 12) + 1, 0)).getUTCDate()
  return new Date(Date.UTC(year, month % 12, Math.min(dayOfMonth, last)))
    .toISOString()
    .slice(0, 10) as LocalDate
}
