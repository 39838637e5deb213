import { LRUCache } from 'lru-cache'
import { answerBytes } from '../../kernel/telemetry/metrics.ts'
import type { Instant } from '../../kernel/values/instant.ts'

/** A whole answer without errors, as it went out. */
export interface KeptAnswer {
  readonly body: string
  /** When it was computed. */
  readonly at: Instant
  readonly until: Instant
  readonly etag: string
}

/** A single answer may not push out many. */
const SHARE_MAX = 1 / 16
/** Of an entry besides its texts. */
const ENTRY_BYTES = 300

/** Answers of this process; those not asked for longest go first where all together take more than they may. */
export class KeptAnswers {
  readonly #answers: LRUCache<string, KeptAnswer>

  constructor(bytesMax: number) {
    this.#answers = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: Math.max(1, Math.floor(bytesMax * SHARE_MAX)),
      // In memory, a character may take two bytes.
      sizeCalculation: ({ body }, key) => 2 * (body.length + key.length) + ENTRY_BYTES,
    })
  }

  get bytes(): number {
    return this.#answers.calculatedSize
  }

  get(key: string, now: Instant): KeptAnswer | undefined {
    const answer = this.#answers.get(key)
    if (answer === undefined || now < answer.until) return answer
    this.#answers.delete(key)
    answerBytes.set(this.bytes)
    return undefined
  }

  set(key: string, answer: KeptAnswer): void {
    this.#answers.set(key, answer)
    answerBytes.set(this.bytes)
  }
}
