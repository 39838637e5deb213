import { Temporal } from 'temporal-polyfill'

/** A moment: milliseconds since 1970-01-01T00:00Z. Always handed in by the caller; nothing pure asks the time. */
export type Instant = number & { readonly __unit: 'ms since epoch' }

/** A day of some calendar, `YYYY-MM-DD`, or `infinity` for a day that never comes. Compares as text. */
export type LocalDate = string & { readonly __unit: 'day' }

export const NEVER = 'infinity' as LocalDate
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export const instant = (value: string | number | Date): Instant => {
  const ms = typeof value === 'number' ? value : new Date(value).getTime()
  if (!Number.isFinite(ms)) throw new RangeError(`not a moment: ${value}`)
  return ms as Instant
}

let lastWritten: readonly [at: Instant, iso: string] | undefined

/** One moment is often written many times in a row: of what is recorded together, and of each part of it. */
export function toIso(at: Instant): string {
  if (lastWritten?.[0] !== at) lastWritten = [at, isoText(at)]
  return lastWritten[1]
}

/** Days as they were written, by their number: `Date` takes three times as long. */
const daysWritten = new Map<number, string>()
const DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'))
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

function isoText(at: Instant): string {
  const day = Math.floor(at / DAY_MS)
  const ms = at - day * DAY_MS
  if (!Number.isInteger(ms)) return new Date(at).toISOString()
  let date = daysWritten.get(day)
  if (date === undefined) {
    date = new Date(at).toISOString().slice(0, -'00:00:00.000Z'.length)
    if (daysWritten.size >= DAYS_REMEMBERED_MAX) daysWritten.clear()
    daysWritten.set(day, date)
  }
  const seconds = Math.floor(ms / 1_000)
  const minutes = Math.floor(seconds / 60)
  return `${date}${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${DIGITS[ms % 1_000]}Z`
}

export const later = (at: Instant, ms: number): Instant => (at + ms) as Instant

/** Zone arithmetic is slow (some 10 µs), days are few: remember the bounds of the days that were asked for. */
const daysByZone = new Map<string, Map<LocalDate, { start: number; end: number }>>()
const DAYS_REMEMBERED_MAX = 20_000

function dayBounds(date: LocalDate, zone: string): { start: number; end: number } {
  const days = daysByZone.get(zone) ?? new Map<LocalDate, { start: number; end: number }>()
  daysByZone.set(zone, days)
  let bounds = days.get(date)
  if (!bounds) {
    const day = Temporal.PlainDate.from(date)
    bounds = {
      start: day.toZonedDateTime(zone).epochMilliseconds,
      end: day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds,
    }
    if (days.size >= DAYS_REMEMBERED_MAX) days.clear()
    days.set(date, bounds)
  }
  return bounds
}

/** The first moment of a day in a zone. */
export const startOfDay = (date: LocalDate, zone: string): Instant => dayBounds(date, zone).start as Instant

/** The first moment after a day in a zone; `infinity` ends never. */
export const endOfDay = (date: LocalDate, zone: string): Instant =>
  (date === NEVER ? Number.MAX_SAFE_INTEGER : dayBounds(date, zone).end) as Instant

/** The day that was answered last in each zone: most moments that are asked for fall on it again. */
const lastAnswered = new Map<string, { date: LocalDate; start: number; end: number }>()

/** The day that a moment falls on in a zone. */
export function localDate(at: Instant, zone: string): LocalDate {
  const last = lastAnswered.get(zone)
  if (last && at >= last.start && at < last.end) return last.date
  const date = dayOf(at, zone)
  lastAnswered.set(zone, { date, ...dayBounds(date, zone) })
  return date
}

function dayOf(at: Instant, zone: string): LocalDate {
  // The UTC day, or a neighbour: zones are at most 14 hours away.
  const guess = new Date(at).toISOString().slice(0, 10) as LocalDate
  const bounds = dayBounds(guess, zone)
  if (at >= bounds.start && at < bounds.end) return guess
  return addDays(guess, at < bounds.start ? -1 : 1)
}

/** Calendar sums that were asked for, by what is added: some 5 µs each, and the same again and again. */
const sums = new Map<string, Map<LocalDate, LocalDate>>()
const SUMS_REMEMBERED_MAX = 100

function plus(date: LocalDate, added: { days: number } | { months: number }, name: string): LocalDate {
  let known = sums.get(name)
  if (!known) {
    if (sums.size >= SUMS_REMEMBERED_MAX) sums.clear()
    known = new Map()
    sums.set(name, known)
  }
  let sum = known.get(date)
  if (sum === undefined) {
    sum = Temporal.PlainDate.from(date).add(added).toString() as LocalDate
    if (known.size >= DAYS_REMEMBERED_MAX) known.clear()
    known.set(date, sum)
  }
  return sum
}

export const addDays = (date: LocalDate, days: number): LocalDate => plus(date, { days }, `${days}d`)

/** The same day some months on; the 31st becomes the last day of a shorter month. */
export const addMonths = (date: LocalDate, months: number): LocalDate => plus(date, { months }, `${months}m`)

export const endOfYear = (date: LocalDate, yearsOn = 0): LocalDate =>
  `${String(Number(date.slice(0, 4)) + yearsOn).padStart(4, '0')}-12-31` as LocalDate

export function isLocalDate(text: string): text is LocalDate {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  return day !== undefined && day >= '01' && Number(day) <= daysOf(Number(year), Number(month))
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Of a month, from 1, in the Gregorian calendar; no month has none. */
const daysOf = (year: number, month: number): number =>
  month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : (DAYS[month - 1] ?? 0)

export const isTimeZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** Milliseconds of an ISO 8601 duration such as `P30D`, `PT1H` or `P1Y`, counted from a moment in a zone. */
export const addDuration = (at: Instant, duration: string, zone: string): Instant =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).add(Temporal.Duration.from(duration))
    .epochMilliseconds as Instant
