import { describe, expect, test, vi } from 'vitest'
import { idOf } from '../../gateway/documents/trusted-documents.ts'
import { memoryBudgets } from '../../gateway/limits/budgets.ts'
import { redisBudgets } from '../../gateway/redis/redis-budgets.ts'
import { redisNonces } from '../../kernel/redis/redis-nonces.ts'
import { connected, PATIENT } from './fakes/connected-redis.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'
import { openFakeRedis } from './fakes/open-redis.ts'
import { redisServers } from './fakes/redis-servers.ts'

describe.each(redisServers(14))('%s', (_, open) => {
  test('adds, keeps and refuses what is there already', async () => {
    await using server = await open()
    await using redis = await connected(server.url)
    expect(await redis.add('sum', 5, 60_000, 'other')).toEqual([5, 0])
    expect(await redis.add('sum', -2, 60_000, 'sum')).toEqual([3, 3])
    await redis.set('text', '{ programs } 会员', 60_000)
    expect(await redis.get('text')).toBe('{ programs } 会员')
    expect([await redis.setNew('once', 60_000), await redis.setNew('once', 60_000)]).toEqual([true, false])
    expect(await redis.get('nothing')).toBeUndefined()
  })

  test('two gateways share one budget; what was refused was not spent', async () => {
    await using server = await open()
    await using one = await connected(server.url)
    await using two = await connected(server.url)
    const [a, b] = [one, two].map((redis) =>
      redisBudgets(
        redis,
        memoryBudgets(() => 0),
        () => 0,
      ),
    )
    expect(await a!.spend('ann', 60, 100)).toBeUndefined()
    expect(await b!.spend('ann', 60, 100)).toBeGreaterThan(0)
    expect(await b!.spend('ann', 40, 100)).toBeUndefined()
    expect(await server.get('huitong:spent:ann:0')).toBe('100')
  })

  test('a document that one gateway has learned serves at another; a text that somebody put there does not', async () => {
    await using server = await open()
    const openGateway = () => openFakeGateway({ protection: { redisUrl: server.url } })
    await using first = await openGateway()
    await using second = await openGateway()
    const text = '{ programs }'
    const extensions = { persistedQuery: { version: 1, sha256Hash: idOf(text) } }
    // A client that is not answered by its hash sends the text again, so what was lost on the way comes again.
    await vi.waitFor(async () => {
      await first.post({ query: text, extensions })
      expect(await server.get(`huitong:document:${idOf(text)}`)).toBe(text)
    }, PATIENT)
    const learned = await vi.waitFor(async () => {
      const answer = await second.post({ extensions })
      expect(answer.body.errors).toBeUndefined()
      return answer
    }, PATIENT)
    expect(learned.body).toEqual({ data: { programs: ['super-member'] } })

    const forged = idOf('{ members { name } }')
    await server.set(`huitong:document:${forged}`, '{ audit }')
    const { body } = await second.post({ extensions: { persistedQuery: { version: 1, sha256Hash: forged } } })
    expect(body.errors[0].message).toBe('PersistedQueryNotFound')
  })

  test('a signed request that one copy of a subgraph has seen is refused by the other', async () => {
    await using server = await open()
    await using one = await connected(server.url)
    await using two = await connected(server.url)
    const [a, b] = [redisNonces(one), redisNonces(two)]
    expect([await a.use('n', 0, 60_000), await b.use('n', 0, 60_000), await b.use('m', 0, 60_000)]).toEqual([
      true,
      false,
      true,
    ])
  })
})

test('while it is away each process counts for itself, and nothing waits; it is used again when it is back', async () => {
  const fake = await openFakeRedis()
  await using redis = await connected(fake.url)
  const budgets = redisBudgets(
    redis,
    memoryBudgets(() => 0),
    () => 0,
  )
  await fake[Symbol.asyncDispose]()
  expect(await budgets.spend('ann', 60, 100)).toBeUndefined()
  expect(await budgets.spend('ann', 60, 100)).toBeGreaterThan(0)
  await using back = await openFakeRedis(Number(new URL(fake.url).port))
  await vi.waitFor(async () => redis.get('huitong:test'), PATIENT)
  expect(await budgets.spend('ann', 60, 100)).toBeUndefined()
  expect(back.values.get('huitong:spent:ann:0')).toBe('60')
})
