/** What an element must be quoted for; see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
const NEEDS_QUOTES = /["\\{},\s]|^$|^null$/i

/**
 * A list as the text of a PostgreSQL array. The driver's own way takes a third of the time of a large insert: it looks
 * at each element through layers made for any value, and quotes all of them.
 */
export function arrayText(values: readonly unknown[]): string {
  let text = '{'
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ','
    text += elementText(values[index])
  }
  return `${text}}`
}

function elementText(value: unknown): string {
  if (typeof value === 'string') {
    return NEEDS_QUOTES.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value
  }
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`
  if (Array.isArray(value)) return arrayText(value)
  throw new TypeError('an element of an array is text, a number, a boolean, bytes or a list of these')
}
