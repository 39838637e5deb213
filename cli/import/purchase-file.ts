import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError } from '../command-error.ts'
import type { Position } from './read-lines.ts'
import { readRecords, type Separator } from './read-records.ts'

/** A file of purchases as far as one look at its head and tail tells. */
export interface PurchaseFile {
  /** Absolute. */
  readonly path: string
  readonly size: number
  /** Changes with size, head and tail: tells whether it is still the file that an import began with. */
  readonly fingerprint: string
  readonly separator: Separator
  /** Undefined: the file has none. */
  readonly header: readonly string[] | undefined
  /** Fields in each record. */
  readonly width: number
  /** Where the first purchase is. */
  readonly start: Position
}

const SAMPLE_BYTES = 64 * 1024
const SEPARATORS = [',', ';', '\t', '|'] as const
const NAMED_SEPARATORS: Readonly<Record<string, Separator>> = { comma: ',', semicolon: ';', tab: '\t' }

/** Looks at a file without reading it whole. `separator` undefined: told by the first line. */
export async function inspectFile(
  path: string,
  options: { separator: string | undefined; hasHeader: boolean },
): Promise<PurchaseFile> {
  const file = resolve(path)
  const { size, head, tail } = await sampleOf(file)
  if (size === 0) throw new CommandError(`${path}: the file is empty`, 2)
  assertText(path, head)
  // A byte order mark is no part of the first field.
  const offset = head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0
  const separator = options.separator
    ? separatorNamed(options.separator)
    : guessSeparator(head.toString('utf8', offset))
  const beginning = { offset, line: 0 }
  for await (const first of readRecords(file, separator, beginning)) {
    if (!first.fields) throw new CommandError(`${path}: the quotes of line ${first.line} do not fit`, 2)
    return {
      path: file,
      size,
      fingerprint: createHash('sha256').update(`${size}:`).update(head).update(tail).digest('hex'),
      separator,
      header: options.hasHeader ? first.fields : undefined,
      width: first.fields.length,
      start: options.hasHeader ? first.next : beginning,
    }
  }
  throw new CommandError(`${path}: the file holds nothing but empty lines`, 2)
}

async function sampleOf(file: string): Promise<{ size: number; head: Buffer; tail: Buffer }> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file)
    const { size } = await handle.stat()
    const length = Math.min(size, SAMPLE_BYTES)
    const head = Buffer.alloc(length)
    const tail = Buffer.alloc(length)
    await handle.read(head, 0, length, 0)
    await handle.read(tail, 0, length, size - length)
    return { size, head, tail }
  } catch (error) {
    throw new CommandError(cannotRead(file, error as NodeJS.ErrnoException))
  } finally {
    await handle?.close()
  }
}

/** One line for a file that cannot be read. */
export function cannotRead(file: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return `${file}: there is no such file`
    case 'EACCES':
    case 'EPERM':
      return `${file}: you may not read this file`
    case 'EISDIR':
      return `${file}: this is a folder`
    default:
      return `${file}: cannot be read (${error.message})`
  }
}

function assertText(path: string, head: Buffer): void {
  const utf16 = head[0] === 0xff && head[1] === 0xfe ? true : head[0] === 0xfe && head[1] === 0xff
  if (utf16) throw new CommandError(`${path}: the file is UTF-16; save it as UTF-8`, 2)
  if (head.includes(0)) throw new CommandError(`${path}: this is not a text file`, 2)
}

function separatorNamed(name: string): Separator {
  const separator = NAMED_SEPARATORS[name] ?? name
  if (separator === 'blanks' || separator.length === 1) return separator
  throw new CommandError(`--separator: "${name}" is neither one character nor comma, semicolon, tab, blanks`)
}

/** The separator that the first line has most of; blanks where it has none. */
function guessSeparator(head: string): Separator {
  const line = head.split('\n').find((candidate) => candidate.trim() !== '') ?? ''
  const counted = SEPARATORS.map((separator) => ({ separator, count: line.split(separator).length - 1 }))
  const best = counted.reduce((a, b) => (b.count > a.count ? b : a))
  return best.count > 0 ? best.separator : 'blanks'
}
