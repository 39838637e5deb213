import pg from 'pg'
import { instant } from '../values/instant.ts'

const { builtins } = pg.types

/**
 * How column values arrive: `int8` as bigint (never a float), `timestamptz` as Instant, `date` as its text (so that
 * `infinity` stays what it is), the rest as pg gives it.
 */
export const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (oid === builtins.INT8) return BigInt
      if (oid === builtins.TIMESTAMPTZ) return (text: string) => instant(text.replace(' ', 'T') + ':00')
      if (oid === builtins.DATE) return (text: string) => text
      if (oid === INT8_ARRAY) return (text: string) => listOf(text).map(BigInt)
      if (oid === DATE_ARRAY) return listOf
    }
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

const INT8_ARRAY = 1016
const DATE_ARRAY = 1182

/** Of what is never quoted. */
const listOf = (text: string): string[] => (text === '{}' ? [] : text.slice(1, -1).split(','))
