import { setTimeout as delay } from 'node:timers/promises'
import type { Cursor } from '../../kernel/events/event.ts'
import type { EventFeed } from '../../kernel/events/feed.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Peers } from '../../kernel/peers.ts'
import { inTraceOf } from '../../kernel/telemetry/trace.ts'
import { type Aspect, type Change, changesOf, SOURCES } from './changes.ts'

const BATCH_SIZE = 500
/** Events behind an open transaction are looked for soon, then less often. */
const HIDDEN_MS_MIN = 10
const HIDDEN_MS_MAX = 1_000
/** Other processes publish without telling this one. */
const UNHEARD_MS = 1_000

type Listener = (aspect: Aspect) => void

/** Tells what changes of which member from now on; the logs are read only while somebody listens. */
export class ChangeFeed {
  readonly #peers: Pick<Peers, 'feed' | 'onPublished'>
  readonly #log: Logger
  readonly #listeners = new Map<string, Set<Listener>>()
  #following: Promise<AsyncDisposable> | undefined

  constructor(peers: Pick<Peers, 'feed' | 'onPublished'>, log: Logger) {
    this.#peers = peers
    this.#log = log
  }

  /** What is committed after this returns is told; answers how to stop that. */
  async listen(memberId: string, listener: Listener): Promise<() => void> {
    const listeners = this.#listeners.get(memberId) ?? new Set()
    this.#listeners.set(memberId, listeners.add(listener))
    const stop = () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(memberId) === listeners)
        this.#listeners.delete(memberId)
      if (this.#listeners.size === 0) void this.close()
    }
    try {
      this.#following ??= this.#follow()
      await this.#following
    } catch (error) {
      this.#following = undefined
      stop()
      throw error
    }
    return stop
  }

  async close(): Promise<void> {
    const following = this.#following
    this.#following = undefined
    await (await following?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }

  async #follow(): Promise<AsyncDisposable> {
    await using opened = new AsyncDisposableStack()
    for (const source of SOURCES) {
      const feed = this.#peers.feed(source)
      const follower = new Follower(feed, await feed.end(), (changes) => this.#tell(changes), this.#log)
      const wake = () => inTraceOf(undefined, () => follower.wake())
      opened.use(follower)
      opened.defer(this.#peers.onPublished(source, wake))
      const timer = setInterval(wake, UNHEARD_MS).unref()
      opened.defer(() => clearInterval(timer))
      wake()
    }
    return opened.move()
  }

  #tell(changes: readonly Change[]): void {
    for (const { memberId, aspect } of changes) {
      for (const listener of this.#listeners.get(memberId) ?? []) listener(aspect)
    }
  }
}

/** Reads one log onward. */
class Follower implements AsyncDisposable {
  readonly #feed: EventFeed
  readonly #tell: (changes: readonly Change[]) => void
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #cursor: Cursor
  #woken = false
  #following: Promise<void> | undefined

  constructor(feed: EventFeed, from: Cursor, tell: (changes: readonly Change[]) => void, log: Logger) {
    this.#feed = feed
    this.#cursor = from
    this.#tell = tell
    this.#log = log
  }

  wake(): void {
    this.#woken = true
    this.#following ??= this.#follow()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    let hiddenMs = HIDDEN_MS_MIN
    while (this.#woken && !this.#stopping.signal.aborted) {
      this.#woken = false
      try {
        if (await this.#readOn()) {
          this.#woken = true
          hiddenMs = HIDDEN_MS_MIN
        } else if (await this.#feed.hasNewer(this.#cursor)) {
          this.#woken = true
          await this.#pause(hiddenMs)
          hiddenMs = Math.min(hiddenMs * 2, HIDDEN_MS_MAX)
        }
      } catch (error) {
        this.#log.warn({ error }, 'changes of members are late')
        this.#woken = true
        await this.#pause(HIDDEN_MS_MAX)
      }
    }
    this.#following = undefined
  }

  async #readOn(): Promise<boolean> {
    const events = await this.#feed.read(this.#cursor, BATCH_SIZE)
    this.#tell(events.flatMap(changesOf))
    this.#cursor = events.at(-1)?.cursor ?? this.#cursor
    return events.length > 0
  }

  readonly #pause = (ms: number): Promise<void> =>
    delay(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
}
