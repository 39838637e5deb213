import { SUBGRAPH_NAMES } from '../kernel/config.ts'
import type { Peers } from '../kernel/peers.ts'

/** A chain of events that crosses more often than this does not end by itself. */
const ROUNDS_MAX = 20
/** An effect goes to a subgraph, comes back to one that was drained before, and is seen there. */
const ROUNDS_UNSEEN = 3

export type Settling = Pick<Peers, 'drain' | 'onPublished'>

/**
 * Returns when what was committed before the call has taken effect in all subgraphs, and what followed from that
 * too. In one process, a round in which nobody published is the last.
 */
export async function settle(peers: Settling): Promise<void> {
  using events = watchEvents(peers)
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    await drainAll(peers)
    if (!events.seen()) return
  }
}

/**
 * Many who wait share the work: one settling runs, and one more is due for those who came after it began. Without it
 * every caller that says `Prefer: wait` would have all logs read once more, for as long as it takes.
 */
export function shared(settling: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let due: Promise<void> | undefined

  const start = (): Promise<void> => {
    running = settling().finally(() => {
      running = undefined
    })
    return running
  }

  return () => {
    if (!running) return start()
    due ??= running
      .catch(() => {})
      .then(() => {
        due = undefined
        return start()
      })
    return due
  }
}

/** Tells whether anything was published since it was asked last. */
export function watchEvents(peers: Pick<Peers, 'onPublished'>): Disposable & { seen(): boolean } {
  let published = false
  const stops = SUBGRAPH_NAMES.map((name) =>
    peers.onPublished(name, () => {
      published = true
    }),
  )
  return {
    seen() {
      const before = published
      published = false
      return before
    },
    [Symbol.dispose]() {
      for (const stop of stops) stop()
    },
  }
}

/** The same for subgraphs apart, where nobody here sees who publishes. */
export async function settleUnseen(peers: Settling): Promise<void> {
  for (let round = 1; round <= ROUNDS_UNSEEN; round++) await drainAll(peers)
}

async function drainAll(peers: Settling): Promise<void> {
  for (const name of SUBGRAPH_NAMES) await peers.drain(name)
}
