import type { Redis } from '../../kernel/redis/open-redis.ts'
import type { SharedAnswers } from '../cache/answer-cache.ts'
import type { KeptAnswer } from '../cache/kept-answers.ts'
import { sealedValues } from './sealed-values.ts'

/** Answers that all gateways share, none of them private. While Redis is away each gateway has its own. */
export function sharedAnswers(options: { redis: Redis; key: Buffer }): SharedAnswers {
  const values = sealedValues(options)
  const nameOf = (key: string): string => `huitong:answer:${key}`
  return {
    get: (key) => values.get<KeptAnswer>(nameOf(key)).catch(() => undefined),
    set(key, answer) {
      values.set(nameOf(key), answer, answer.until - answer.at).catch(() => {})
    },
  }
}
