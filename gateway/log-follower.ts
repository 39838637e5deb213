import { setTimeout as delay } from 'node:timers/promises'
import type { SubgraphName } from '../kernel/config.ts'
import { type Cursor, isBehind, type RecordedEvent } from '../kernel/events/event.ts'
import type { EventFeed } from '../kernel/events/feed.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import { inTraceOf } from '../kernel/telemetry/trace.ts'

const BATCH_SIZE = 500
/** Events behind an open transaction are looked for soon, then less often. */
const HIDDEN_MS_MIN = 10
const HIDDEN_MS_MAX = 1_000
/** Other processes publish without telling this one. */
const UNHEARD_MS = 1_000

export interface Following {
  readonly source: SubgraphName
  /** Or how to find out where to begin, which is tried until it is known. */
  readonly from: Cursor | (() => Promise<Cursor>)
  readonly log: Logger
  readonly tell: (events: readonly RecordedEvent[]) => void
  /** True: all that can be read has been told. False: the log cannot be read. */
  readonly onReach?: (isAtEnd: boolean) => void
}

/** Reads one log onward, as events come, until it is disposed of. */
export class LogFollower implements AsyncDisposable {
  readonly #feed: EventFeed
  readonly #options: Following
  readonly #stopping = new AbortController()
  readonly #stops: (() => void)[] = []
  #waiting: { readonly goal: Cursor; readonly resolve: () => void }[] = []
  /** Undefined: it has not begun. */
  #cursor: Cursor | undefined
  #woken = false
  #following: Promise<void> | undefined

  constructor(peers: Pick<Peers, 'feed' | 'onPublished'>, options: Following) {
    this.#feed = peers.feed(options.source)
    this.#options = options
    const wake = () => inTraceOf(undefined, () => this.#wake())
    const timer = setInterval(wake, UNHEARD_MS).unref()
    this.#stops.push(peers.onPublished(options.source, wake), () => clearInterval(timer))
    wake()
  }

  /** Returns when all that can be read now has been told. */
  async catchUp(): Promise<void> {
    const goal = await this.#feed.end()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ goal, resolve })
    this.#wake()
    await promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop()
    this.#stopping.abort()
    await this.#following
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  #wake(): void {
    this.#woken = true
    this.#following ??= this.#follow()
  }

  async #follow(): Promise<void> {
    let hiddenMs = HIDDEN_MS_MIN
    while (this.#woken && !this.#stopping.signal.aborted) {
      this.#woken = false
      try {
        const { count, cursor } = await this.#readOn()
        if (count < BATCH_SIZE) this.#options.onReach?.(true)
        this.#tellWaiting(cursor)
        if (count > 0) {
          this.#woken = true
          hiddenMs = HIDDEN_MS_MIN
        } else if (await this.#feed.hasNewer(cursor)) {
          this.#woken = true
          await this.#pause(hiddenMs)
          hiddenMs = Math.min(hiddenMs * 2, HIDDEN_MS_MAX)
        }
      } catch (error) {
        this.#options.onReach?.(false)
        this.#options.log.warn({ error }, 'events are late')
        this.#woken = true
        await this.#pause(HIDDEN_MS_MAX)
      }
    }
    this.#following = undefined
  }

  async #readOn(): Promise<{ count: number; cursor: Cursor }> {
    const { from, tell } = this.#options
    const after = this.#cursor ?? (typeof from === 'function' ? await from() : from)
    const events = await this.#feed.read(after, BATCH_SIZE)
    tell(events)
    const cursor = events.at(-1)?.cursor ?? after
    this.#cursor = cursor
    return { count: events.length, cursor }
  }

  #tellWaiting(cursor: Cursor): void {
    const there = this.#waiting.filter(({ goal }) => !isBehind(cursor, goal))
    for (const { resolve } of there) resolve()
    this.#waiting = this.#waiting.filter((one) => !there.includes(one))
  }

  readonly #pause = (ms: number): Promise<void> =>
    delay(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})
}
