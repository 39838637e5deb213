import type { Redis } from '../../kernel/redis/open-redis.ts'
import { type Budgets, secondsToWait, WINDOW_MS } from '../limits/budgets.ts'

/** Budgets that all gateways share. While Redis is away each has its own. */
export function redisBudgets(redis: Redis, alone: Budgets, now: () => number): Budgets {
  return {
    async spend(caller, cost, perMinute) {
      const at = now()
      const window = Math.floor(at / WINDOW_MS)
      const key = (of: number) => `huitong:spent:${caller}:${of}`
      try {
        const [sum, before] = await redis.add(key(window), cost, 2 * WINDOW_MS, key(window - 1))
        const wait = secondsToWait({ now: sum - cost, before, cost, perMinute, into: at % WINDOW_MS })
        // What was refused was not spent.
        if (wait !== undefined) await redis.add(key(window), -cost, 2 * WINDOW_MS, key(window - 1))
        return wait
      } catch {
        return alone.spend(caller, cost, perMinute)
      }
    },
  }
}
