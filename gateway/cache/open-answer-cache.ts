import type { Clock } from '../../kernel/clock.ts'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import type { Cursor } from '../../kernel/events/event.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Peers } from '../../kernel/peers.ts'
import type { Redis } from '../../kernel/redis/open-redis.ts'
import { LogFollower } from '../log-follower.ts'
import { sharedAnswers } from '../redis/redis-answers.ts'
import { redisVersions } from '../redis/redis-versions.ts'
import { type AnswerCache, answerCache } from './answer-cache.ts'
import { droppedByEvent } from './dropped-by.ts'
import { type KnownVersions, Versions } from './versions.ts'

export interface OpenedAnswerCache extends AnswerCache, AsyncDisposable {
  /** Returns when all that was committed before the call has been heard of. */
  catchUp(): Promise<void>
}

const alone: KnownVersions = { begin: async (_, here) => here, moved: () => {} }

/**
 * The cache with the logs by which it hears of changes. They are read from the first answer on that may be kept; of a
 * subgraph nothing is kept, nor found, before its log has been read to its end, nor while it cannot be read.
 */
export function openAnswerCache(options: {
  bytesMax: number
  peers: Pick<Peers, 'feed' | 'onPublished'>
  clock: Clock
  log: Logger
  /** Shared by several gateways. What one writes there is believed by the others if it is signed with the key. */
  shared: { readonly redis: Redis; readonly key: Buffer } | undefined
}): OpenedAnswerCache {
  const { peers, clock, log, shared, bytesMax } = options
  const versions = new Versions()
  const known = shared ? redisVersions(shared) : alone
  const cache = answerCache({ bytesMax, versions, clock, shared: shared && sharedAnswers(shared) })
  let followers: readonly LogFollower[] | undefined

  const follow = (source: SubgraphName): LogFollower => {
    let version = ''
    return new LogFollower(peers, {
      source,
      log,
      async from() {
        const end = await peers.feed(source).end()
        const begun = await known.begin(source, { version: nameOf(end), cursor: end })
        version = begun.version
        return begun.cursor
      },
      tell(events) {
        for (const event of events) {
          const { rules, members } = droppedByEvent(event)
          for (const memberId of members) versions.dropMember(memberId)
          if (!rules) continue
          version = nameOf(event.cursor)
          versions.lose(source)
        }
        const last = events.at(-1)
        if (last) known.moved(source, { version, cursor: last.cursor }, events.length)
      },
      onReach: (isAtEnd) => (isAtEnd ? versions.reach(source, version) : versions.lose(source)),
    })
  }

  return {
    ...cache,
    place(asked) {
      followers ??= SUBGRAPH_NAMES.map(follow)
      return cache.place(asked)
    },
    async catchUp() {
      await Promise.all((followers ?? []).map((follower) => follower.catchUp()))
    },
    async [Symbol.asyncDispose]() {
      const followed = followers ?? []
      followers = []
      await Promise.all(followed.map((follower) => follower[Symbol.asyncDispose]()))
    },
  }
}

const nameOf = ({ transaction, position }: Cursor): string => `${transaction}.${position}`
