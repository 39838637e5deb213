import { createClient } from '@redis/client'
import type { Logger } from '../log.ts'

/** A Redis that several gateways share. It may be away: every call then fails at once, and the caller does without. */
export interface Redis extends AsyncDisposable {
  /** Adds to a number that is forgotten after a while; answers the sum, and another number. */
  add(key: string, amount: number, forgetMs: number, other: string): Promise<[sum: number, other: number]>
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, forgetMs: number): Promise<void>
  /** False: the key is there already. */
  setNew(key: string, forgetMs: number): Promise<boolean>
}

const CONNECT_MS = 1_000
const COMMAND_MS = 250
const RECONNECT_MS_MAX = 2_000

export async function openRedis(url: string, log: Logger): Promise<Redis> {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: COMMAND_MS },
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (retries) => Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(retries, 6)),
    },
  })
  let away = false
  client.on('error', (error: unknown) => {
    if (!away) log.warn({ error }, 'redis is away; limits and learned documents are those of this process')
    away = true
  })
  client.on('ready', () => {
    away = false
  })
  // It may come later: a gateway starts without it.
  client.connect().catch(() => {})
  return {
    async add(key, amount, forgetMs, other) {
      const [sum, , second] = await client
        .multi()
        .incrBy(key, amount)
        .pExpire(key, forgetMs)
        .get(other)
        .exec()
      return [Number(sum), Number(second ?? 0)]
    },
    get: async (key) => (await client.get(key)) ?? undefined,
    async set(key, value, forgetMs) {
      await client.set(key, value, { expiration: { type: 'PX', value: forgetMs } })
    },
    setNew: async (key, forgetMs) =>
      (await client.set(key, '1', { condition: 'NX', expiration: { type: 'PX', value: forgetMs } })) === 'OK',
    async [Symbol.asyncDispose]() {
      client.destroy()
    },
  }
}
