import { basename, extname } from 'node:path'
import { systemClock } from '../../kernel/clock.ts'
import { CommandError } from '../command-error.ts'
import { readColumnMap } from '../import/column-map.ts'
import { importPurchases as importFile } from '../import/import-purchases.ts'
import { inspectFile } from '../import/purchase-file.ts'
import { openDeployment } from '../open-deployment.ts'

export interface ImportFlags {
  readonly program: string
  readonly map: string
  readonly source?: string
  readonly channel?: string
  readonly separator?: string
  readonly header: boolean
  readonly batch: number
  readonly badLines?: string
  readonly again?: boolean
}

/**
 * Two calls under way at once, 500 purchases each. On two cores shared with the database (20,000 purchases of CDNOW,
 * durable settings): 1 lane 3,700/s, 2 lanes 4,400/s, 3 and 4 lanes no more; batches of 250 3,600/s, of 1,000 4,800/s
 * with twice as much to send again after a crash.
 */
const LANES = 2

/** Imports the purchases of a file; what is wrong with file or map is told before anything is done. */
export async function importPurchases(path: string, flags: ImportFlags): Promise<number> {
  const map = readColumnMap(flags.map)
  const file = await inspectFile(path, { separator: flags.separator, hasHeader: flags.header })
  const source = named('--source', flags.source ?? basename(path, extname(path)))
  const deployment = await openDeployment(['identity', 'ledger'])
  using interrupt = stopOnInterrupt()
  try {
    const { exitCode } = await importFile(deployment, {
      file,
      map,
      program: flags.program,
      source,
      channel: named('--channel', flags.channel ?? `import:${source}`),
      batch: flags.batch,
      lanes: LANES,
      badLines: flags.badLines,
      again: flags.again ?? false,
      clock: systemClock,
      terminal: process.stderr,
      say: (text) => console.log(text),
      stop: interrupt.signal,
    })
    return exitCode
  } finally {
    await deployment.close()
  }
}

const NAME_LENGTH_MAX = 128

export function named(flag: string, name: string): string {
  const trimmed = name.normalize('NFKC').trim()
  if (trimmed !== '' && trimmed.length <= NAME_LENGTH_MAX) return trimmed
  throw new CommandError(`${flag}: a name has 1 to ${NAME_LENGTH_MAX} characters`)
}

/** The first interrupt asks to stop; the second one ends the process as ever. */
export function stopOnInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const stop = () => {
    process.stderr.write('\nfinishing the calls under way …\n')
    controller.abort()
  }
  for (const signal of SIGNALS) process.once(signal, stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, stop)
    },
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
