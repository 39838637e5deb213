import type pg from 'pg'
import { withSpan } from '../telemetry/trace.ts'
import { sha256 } from '../values/canonical.ts'
import { arrayText } from './array-text.ts'

/** Runs one statement with bound values and answers its rows. */
// biome-ignore lint/suspicious/noExplicitAny: a row's type is stated by the caller, who wrote the select list.
export type Query = <Row extends object = any>(sql: string, values?: readonly unknown[]) => Promise<Row[]>

/** Runs a statement as a span that bears the name in its first comment: of the text nothing is told, of values least. */
export const observed = <T>(sql: string, run: () => Promise<T>): Promise<T> =>
  withSpan(NAME.exec(sql)?.[1] ?? 'statement', { kind: 'client', attributes: POSTGRESQL }, run)

const POSTGRESQL = { 'db.system.name': 'postgresql' }
const NAME = /^\s*\/\* (\w+) \*\//
const names = new Map<string, string | undefined>()

/**
 * SQL that begins with a comment of one word, such as lockAccounts between comment marks, is prepared once per connection
 * under that name. Such SQL must be constant text; text that is put together at run time bears no name.
 */
export function statementOf(sql: string, values: readonly unknown[]): pg.QueryConfig {
  let name = names.get(sql)
  if (name === undefined && NAME.test(sql)) {
    // The digest keeps two statements apart that were given one name.
    name = `${NAME.exec(sql)![1]}_${sha256(sql).toString('hex').slice(0, 8)}`
    names.set(sql, name)
  }
  const bound = values.map((value) => (Array.isArray(value) ? arrayText(value) : value))
  return name === undefined ? { text: sql, values: bound } : { name, text: sql, values: bound }
}
