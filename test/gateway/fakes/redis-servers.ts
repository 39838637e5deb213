import { createClient } from '@redis/client'
import { openFakeRedis } from './open-redis.ts'

/** A Redis of a test's own, and what lies there. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
  keys(): Promise<string[]>
}

/**
 * A fake and, where `REDIS_TEST_URL` names a server, a real one: `redis://127.0.0.1:6379`. Of that a database is emptied
 * and used, another for each file of tests.
 */
export function redisServers(database: number): [kind: string, open: () => Promise<RedisServer>][] {
  const real = process.env.REDIS_TEST_URL
  return [
    ['a fake Redis', openFake],
    ...(real
      ? [['a real Redis', () => openReal(`${real}/${database}`)] as [string, () => Promise<RedisServer>]]
      : []),
  ]
}

async function openFake(): Promise<RedisServer> {
  const fake = await openFakeRedis()
  return {
    url: fake.url,
    get: async (key) => fake.values.get(key),
    set: async (key, value) => void fake.values.set(key, value),
    keys: async () => [...fake.values.keys()],
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
}

async function openReal(url: string): Promise<RedisServer> {
  const client = await createClient({ url }).connect()
  await client.flushDb()
  return {
    url,
    get: async (key) => (await client.get(key)) ?? undefined,
    set: async (key, value) => void (await client.set(key, value, { expiration: 'KEEPTTL' })),
    keys: () => client.keys('*'),
    async [Symbol.asyncDispose]() {
      await client.flushDb()
      client.destroy()
    },
  }
}
