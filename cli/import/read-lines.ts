import { createReadStream } from 'node:fs'
import { CommandError } from '../command-error.ts'

/** A physical line of a file. */
export interface Line {
  /** Counted from 1. */
  readonly number: number
  /** Without its end; bytes that are no UTF-8 appear as U+FFFD. */
  readonly text: string
  /** Offset of the first byte behind it. */
  readonly end: number
}

/** Where to begin: behind `line` lines, at byte `offset`. */
export interface Position {
  readonly offset: number
  readonly line: number
}

const CHUNK_BYTES = 256 * 1024
export const LINE_BYTES_MAX = 1024 * 1024
const LF = 10
const CR = 13

/** The lines behind a position, ended by LF or CR LF. Holds one chunk and one unfinished line, however long the file. */
export async function* readLines(file: string, from: Position): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0)
  let end = from.offset
  let number = from.line
  const line = (bytes: Buffer, consumed: number): Line => {
    end += consumed
    number += 1
    const length = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length
    return { number, text: bytes.toString('utf8', 0, length), end }
  }
  const chunks: AsyncIterable<Buffer> = createReadStream(file, {
    start: from.offset,
    highWaterMark: CHUNK_BYTES,
  })
  for await (const chunk of chunks) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let start = 0
    // What was searched before holds no line end.
    let at = bytes.indexOf(LF, rest.length)
    while (at !== -1) {
      yield line(bytes.subarray(start, at), at + 1 - start)
      start = at + 1
      at = bytes.indexOf(LF, start)
    }
    rest = bytes.subarray(start)
    if (rest.length > LINE_BYTES_MAX) {
      throw new CommandError(`${file}: line ${number + 1} is longer than 1 MiB; is it a text file?`, 2)
    }
  }
  if (rest.length > 0) yield line(rest, rest.length)
}
