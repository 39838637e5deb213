import { vi } from 'vitest'
import { silentLog } from '../../../kernel/log.ts'
import { openRedis, type Redis } from '../../../kernel/redis/open-redis.ts'

/** A connection takes its time on a busy machine. */
export const PATIENT = { timeout: 20_000 }

/** A client that is through to its server. */
export async function connected(url: string): Promise<Redis> {
  const redis = await openRedis(url, silentLog)
  await vi.waitFor(async () => redis.get('huitong:test'), PATIENT)
  return redis
}
