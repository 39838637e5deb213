import { readFileSync } from 'node:fs'
import { type EntryType, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'

/**
 * Loaded into every process that is measured, whosoever it is: answers the bench how much of the processor and of the
 * memory it has used, and, from the message `watch` on, what held it up.
 */
export interface Usage {
  /** Milliseconds of the processor since the process began. */
  readonly cpuMs: number
  /** Bytes that are resident. */
  readonly rss: number
  /** Since `watch`. */
  readonly stalls: Stalls | undefined
}

/** In milliseconds. */
export interface Stalls {
  /** The longest collection of garbage that everything else waited for. */
  readonly longestGc: number
  readonly allGc: number
  /** How late the event loop came, at most. */
  readonly longestDelay: number
  /** For how long the main thread could have gone on and had no core: that is the machine. Linux only. */
  readonly withoutCore: number | undefined
}

const LOOK_MS = 2

process.on('message', (message) => {
  if (message === 'watch') watch()
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  const usage: Usage = {
    cpuMs: (user + system) / 1_000,
    rss: process.memoryUsage.rss(),
    stalls: stalls?.(),
  }
  process.send?.({ usage })
})
process.on('disconnect', () => process.exit(0))

let stalls: (() => Stalls) | undefined

function watch(): void {
  const pauses: number[] = []
  const collected = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.push(duration)
  })
  collected.observe({ type: 'gc' satisfies EntryType })
  const delays = monitorEventLoopDelay({ resolution: LOOK_MS })
  delays.enable()
  const before = withoutCore()
  stalls = () => {
    stalls = undefined
    collected.disconnect()
    delays.disable()
    const now = withoutCore()
    return {
      longestGc: Math.max(0, ...pauses),
      allGc: pauses.reduce((sum, pause) => sum + pause, 0),
      longestDelay: Math.max(0, delays.max / 1e6 - LOOK_MS),
      withoutCore: now === undefined || before === undefined ? undefined : now - before,
    }
  }
}

/** https://docs.kernel.org/scheduler/sched-stats.html */
function withoutCore(): number | undefined {
  try {
    const [, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(waited) / 1e6
  } catch {
    return undefined
  }
}
