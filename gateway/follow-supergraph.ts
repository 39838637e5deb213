import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Logger } from '../kernel/log.ts'
import { supergraphReloads } from '../kernel/telemetry/metrics.ts'

/** Asking is sure where telling is not: for files on a network, and for links that are put in another's place. */
const LOOK_MS = 1_000

export interface FollowedFile extends Disposable {
  /** Reads the file and goes over to it. What is wrong with it is logged, and the gateway stays with what it has. */
  reload(): Promise<void>
}

/** Follows the file of a supergraph: when it changes, and when the process is told to by SIGHUP. */
export function followSupergraph(options: {
  file: string | URL
  log: Logger
  goOver: (supergraphSdl: string) => Promise<void>
  lookMs?: number
}): FollowedFile {
  const { file, log, goOver, lookMs = LOOK_MS } = options
  let running = Promise.resolve()

  const once = async (): Promise<void> => {
    try {
      await goOver(await readFile(file, 'utf8'))
      supergraphReloads.inc({ outcome: 'ok' })
      log.info('supergraph loaded')
    } catch (error) {
      supergraphReloads.inc({ outcome: 'failed' })
      log.error({ error }, 'the supergraph cannot be loaded; the one before stays')
    }
  }
  /** One after the other, so that the newest stays. */
  const reload = (): Promise<void> => {
    running = running.then(once)
    return running
  }
  const onChange = () => void reload()

  watchFile(file, { interval: lookMs, persistent: false }, onChange)
  process.on('SIGHUP', onChange)
  return {
    reload,
    [Symbol.dispose]() {
      unwatchFile(file, onChange)
      process.off('SIGHUP', onChange)
    },
  }
}
