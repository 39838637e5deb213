import { open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../../kernel/values/canonical.ts'
import type { DateFormat } from './purchase-date.ts'
import type { Position } from './read-lines.ts'
import { purchasesOf, type Tally } from './tally.ts'

/** What tells one import from another. The same file into another database is another import. */
export interface ImportKey {
  readonly deployment: string
  readonly file: string
  readonly source: string
  readonly program: string
  readonly channel: string
}

/** How far an import has come: all lines before `next` are done, and the figures speak of them alone. */
export interface Checkpoint extends ImportKey {
  /** Of the file and of the way it is read. */
  readonly fingerprint: string
  /** The lines' numbers are the purchases' document numbers. */
  readonly numberedByLine: boolean
  readonly next: Position
  readonly dateFormat: DateFormat | undefined
  /** Length of the file of bad lines at that point. */
  readonly badBytes: number
  readonly tally: Tally
  readonly seconds: number
  /** Set when the end of the file was reached. */
  readonly completedAt: string | undefined
}

/** Short, and the same in every run. */
export const importDigest = (key: ImportKey): string => {
  const { deployment, file, source, program, channel } = key
  return sha256(canonicalJson([deployment, file, source, program, channel]))
    .toString('hex')
    .slice(0, 16)
}

/** The checkpoints of one data directory. */
export class CheckpointStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async read(key: ImportKey): Promise<Checkpoint | undefined> {
    return readCheckpoint(this.#fileOf(key))
  }

  /** Whole or not at all: a reader finds the checkpoint before or this one, whenever the process dies. */
  async write(checkpoint: Checkpoint): Promise<void> {
    const file = this.#fileOf(checkpoint)
    const next = `${file}.${process.pid}.new`
    const handle = await open(next, 'w', 0o600)
    try {
      await handle.writeFile(encode(checkpoint))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
  }

  /** Another file whose line numbers already are the document numbers of this channel. */
  async otherNumberedByLine(key: ImportKey, fingerprint: string): Promise<Checkpoint | undefined> {
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.json')) continue
      const other = await readCheckpoint(join(this.#folder, name))
      if (
        other?.numberedByLine &&
        purchasesOf(other.tally) > 0 &&
        other.file !== key.file &&
        other.fingerprint !== fingerprint &&
        other.deployment === key.deployment &&
        other.program === key.program &&
        other.channel === key.channel
      ) {
        return other
      }
    }
    return undefined
  }

  #fileOf(key: ImportKey): string {
    return join(this.#folder, `${importDigest(key)}.json`)
  }
}

async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  try {
    return decode(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const encode = (checkpoint: Checkpoint): string =>
  `${JSON.stringify(checkpoint, (_, value) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`

function decode(text: string): Checkpoint {
  const read = JSON.parse(text) as Checkpoint
  const { amount, points } = read.tally
  return { ...read, tally: { ...read.tally, amount: BigInt(amount), points: BigInt(points) } }
}
