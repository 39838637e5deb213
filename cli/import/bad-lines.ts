import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BadLine } from './purchase-line.ts'

/** The lines that were not imported, as CSV, in file order; there is no file while there is no such line. */
export class BadLinesFile {
  readonly path: string
  /** Tells the column, too. */
  readonly #columns: boolean
  #handle: FileHandle | undefined
  #bytes = 0

  private constructor(path: string, columns: boolean) {
    this.path = path
    this.#columns = columns
  }

  /** Keeps what was written up to a checkpoint; what came after it will come again. */
  static async open(
    path: string,
    bytes: number,
    { columns = false }: { columns?: boolean } = {},
  ): Promise<BadLinesFile> {
    const file = new BadLinesFile(path, columns)
    if (bytes === 0) {
      await rm(path, { force: true })
      return file
    }
    await file.#create('a')
    const { size } = await file.#handle!.stat()
    file.#bytes = Math.min(bytes, size)
    await file.#handle!.truncate(file.#bytes)
    return file
  }

  /** Length so far. */
  get bytes(): number {
    return this.#bytes
  }

  async append(lines: readonly BadLine[]): Promise<void> {
    if (lines.length === 0) return
    if (!this.#handle) await this.#create('w')
    const head = this.#columns
      ? ['line', 'column', 'code', 'reason', 'text']
      : ['line', 'code', 'reason', 'text']
    const rows = lines.map(({ line, column, code, reason, text }) =>
      this.#columns ? [String(line), column ?? '', code, reason, text] : [String(line), code, reason, text],
    )
    const content = Buffer.from((this.#bytes === 0 ? [head, ...rows] : rows).map(csvLine).join(''))
    await this.#handle!.appendFile(content)
    this.#bytes += content.length
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }

  async #create(flags: 'a' | 'w'): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true })
    // Lines hold customers' ids.
    this.#handle = await open(this.path, flags, 0o600)
  }
}

const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\n`

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
