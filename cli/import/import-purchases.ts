import { mkdir } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import { explain } from '../../kernel/process.ts'
import { toIso } from '../../kernel/values/instant.ts'
import { currencyScale } from '../../kernel/values/money.ts'
import { CommandError } from '../command-error.ts'
import type { Deployment } from '../open-deployment.ts'
import { BadLinesFile } from './bad-lines.ts'
import { beginImport } from './begin-import.ts'
import { CheckpointStore, type ImportKey, importDigest } from './checkpoint.ts'
import { type ColumnMap, placeColumns } from './column-map.ts'
import { openLanes } from './lanes.ts'
import { grouped, openProgress } from './progress.ts'
import { DateReader } from './purchase-date.ts'
import type { PurchaseFile } from './purchase-file.ts'
import { type BadLine, type LineReading, type Purchase, readPurchase } from './purchase-line.ts'
import type { Position } from './read-lines.ts'
import { readRecords } from './read-records.ts'
import { purchaseSender, type Sent } from './send-purchases.ts'
import { nothingFits, summaryOf } from './summary.ts'
import { NOTHING, purchasesOf, sum } from './tally.ts'

export interface ImportOptions {
  readonly file: PurchaseFile
  readonly map: ColumnMap
  readonly program: string
  readonly source: string
  readonly channel: string
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

/** How an import ended; `exitCode` is that of the process. */
export interface ImportEnd {
  readonly exitCode: 0 | 2 | 130
}

/** Rounds of lines that are read ahead of the oldest one not yet acknowledged. */
const ROUNDS_MAX = 3

/** A stretch of the file: its purchases, its bad lines, and where it ends. */
interface Round {
  readonly purchases: Purchase[]
  readonly bad: BadLine[]
  lines: number
  next: Position
}

/** Streams a file of purchases into the ledger; goes on where an earlier run of the same import was cut off. */
export async function importPurchases(deployment: Deployment, options: ImportOptions): Promise<ImportEnd> {
  const { file, map, program, source, channel, say, stop, clock } = options
  const places = placeColumns(map, file)
  const { currency, timeZone } = await programOf(deployment, program)
  const scale = currencyScale(currency)

  const folder = join(deployment.config.dataDir, 'imports')
  await mkdir(folder, { recursive: true })
  const checkpoints = new CheckpointStore(folder)
  const key: ImportKey = { deployment: deployment.name, file: file.path, source, program, channel }
  const begin = await beginImport({ checkpoints, key, file, map, zone: timeZone, again: options.again })
  if (begin.completedAt !== undefined) {
    say(
      `${file.path} was already imported completely on ${dayAndTime(begin.completedAt)} UTC; nothing to do ` +
        '(use --again to send it once more)',
    )
    return { exitCode: 0 }
  }

  const badLinesPath = resolve(options.badLines ?? join(folder, badLinesName(key)))
  if (badLinesPath === file.path) throw new CommandError('--bad-lines: this is the file that is imported')
  const badLines = await BadLinesFile.open(badLinesPath, begin.badBytes)
  let reached = begin
  if (begin.next.line > file.start.line) {
    say(`going on behind line ${begin.next.line}, where an earlier run stopped`)
  }

  const startedAt = clock.now()
  const runSeconds = (): number => (clock.now() - startedAt) / 1000
  const runPurchases = (): number => purchasesOf(reached.tally) - purchasesOf(begin.tally)
  const progress = openProgress({
    output: options.terminal,
    totalBytes: file.size,
    startBytes: begin.next.offset,
    elapsedSeconds: runSeconds,
  })
  const reading: LineReading = {
    places,
    width: file.width,
    scale,
    dates: new DateReader(timeZone, begin.dateFormat),
  }

  const acknowledge = async (round: Round, sent: readonly Sent[]): Promise<void> => {
    const refused = sent.flatMap(({ bad }) => bad)
    await badLines.append([...round.bad, ...refused].sort((a, b) => a.line - b.line))
    const read = { ...NOTHING, lines: round.lines, bad: round.bad.length }
    reached = {
      ...reached,
      next: round.next,
      dateFormat: reading.dates.format,
      badBytes: badLines.bytes,
      tally: sent.reduce((total, { tally }) => sum(total, tally), sum(reached.tally, read)),
      seconds: begin.seconds + runSeconds(),
    }
    await checkpoints.write(reached)
    progress.update(reached.next.offset, runPurchases())
  }
  const lanes = openLanes<Purchase, Round, Sent>({
    count: options.lanes,
    batch: options.batch,
    roundsMax: ROUNDS_MAX,
    keyOf: (purchase) => purchase.member,
    work: purchaseSender({ request: deployment.request, program, scale, source, channel }),
    acknowledge,
  })

  const newRound = (next: Position): Round => ({ purchases: [], bad: [], lines: 0, next })
  const linesPerRound = options.batch * options.lanes
  const readAndPost = async (): Promise<void> => {
    let round = newRound(begin.next)
    for await (const record of readRecords(file.path, file.separator, begin.next)) {
      if (stop.aborted) return
      const read = readPurchase(record, reading)
      if ('purchase' in read) round.purchases.push(read.purchase)
      else round.bad.push(read.bad)
      round.lines += 1
      round.next = record.next
      if (round.lines < linesPerRound) continue
      await lanes.post(round, round.purchases)
      round = newRound(round.next)
    }
    await lanes.post(round, round.purchases)
  }

  const goesOn = (): string => `stopped behind line ${reached.next.line}; the same command goes on from there`
  try {
    await checkpoints.write(begin)
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
    say(`${goesOn()} (${grouped(runPurchases())} purchases in this run)`)
    return { exitCode: 130 }
  }
  reached = { ...reached, completedAt: toIso(clock.now()) }
  await checkpoints.write(reached)
  const run = { purchases: runPurchases(), seconds: runSeconds() }
  say(summaryOf({ tally: reached.tally, badLinesPath, currency, scale, seconds: reached.seconds, run }))
  if (!nothingFits(reached.tally)) return { exitCode: 0 }
  say('not one line could be imported; do file and --map belong together?')
  return { exitCode: 2 }
}

const PROGRAM = 'query Program($id: ID!) { program(id: $id) { currency timeZone } }'

async function programOf(
  { request }: Deployment,
  id: string,
): Promise<{ currency: string; timeZone: string }> {
  const { program } = await request<{ program: { currency: string; timeZone: string } | null }>(
    'ledger',
    PROGRAM,
    { id },
  )
  if (program) return program
  throw new CommandError(
    `there is no programme ${id}; publish it first: npm run huitong -- program publish FILE`,
  )
}

const badLinesName = (key: ImportKey): string =>
  `${basename(key.file, extname(key.file))}-${importDigest(key).slice(0, 8)}.bad.csv`

const dayAndTime = (iso: string): string => iso.slice(0, 16).replace('T', ' ')
