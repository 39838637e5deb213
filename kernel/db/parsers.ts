import pg from 'pg'
import { type Instant, instant } from '../values/instant.ts'

const { builtins } = pg.types

/**
 * How column values arrive: `int8` as bigint (never a float), `timestamptz` as Instant, `date` as its text (so that
 * `infinity` stays what it is), the rest as pg gives it.
 */
export const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (oid === builtins.INT8) return BigInt
      if (oid === builtins.TIMESTAMPTZ) return momentFrom
      if (oid === builtins.DATE) return (text: string) => text
      if (oid === INT8_ARRAY) return (text: string) => listFrom(text).map(BigInt)
      if (oid === DATE_ARRAY) return listFrom
    }
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

const INT8_ARRAY = 1016
const DATE_ARRAY = 1182
const TEXT_ARRAY = 1009

/** Of what is never quoted. */
export const listFrom = (text: string): string[] => (text === '{}' ? [] : text.slice(1, -1).split(','))

export const wordsFrom: (text: string) => string[] = pg.types.getTypeParser(TEXT_ARRAY as number, 'text')

/** The moments at which days begin, as they were asked for: days are few, and `Date` takes ten times as long. */
const days = new Map<string, number>()
const DAYS_REMEMBERED_MAX = 10_000
const IN_DAY = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{3})?\+00$/

/** `2026-11-30 02:45:08.123+00`, as a connection in UTC writes it. */
export function momentFrom(text: string): Instant {
  if (!IN_DAY.test(text)) return instant(text.replace(' ', 'T').replace('+00', 'Z'))
  const day = text.slice(0, 10)
  let begins = days.get(day)
  if (begins === undefined) {
    begins = instant(day)
    if (days.size >= DAYS_REMEMBERED_MAX) days.clear()
    days.set(day, begins)
  }
  const digits = (at: number): number => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO
  const ms = text.length === WITH_MS ? digits(20) * 10 + text.charCodeAt(22) - ZERO : 0
  return (begins + ((digits(11) * 60 + digits(14)) * 60 + digits(17)) * 1_000 + ms) as Instant
}

const ZERO = '0'.charCodeAt(0)
const WITH_MS = '2026-11-30 02:45:08.123+00'.length
