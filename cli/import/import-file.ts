import { mkdir } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import { explain } from '../../kernel/process.ts'
import { toIso } from '../../kernel/values/instant.ts'
import { CommandError } from '../command-error.ts'
import type { Deployment } from '../open-deployment.ts'
import { BadLinesFile } from './bad-lines.ts'
import { beginImport } from './begin-import.ts'
import { CheckpointStore, type ImportKey, importDigest } from './checkpoint.ts'
import { openLanes } from './lanes.ts'
import { grouped, openProgress } from './progress.ts'
import { DateReader } from './purchase-date.ts'
import type { PurchaseFile } from './purchase-file.ts'
import type { BadLine } from './purchase-line.ts'
import type { Position } from './read-lines.ts'
import { type FileRecord, readRecords } from './read-records.ts'
import type { Sent } from './send-purchases.ts'
import { nothingFits } from './summary.ts'
import { NOTHING, purchasesOf, sum, type Tally } from './tally.ts'

/** How any file is imported, whatever it holds. */
export interface ImportRun {
  readonly file: PurchaseFile
  readonly batch: number
  readonly lanes: number
  /** Undefined: in the data directory. */
  readonly badLines: string | undefined
  /** Send all again, whatever was sent before. */
  readonly again: boolean
  readonly clock: Clock
  /** Takes the progress. */
  readonly terminal: NodeJS.WriteStream
  /** Takes what is to be told. */
  readonly say: (text: string) => void
  /** The current calls are finished and the checkpoint is written, then the import stops. */
  readonly stop: AbortSignal
}

/** What a kind of file holds, and where it goes. */
export interface FileContents<Item> {
  /** What its lines are, e.g. `purchases`. */
  readonly noun: string
  readonly key: Omit<ImportKey, 'deployment' | 'file'>
  readonly map: Readonly<Record<string, string>>
  readonly numberedByLine: boolean
  readonly zone: string
  /** Bad lines tell the column. */
  readonly columns: boolean
  /** Nothing is written, also no checkpoint. */
  readonly rehearsal: boolean
  readonly read: (record: FileRecord, dates: DateReader) => { item: Item } | { bad: BadLine }
  /** Items with the same key are sent in the order of the file. */
  readonly keyOf: (item: Item) => string
  readonly send: (items: readonly Item[]) => Promise<Sent>
  readonly summary: (end: {
    tally: Tally
    badLinesPath: string
    seconds: number
    run: { purchases: number; seconds: number }
  }) => string
}

/** How an import ended; `exitCode` is that of the process. */
export interface ImportEnd {
  readonly exitCode: 0 | 2 | 130
}

/** Rounds of lines that are read ahead of the oldest one not yet acknowledged. */
const ROUNDS_MAX = 3

/** A stretch of the file: its items, its bad lines, and where it ends. */
interface Round<Item> {
  readonly items: Item[]
  readonly bad: BadLine[]
  lines: number
  next: Position
}

