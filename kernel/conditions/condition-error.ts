/** A condition that does not parse, or that names, compares or computes what it may not. */
export class ConditionError extends Error {
  override name = 'ConditionError'
  /** Counts characters of the source from 0. */
  readonly position: number
  /** Of the position, counted from 1. */
  readonly line: number
  readonly column: number
  /** The line that is meant, and below it a caret at the place. */
  readonly excerpt: string

  constructor(message: string, position: number, source = '') {
    super(message)
    const before = source.slice(0, position).split('\n')
    const place = before.at(-1)!
    const line = source.split('\n')[before.length - 1] ?? ''
    this.position = position
    this.line = before.length
    this.column = [...place].length + 1
    // Tabs stay tabs, so that the caret stands where the reader's editor puts the character.
    this.excerpt = `${line}\n${place.replace(/[^\t]/gu, ' ')}^`
  }
}
