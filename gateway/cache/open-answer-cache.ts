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
 * The cache with the logs by which it hears of changes. They are read from the first answer on that may be kept; nothing
 * is kept before all of them have been read to their end, nor while one cannot be read.
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
  const followers: LogFollower[] = []
  let following: Promise<void> | undefined
  let closed = false

  const follow = async (source: SubgraphName): Promise<void> => {
    const end = await peers.feed(source).end()
    let { version, cursor } = await known.begin(source, { version: nameOf(end), cursor: end })
    followers.push(
      new LogFollower(peers, {
        source,
        from: cursor,
        log,
        tell(events) {
          for (const event of events) {
            cursor = event.cursor
            const { rules, members } = droppedByEvent(event)
            for (const memberId of members) versions.dropMember(memberId)
            if (!rules) continue
            version = nameOf(cursor)
            versions.lose(source)
          }
          if (events.length > 0) known.moved(source, { version, cursor }, events.length)
        },
        onReach: (isAtEnd) => (isAtEnd ? versions.reach(source, version) : versions.lose(source)),
      }),
    )
  }

  const followAll = async (): Promise<void> => {
    try {
      for (const source of SUBGRAPH_NAMES) if (!closed) await follow(source)
    } catch (error) {
      log.warn({ error }, 'answers are not kept: a log of events cannot be read')
      await stop()
      following = undefined
    }
  }

  const stop = async (): Promise<void> => {
    for (const follower of followers.splice(0)) await follower[Symbol.asyncDispose]()
  }

  return {
    ...cache,
    place(asked) {
      following ??= followAll()
      return cache.place(asked)
    },
    async catchUp() {
      await following
      await Promise.all(followers.map((follower) => follower.catchUp()))
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await following
      await stop()
    },
  }
}

const nameOf = ({ transaction, position }: Cursor): string => `${transaction}.${position}`
