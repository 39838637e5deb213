import type { Logger } from '../../kernel/log.ts'
import type { Peers } from '../../kernel/peers.ts'
import { LogFollower } from '../log-follower.ts'
import { type Aspect, type Change, changesOf, SOURCES } from './changes.ts'

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
      opened.use(
        new LogFollower(this.#peers, {
          source,
          from: await this.#peers.feed(source).end(),
          log: this.#log,
          tell: (events) => this.#tell(events.flatMap(changesOf)),
        }),
      )
    }
    return opened.move()
  }

  #tell(changes: readonly Change[]): void {
    for (const { memberId, aspect } of changes) {
      for (const listener of this.#listeners.get(memberId) ?? []) listener(aspect)
    }
  }
}
