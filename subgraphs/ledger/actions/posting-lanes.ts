import { AppError } from '../../../kernel/errors.ts'
import { postingBatchSize } from '../../../kernel/telemetry/metrics.ts'
import { inTraceOf, type TracePlace, tracePlace } from '../../../kernel/telemetry/trace.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { type Order, type PostingDoors, type PostResult, postBatch } from './post-batch.ts'

/**
 * A lane holds one connection while it works. Two: while one batch is written, the other is decided. With more, the
 * batches are smaller and the same work costs more (with 256 callers 586 microseconds a purchase in four lanes, 367 in two).
 */
const LANES = 2
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

/**
 * Single commands that come at the same time are posted together: what arrives while a lane is at work is its next
 * batch, so a command that comes alone waits for nobody and a thousand share a few transactions. A member always has
 * the same lane, so that batches do not wait for each other's locks and a busy member's commands follow each other.
 */
export class PostingLanes {
  readonly #lanes: readonly Lane[]

  constructor(doors: PostingDoors) {
    this.#lanes = Array.from({ length: LANES }, () => new Lane(doors))
  }

  /** Posts one command, each with its own outcome; throws what made it fail. */
  post(order: Order): Promise<PostResult> {
    // The last digits of an id are random in every version that we make.
    const lane = Number.parseInt(order.command.memberId.slice(-4), 16) % LANES
    return this.#lanes[lane]!.post(order)
  }
}

class Lane {
  readonly #doors: PostingDoors
  readonly #waiting: Waiter[] = []
  #working = false

  constructor(doors: PostingDoors) {
    this.#doors = doors
  }

  post(order: Order): Promise<PostResult> {
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(
        new AppError('RATE_LIMITED', 'Too many postings are waiting; try again in a moment.'),
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, trace: tracePlace(), resolve, reject })
      if (!this.#working) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#working = true
    while (this.#waiting.length > 0) await this.#postNext(this.#waiting.splice(0, BATCH_MAX))
    this.#working = false
  }

  async #postNext(batch: readonly Waiter[]): Promise<void> {
    postingBatchSize.observe(batch.length)
    try {
      // What is done for many shows in the trace of the first of them.
      const results = await inTraceOf(batch[0]!.trace, () =>
        postBatch(
          this.#doors,
          batch.map(({ order }) => order),
        ),
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
