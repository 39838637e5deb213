import { type Nonces, ownNonces } from '../auth/request-signature.ts'
import type { Redis } from './open-redis.ts'

/** Nonces that all copies of a subgraph share. While Redis is away each has its own. */
export function redisNonces(redis: Redis): Nonces {
  const own = ownNonces()
  return {
    async use(nonce, now, forgetMs) {
      // What this copy has seen need not be asked for.
      if (!own.use(nonce, now, forgetMs)) return false
      return redis.setNew(`huitong:nonce:${nonce}`, forgetMs).catch(() => true)
    },
  }
}