/** Streams a file to where it belongs; goes on where an earlier run of the same import was cut off. */
export async function importFile<Item>(
  deployment: Deployment,
  options: ImportRun,
  contents: FileContents<Item>,
): Promise<ImportEnd> {
  const { file, say, stop, clock } = options
  const folder = join(deployment.config.dataDir, 'imports')
  await mkdir(folder, { recursive: true })
  const checkpoints = new CheckpointStore(folder)
  const key: ImportKey = { deployment: deployment.name, file: file.path, ...contents.key }
  const { map, numberedByLine, zone, rehearsal } = contents
  const again = options.again || rehearsal
  const begin = await beginImport({ checkpoints, key, file, map, numberedByLine, zone, again })
  if (begin.completedAt !== undefined) {
    say(
      `${file.path} was already imported completely on ${dayAndTime(begin.completedAt)} UTC; nothing to do ` +
        '(use --again to send it once more)',
    )
    return { exitCode: 0 }
  }

  const badLinesPath = resolve(options.badLines ?? join(folder, badLinesName(key)))
  if (badLinesPath === file.path) throw new CommandError('--bad-lines: this is the file that is imported')
  const badLines = await BadLinesFile.open(badLinesPath, begin.badBytes, { columns: contents.columns })
  let reached = begin
  if (begin.next.line > file.start.line) {
    say(`going on behind line ${begin.next.line}, where an earlier run stopped`)
  }

  const startedAt = clock.now()
  const runSeconds = (): number => (clock.now() - startedAt) / 1000
  const runItems = (): number => purchasesOf(reached.tally) - purchasesOf(begin.tally)
  const progress = openProgress({
    output: options.terminal,
    noun: contents.noun,
    totalBytes: file.size,
    startBytes: begin.next.offset,
    elapsedSeconds: runSeconds,
  })
  const dates = new DateReader(zone, begin.dateFormat)
  const keep = async (checkpoint: typeof begin): Promise<void> => {
    if (!rehearsal) await checkpoints.write(checkpoint)
  }

  const acknowledge = async (round: Round<Item>, sent: readonly Sent[]): Promise<void> => {
    const refused = sent.flatMap(({ bad }) => bad)
    await badLines.append([...round.bad, ...refused].sort((a, b) => a.line - b.line))
    const read = { ...NOTHING, lines: round.lines, bad: round.bad.length }
    reached = {
      ...reached,
      next: round.next,
      dateFormat: dates.format,
      badBytes: badLines.bytes,
      tally: sent.reduce((total, { tally }) => sum(total, tally), sum(reached.tally, read)),
      seconds: begin.seconds + runSeconds(),
    }
    await keep(reached)
    progress.update(reached.next.offset, runItems())
  }
  const lanes = openLanes<Item, Round<Item>, Sent>({
    count: options.lanes,
    batch: options.batch,
    roundsMax: ROUNDS_MAX,
    keyOf: contents.keyOf,
    work: contents.send,
    acknowledge,
  })

  const newRound = (next: Position): Round<Item> => ({ items: [], bad: [], lines: 0, next })
  const linesPerRound = options.batch * options.lanes
  const readAndPost = async (): Promise<void> => {
    let round = newRound(begin.next)
    for await (const record of readRecords(file.path, file.separator, begin.next)) {
      if (stop.aborted) return
      const read = contents.read(record, dates)
      if ('item' in read) round.items.push(read.item)
      else round.bad.push(read.bad)
      round.lines += 1
      round.next = record.next
      if (round.lines < linesPerRound) continue
      await lanes.post(round, round.items)
      round = newRound(round.next)
    }
    await lanes.post(round, round.items)
  }

  const goesOn = (): string => `stopped behind line ${reached.next.line}; the same command goes on from there`
  try {
    await keep(begin)
    // Also after a failure: what is under way is finished, and acknowledged as far as nothing before it is missing.
    await readAndPost().finally(() => lanes.settle())
  } catch (error) {
    throw new CommandError(
      `${explain(error)}; ${goesOn()}`,
      error instanceof CommandError ? error.exitCode : 1,
    )
  } finally {
    progress.stop()
    await badLines.close()
  }

  if (stop.aborted) {
    say(`${goesOn()} (${grouped(runItems())} ${contents.noun} in this run)`)
    return { exitCode: 130 }
  }
  reached = { ...reached, completedAt: toIso(clock.now()) }
  await keep(reached)
  const run = { purchases: runItems(), seconds: runSeconds() }
  say(contents.summary({ tally: reached.tally, badLinesPath, seconds: reached.seconds, run }))
  if (!nothingFits(reached.tally)) return { exitCode: 0 }
  say('not one line could be imported; do file and --map belong together?')
  return { exitCode: 2 }
}

const badLinesName = (key: ImportKey): string =>
  `${basename(key.file, extname(key.file))}-${importDigest(key).slice(0, 8)}.bad.csv`

const dayAndTime = (iso: string): string => iso.slice(0, 16).replace('T', ' ')
