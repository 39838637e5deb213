import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { type Line, type Position, readLines } from './read-lines.ts'

/** What stands between two fields: one character, or `blanks` for any number of blanks and tabs. */
export type Separator = 'blanks' | (string & {})

/** One record of a file: mostly one line, more where a quoted field holds line ends. */
export interface FileRecord {
  /** The number of its first line. */
  readonly line: number
  /** As it stands in the file. */
  readonly text: string
  /** Undefined: its quotes do not fit. */
  readonly fields: readonly string[] | undefined
  /** Where the next record begins. */
  readonly next: Position
}

/** A quoted field that is not closed within so many lines is a stray quote. */
const QUOTED_LINES_MAX = 100

/** The records behind a position; lines without content are passed over. */
export async function* readRecords(
  file: string,
  separator: Separator,
  from: Position,
): AsyncGenerator<FileRecord> {
  const records = new RecordAssembler(separator)
  for await (const line of readLines(file, from)) yield* records.push(line)
  yield* records.end()
}

/** Makes records of lines. A stray quote costs the line that it is in and none of its neighbours. */
class RecordAssembler {
  readonly #separator: Separator
  /** Lines of a record whose last field is quoted and not closed yet. */
  #open: Line[] = []

  constructor(separator: Separator) {
    this.#separator = separator
  }

  *push(line: Line): Generator<FileRecord> {
    if (this.#open.length === 0 && line.text.trim() === '') return
    this.#open.push(line)
    const text = this.#open.map((part) => part.text).join('\n')
    const fields = splitFields(text, this.#separator)
    if (fields === 'open' && this.#open.length < QUOTED_LINES_MAX) return
    if (typeof fields === 'string') {
      yield* this.#giveUpFirst()
      return
    }
    const first = this.#open[0]!
    this.#open = []
    yield { line: first.number, text, fields, next: { offset: line.end, line: line.number } }
  }

  *end(): Generator<FileRecord> {
    while (this.#open.length > 0) yield* this.#giveUpFirst()
  }

  *#giveUpFirst(): Generator<FileRecord> {
    const [{ number, text, end }, ...behind] = this.#open as [Line, ...Line[]]
    this.#open = []
    yield { line: number, text, fields: undefined, next: { offset: end, line: number } }
    for (const line of behind) yield* this.push(line)
  }
}

/** The fields of a record; `open`: its last quoted field is not closed; `malformed`: its quotes do not fit. */
export function splitFields(text: string, separator: Separator): string[] | 'open' | 'malformed' {
  if (separator === 'blanks') return text.trim().split(/[ \t]+/)
  if (!text.includes('"')) return text.split(separator).map((field) => field.trim())
  try {
    return parse(text, { delimiter: separator, trim: true, relax_column_count: true })[0] ?? []
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : 'malformed'
  }
}
