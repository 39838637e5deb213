import type pg from 'pg'
import { assert } from '../values/assert.ts'

/** The number of a type of the subgraph's own schema, which each database gives anew: values in binary form bear it. */
export type TypeNumbers = (name: string) => number

/** Reads them of a connection's own schema, as it is now: a type that is made anew later has another number. */
export async function readTypeNumbers(pool: pg.Pool): Promise<TypeNumbers> {
  const { rows } = await pool.query<{ name: string; number: number }>(
    'select typname as name, oid as number from pg_type where typnamespace = to_regnamespace(current_schema())',
  )
  const numbers = new Map(rows.map(({ name, number }) => [name, number]))
  return (name) => {
    const number = numbers.get(name)
    assert(number !== undefined, `the schema has a type ${name}`)
    return number
  }
}
