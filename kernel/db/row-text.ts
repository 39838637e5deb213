import { arrayText } from './array-text.ts'

/** What a field of a row must be quoted for; see https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX */
const NEEDS_QUOTES = /["\\(),]|^$/
const ESCAPED = /["\\]/g

/**
 * Rows as the text of an array of a table's row type, each with all columns in their order: `unnest($1::entry[])` reads
 * them back. One parameter in place of one a column: with thirty columns the server spends a third of the time on it.
 */
export function rowsText(rows: readonly (readonly unknown[])[]): string {
  let text = '{'
  for (let index = 0; index < rows.length; index++) {
    text += index > 0 ? ',"(' : '"('
    const row = rows[index]!
    for (let column = 0; column < row.length; column++) {
      if (column > 0) text += ','
      const value = row[column]
      if (value !== null && value !== undefined) text += fieldText(value)
    }
    text += ')"'
  }
  return `${text}}`
}

/** A field stands in a row that stands in quotes in an array: what is escaped for the row is escaped again. */
function fieldText(value: unknown): string {
  if (typeof value === 'string') return NEEDS_QUOTES.test(value) ? quoted(value) : value
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (Buffer.isBuffer(value)) return `\\\\\\\\x${value.toString('hex')}`
  if (Array.isArray(value)) return value.length === 0 ? '{}' : quoted(arrayText(value))
  throw new TypeError('a field of a row is text, a number, a boolean, bytes or a list of these')
}

const quoted = (text: string): string => `\\"${text.replace(ESCAPED, '\\$&').replace(ESCAPED, '\\$&')}\\"`
