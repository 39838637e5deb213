import { isBehind } from '../../kernel/events/event.ts'
import type { Redis } from '../../kernel/redis/open-redis.ts'
import type { KnownVersion, KnownVersions } from '../cache/versions.ts'
import { sealedValues } from './sealed-values.ts'

/** Longer than any answer is kept: what was kept under a version that was forgotten is gone, too. */
const FORGET_MS = 24 * 60 * 60_000
/** So many events are read again by who starts at what is known. */
const EVENTS_BETWEEN = 1_000

/**
 * Versions by which all gateways name what they keep, each with the place in the log up to which it holds: who starts reads
 * on from there. One that is written late is only an older place. While Redis is away each gateway has its own.
 */
export function redisVersions(options: { redis: Redis; key: Buffer }): KnownVersions {
  const values = sealedValues(options)
  const written = new Map<string, { version: string; events: number }>()
  const nameOf = (subgraph: string): string => `huitong:answers:${subgraph}`
  return {
    async begin(subgraph, here) {
      try {
        const known = await values.get<KnownVersion>(nameOf(subgraph))
        // One that lies before us is of another database.
        if (known && !isBehind(here.cursor, known.cursor)) return known
        await values.set(nameOf(subgraph), here, FORGET_MS)
      } catch {
        // Away.
      }
      return here
    },
    moved(subgraph, to, events) {
      const last = written.get(subgraph) ?? { version: '', events: 0 }
      const since = last.events + events
      const isDue = last.version !== to.version || since >= EVENTS_BETWEEN
      written.set(subgraph, { version: to.version, events: isDue ? 0 : since })
      if (isDue) values.set(nameOf(subgraph), to, FORGET_MS).catch(() => {})
    },
  }
}
