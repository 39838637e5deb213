import { Temporal } from 'temporal-polyfill'
import { type Instant, instant, isLocalDate } from '../../kernel/values/instant.ts'

/** How a file writes its dates; one way for the whole file. */
export type DateFormat = 'YYYYMMDD' | 'YYYY-MM-DD' | 'YYYY-MM-DD hh:mm:ss' | 'RFC 3339'

const SHAPES: readonly (readonly [DateFormat, RegExp])[] = [
  ['YYYYMMDD', /^\d{8}$/],
  ['YYYY-MM-DD', /^\d{4}-\d{2}-\d{2}$/],
  ['YYYY-MM-DD hh:mm:ss', /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$/],
  ['RFC 3339', /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/],
]

const DAYS_REMEMBERED_MAX = 20_000
const NOON = Temporal.PlainTime.from('12:00')

/**
 * Reads the dates of one file. The first date that can be read settles the format of all. A day without a time is
 * placed at 12:00 of that day in the programme's zone: well inside the day, and the same moment at every reading.
 */
export class DateReader {
  readonly #zone: string
  /** Noon of days that were asked for: zone arithmetic is slow, days are few. */
  readonly #noons = new Map<string, Instant | undefined>()
  format: DateFormat | undefined

  constructor(zone: string, format?: DateFormat) {
    this.#zone = zone
    this.format = format
  }

  /** Undefined: no date, or one of another format than the file's. */
  read(text: string): Instant | undefined {
    const format = SHAPES.find(([, shape]) => shape.test(text))?.[0]
    if (format === undefined || (this.format !== undefined && format !== this.format)) return undefined
    const at = this.#momentOf(text, format)
    if (at !== undefined) this.format = format
    return at
  }

  #momentOf(text: string, format: DateFormat): Instant | undefined {
    switch (format) {
      case 'YYYYMMDD':
        return this.#noonOf(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`)
      case 'YYYY-MM-DD':
        return this.#noonOf(text)
      case 'YYYY-MM-DD hh:mm:ss':
        return existing(() => Temporal.PlainDateTime.from(text).toZonedDateTime(this.#zone).epochMilliseconds)
      case 'RFC 3339':
        return existing(() => Temporal.Instant.from(text).epochMilliseconds)
    }
  }

  #noonOf(day: string): Instant | undefined {
    if (this.#noons.has(day)) return this.#noons.get(day)
    const noon = isLocalDate(day)
      ? instant(
          Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: this.#zone, plainTime: NOON })
            .epochMilliseconds,
        )
      : undefined
    if (this.#noons.size >= DAYS_REMEMBERED_MAX) this.#noons.clear()
    this.#noons.set(day, noon)
    return noon
  }
}

/** The moment, where there is such a day and time. */
function existing(read: () => number): Instant | undefined {
  try {
    return instant(read())
  } catch {
    return undefined
  }
}
