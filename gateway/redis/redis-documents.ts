import type { Redis } from '../../kernel/redis/open-redis.ts'
import type { LearnedDocuments } from '../documents/learned-documents.ts'
import { idOf } from '../documents/trusted-documents.ts'

const FORGET_MS = 24 * 60 * 60_000

/** Learned documents that all gateways share; what this process has seen it need not ask for. */
export function redisDocuments(redis: Redis, own: LearnedDocuments): LearnedDocuments {
  return {
    get(id) {
      const known = own.get(id)
      if (known !== undefined) return known
      return redis.get(`huitong:document:${id}`).then(
        (text) => {
          // Others may write there; a text under a hash that is not its own is none.
          if (text === undefined || idOf(text) !== id) return undefined
          own.put(id, text)
          return text
        },
        () => undefined,
      )
    },
    put(id, text) {
      own.put(id, text)
      redis.set(`huitong:document:${id}`, text, FORGET_MS).catch(() => {})
    },
  }
}
