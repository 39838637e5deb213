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
      if (oid === INT8_ARRAY) return (text: string) => bigints(text)
    }
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

const INT8_ARRAY = 1016

const bigints = (text: string): bigint[] => (text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt))
