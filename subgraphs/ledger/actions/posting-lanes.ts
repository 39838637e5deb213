import { AppError } from '../../../kernel/errors.ts'
import { postingBatchSize } from '../../../kernel/telemetry/metrics.ts'
import { inTraceOf, type TracePlace, tracePlace } from '../../../kernel/telemetry/trace.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { Order, PostResult } from './post-batch.ts'

/**
 * A lane holds one connection while it works. Two: while one batch is written, the other is decided. Three, four or six did
 * no more that could be told from noise.
 */
const LANES = 2
/**
 * Each batch costs this process and the server something of its own, so one that goes beside another must be worth it: as
 * large as that one, and no smaller than this. With 64 callers and both cores free that does 1.2 times as much as to wait for
 * 48 (then one batch stands while the other is written), and 1.4 times as much as two that take whatever has come.
 */
const ENOUGH_BESIDE = 16
/** Who waits for a batch that takes so long goes beside it: it may be held up by somebody's lock. */
const LONG_MS = 250
/** The gain of a larger batch is small, the wait of its first command is not. */
const BATCH_MAX = 250
/** Waiters hold a promise each and no connection. */
const WAITING_MAX = 20_000

interface Waiter {
  readonly order: Order
  readonly trace: TracePlace
  readonly resolve: (result: PostResult) => void
  readonly reject: (error: unknown) => void
}

interface Working {
  readonly size: number
  takesLong: boolean
}

type PostTogether = (orders: readonly Order[]) => Promise<(PostResult | Error)[]>

/**
 * Single commands that come at the same time are posted together: what arrives while a lane is at work is the next batch,
 * so a command that comes alone waits for nobody and a thousand share a few transactions. Where enough wait, or the batch
 * takes long, the next one goes beside it. A member is in one lane at a time, so that batches do not wait for each other's
 * locks and a busy member's commands follow each other.
 */
export class PostingLanes {
  readonly #postTogether: PostTogether
  readonly #next: Waiter[] = []
  /** Members whose commands a lane is posting, each with those that have come since. */
  readonly #behind = new Map<string, Waiter[]>()
  readonly #working = new Set<Working>()
  #waiting = 0

  constructor(postTogether: PostTogether) {
    this.#postTogether = postTogether
  }

  /** Posts one command, each with its own outcome; throws what made it fail. */
  post(order: Order): Promise<PostResult> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(
        new AppError('RATE_LIMITED', 'Too many postings are waiting; try again in a moment.'),
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting += 1
      const waiter = { order, trace: tracePlace(), resolve, reject }
      const behind = this.#behind.get(order.command.memberId)
      if (behind) {
        behind.push(waiter)
        return
      }
      this.#next.push(waiter)
      this.#workMore()
    })
  }

  #workMore(): void {
    if (this.#isWorth()) void this.#work()
  }

  /** Does one more batch go now? */
  #isWorth(): boolean {
    if (this.#next.length === 0 || this.#working.size === LANES) return false
    return [...this.#working].every(
      ({ size, takesLong }) => takesLong || this.#next.length >= Math.max(ENOUGH_BESIDE, size),
    )
  }

  /** A lane at work. */
  async #work(): Promise<void> {
    do {
      const batch = this.#take()
      if (batch.length === 0) return
      const working: Working = { size: batch.length, takesLong: false }
      const long = setTimeout(() => {
        working.takesLong = true
        this.#workMore()
      }, LONG_MS)
      this.#working.add(working)
      this.#workMore()
      await this.#postNext(batch)
      clearTimeout(long)
      this.#working.delete(working)
      this.#free(batch)
    } while (this.#isWorth())
  }

  #take(): Waiter[] {
    const batch: Waiter[] = []
    const members = new Set<string>()
    let looked = 0
    for (; looked < this.#next.length && batch.length < BATCH_MAX; looked++) {
      const waiter = this.#next[looked]!
      const { memberId } = waiter.order.command
      const behind = members.has(memberId) ? undefined : this.#behind.get(memberId)
      if (behind) {
        // The other lane has taken as many of its commands as go into a batch.
        behind.push(waiter)
        continue
      }
      if (!members.has(memberId)) this.#behind.set(memberId, [])
      members.add(memberId)
      batch.push(waiter)
    }
    this.#next.splice(0, looked)
    this.#waiting -= batch.length
    return batch
  }

  #free(batch: readonly Waiter[]): void {
    for (const { order } of batch) {
      const { memberId } = order.command
      const behind = this.#behind.get(memberId)
      if (!behind) continue
      this.#behind.delete(memberId)
      for (const waiter of behind) this.#next.push(waiter)
    }
  }

  async #postNext(batch: readonly Waiter[]): Promise<void> {
    postingBatchSize.observe(batch.length)
    try {
      // What is done for many shows in the trace of the first of them.
      const results = await inTraceOf(batch[0]!.trace, () =>
        this.#postTogether(batch.map(({ order }) => order)),
      )
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        assert(result, 'a batch has an outcome for each command')
        if (result instanceof Error) reject(result)
        else resolve(result)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
