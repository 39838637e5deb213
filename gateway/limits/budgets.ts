import { LRUCache } from 'lru-cache'

/** So long is counted: what was spent in the minute before counts for as much of it as is still within a minute. */
export const WINDOW_MS = 60_000
/** Callers that are remembered; beyond, who has asked for nothing for the longest time is forgotten, and begins anew. */
const CALLERS_MAX = 100_000

/** What callers have spent lately. Shared between gateways where they have a Redis in common. */
export interface Budgets {
  /** Spends, if that leaves the caller within its limit; else answers in how many seconds it may try again. */
  spend(caller: string, cost: number, perMinute: number): number | undefined | Promise<number | undefined>
}

interface Spent {
  window: number
  now: number
  before: number
}

/** The budgets of one process. */
export function memoryBudgets(now: () => number): Budgets {
  const spent = new LRUCache<string, Spent>({ max: CALLERS_MAX })

  return {
    spend(caller, cost, perMinute) {
      const at = now()
      const window = Math.floor(at / WINDOW_MS)
      let one = spent.get(caller)
      if (!one) {
        one = { window, now: 0, before: 0 }
        spent.set(caller, one)
      } else if (one.window !== window) {
        one.before = one.window === window - 1 ? one.now : 0
        one.now = 0
        one.window = window
      }
      const wait = secondsToWait({ ...one, cost, perMinute, into: at % WINDOW_MS })
      if (wait === undefined) one.now += cost
      return wait
    },
  }
}

/** Undefined: it may be spent. A cost above the whole limit is let through when nothing else was spent for a minute. */
export function secondsToWait(asked: {
  /** Spent in the present window, in the one before, and to be spent. */
  now: number
  before: number
  cost: number
  perMinute: number
  /** Milliseconds into the present window. */
  into: number
}): number | undefined {
  const { now, before, cost, perMinute, into } = asked
  const left = 1 - into / WINDOW_MS
  const room = Math.max(0, perMinute - cost)
  if (now + before * left <= room) return undefined
  // Either enough of the window before slides out, or this one must, too.
  const leftThen = now <= room && before > 0 ? (room - now) / before : undefined
  const waitMs = leftThen === undefined ? WINDOW_MS - into + 1_000 : (left - leftThen) * WINDOW_MS
  return Math.max(1, Math.ceil(waitMs / 1_000))
}
