import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../../kernel/errors.ts'
import type { Patience } from '../../kernel/values/patience.ts'

/** Failures in a row after which a subgraph is left alone for a while. */
const FAILURES_MAX = 5
/** Short, so that a subgraph that has come back is asked within a second. */
const PAUSE_MS = 500
/** What failed later than this was slow, not broken: asking again would only add to its load. */
const REPEAT_WITHIN_MS = 500
const REPEAT_DELAY_MS = 50

export interface CallOptions {
  readonly repeatable: boolean
  readonly asker?: Patience | undefined
}

/** Milliseconds that go by; tests bring their own. */
export interface CircuitTime {
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<unknown>
}

/**
 * Calls to one subgraph. A query that fails at once is repeated once; a mutation never is. When calls keep failing,
 * those that follow are refused at once for half a second, then one tries; if it succeeds, all go through again. A
 * call whose asker has gone says nothing of the subgraph.
 */
export class Circuit {
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<unknown>
  #failures = 0
  #openUntil = 0

  constructor({ now = () => performance.now(), wait = delay }: CircuitTime = {}) {
    this.#now = now
    this.#wait = wait
  }

  async call<Answer>(
    once: () => Answer | Promise<Answer>,
    { repeatable, asker }: CallOptions,
  ): Promise<Answer> {
    const began = this.#now()
    try {
      return await this.#guarded(once, asker)
    } catch (error) {
      if (!repeatable || this.#isOpen() || this.#now() - began > REPEAT_WITHIN_MS || asker?.isOver)
        throw error
      await this.#wait(Math.random() * REPEAT_DELAY_MS)
      return this.#guarded(once, asker)
    }
  }

  #isOpen(): boolean {
    return this.#failures >= FAILURES_MAX && this.#now() < this.#openUntil
  }

  async #guarded<Answer>(once: () => Answer | Promise<Answer>, asker: Patience | undefined): Promise<Answer> {
    if (this.#isOpen()) {
      throw new AppError('SUBGRAPH_UNAVAILABLE', 'A part of the service is not available. Try again.')
    }
    // The first after a pause tries; the others wait for what comes of it.
    if (this.#failures >= FAILURES_MAX) this.#openUntil = this.#now() + PAUSE_MS
    try {
      const answer = await once()
      this.#failures = 0
      return answer
    } catch (error) {
      if (asker?.isOver) throw error
      this.#failures += 1
      if (this.#failures >= FAILURES_MAX) this.#openUntil = this.#now() + PAUSE_MS
      throw error
    }
  }
}
