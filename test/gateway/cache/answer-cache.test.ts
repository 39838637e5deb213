import { setImmediate as immediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Redis } from '../../../kernel/redis/open-redis.ts'
import { later } from '../../../kernel/values/instant.ts'
import { admin, anonymous, clerk, member } from '../../helpers/graph.ts'
import { connected } from '../fakes/connected-redis.ts'
import { openFakeRedis } from '../fakes/open-redis.ts'
import { type RedisServer, redisServers } from '../fakes/redis-servers.ts'
import { openClub } from './open-club.ts'

const PROGRAMS = '{ programs { name } }'
const ME = '{ me { id name } }'
const [ann, bo] = [member('ann'), member('bo')]
const adopted = { program: 'p', version: 2 }
const published = {
  ...adopted,
  name: { en: '', 'zh-CN': '' },
  timeZone: 'UTC',
  tiers: [],
  benefits: [],
  campaigns: [],
}

describe.each(['compiled', 'stock'] as const)('by the %s executor', (executor) => {
  test('what may be kept is computed once, and has the same bytes by every path', async () => {
    await using club = await openClub({ executor })
    const answers = []
    for (let time = 1; time <= 3; time++) answers.push(await club.post(anonymous, PROGRAMS))
    answers.push(await club.get(anonymous, PROGRAMS))
    expect(new Set(answers.map(({ body }) => body))).toEqual(
      new Set([`{"data":{"programs":[{"name":"One in en"}]}}\n`]),
    )
    expect(club.asked.filter((name) => name === 'ledger')).toHaveLength(1)
    for (const { status, headers } of answers) {
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=60',
        age: '0',
        etag: answers[0]!.headers.etag,
        'content-type': answers[0]!.headers['content-type'],
      })
    }
  })

  test('it is computed again when its time is over by the clock, and says its age until then', async () => {
    await using club = await openClub({ executor })
    const ask = () => club.post(anonymous, '{ benefits programs { name } }')
    expect(await club.asks(ask)).toBe(2)
    await club.clock.advanceTo(later(club.clock.now(), 9_500))
    const { headers } = await ask()
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=10', age: '9' })
    await club.clock.advanceTo(later(club.clock.now(), 500))
    expect(await club.asks(ask)).toBe(2)
  })

  test.each<[string, Principal, Principal]>([
    ['another role', admin, clerk()],
    ['another kind of caller', ann, admin],
    ['nobody and a member', anonymous, ann],
  ])('%s is answered apart', async (_, one, other) => {
    await using club = await openClub({ executor })
    await club.post(one, PROGRAMS)
    expect(await club.asks(() => club.post(one, PROGRAMS))).toBe(0)
    expect(await club.asks(() => club.post(other, PROGRAMS))).toBe(1)
  })

  test('who may not see a part is not shown what somebody who may has been shown', async () => {
    await using club = await openClub({ executor })
    const query = '{ programs { name secret } }'
    expect((await club.post(admin, query)).body).toContain('"secret":"s"')
    const refused = await club.post(clerk(), query)
    expect(refused.body).toContain('FORBIDDEN')
    expect(refused.headers).not.toHaveProperty('etag')
  })

  test('another language, other variables and another text are answered apart; another member with the same rights is not', async () => {
    await using club = await openClub({ executor })
    const query = 'query ($of: String) { programs(of: $of) { name } }'
    await club.post(ann, query, { of: 'a' })
    expect((await club.post(ann, query, { of: 'a' }, 'zh-CN')).body).toContain('in zh-CN')
    expect(await club.asks(() => club.post(ann, query, { of: 'b' }))).toBe(1)
    expect(await club.asks(() => club.post(ann, `${query} `, { of: 'a' }))).toBe(1)
    expect(await club.asks(() => club.post(bo, query, { of: 'a' }))).toBe(0)
  })

  test('of the variables those count that the operation declares, one left out as its default', async () => {
    await using club = await openClub({ executor })
    const query =
      'query ($of: String = "a", $__proto__: String) { programs(of: $of, by: $__proto__) { name } }'
    const ask = (text: string) => club.post(ann, query, JSON.parse(text))
    await ask('{}')
    for (const same of ['{ "of": "a" }', '{ "other": 1 }', '{ "other": 2, "of": "a", "and": [] }']) {
      expect(await club.asks(() => ask(same))).toBe(0)
    }
    for (const other of [
      '{ "of": null }',
      '{ "of": "b" }',
      '{ "__proto__": null }',
      '{ "__proto__": "a" }',
      '{ "__proto__": "b" }',
    ]) {
      expect(await club.asks(() => ask(other))).toBe(1)
    }
  })

  test('a number that is too large for one is not taken for null, though JSON writes it so', async () => {
    await using club = await openClub({ executor })
    const query = 'query ($top: Float) { programs(top: $top) { name } }'
    await club.post(ann, query, JSON.parse('{ "top": null }'))
    const { body, headers } = await club.post(ann, query, JSON.parse('{ "top": 1e999 }'))
    expect(body).toContain('Float cannot represent non numeric value')
    expect(headers).not.toHaveProperty('etag')
  })

  test("a member's own is kept for that member alone, and no proxy may keep it", async () => {
    await using club = await openClub({ executor })
    const own = await club.post(ann, ME)
    expect(own.headers).toMatchObject({ 'cache-control': 'private, no-cache' })
    expect(await club.asks(() => club.post(ann, ME))).toBe(0)
    const other = await club.post(bo, ME)
    expect([own, other].map(({ body }) => JSON.parse(body).data.me.id)).toEqual(['ann', 'bo'])
    expect(await club.asks(() => club.post(admin, ME))).toBe(1)
    expect(await club.asks(() => club.post(admin, ME))).toBe(1)
  })

  test('after its own mutation a member reads what it wrote, and others keep what they had', async () => {
    await using club = await openClub({ executor })
    for (const who of [ann, bo]) await club.post(who, ME)
    await club.post(ann, 'mutation { rename(name: "Two") }')
    expect((await club.post(ann, ME)).body).toContain('Two')
    expect((await club.post(bo, ME)).body).toContain('One')
  })

  test('who publishes reads the new rules at once; a mutation of another kind drops none', async () => {
    await using club = await openClub({ executor })
    await club.post(admin, PROGRAMS)
    await club.post(admin, 'mutation { rename(name: "Two") }')
    expect((await club.post(admin, PROGRAMS)).body).toContain('One')
    await club.post(admin, 'mutation { publishProgram(name: "Three") }')
    expect((await club.post(admin, PROGRAMS)).body).toContain('Three')
    expect(await club.asks(() => club.post(admin, PROGRAMS))).toBe(0)
  })

  test.each([
    ['a balance', '{ balance }'],
    ['a field that may not be kept among others that may', '{ me { id points } }'],
    ['what asks for the schema', '{ programs { name } __schema { queryType { name } } }'],
    ['an answer with an error in a part', '{ programs { name broken } }'],
  ])('%s is not kept', async (_, query) => {
    await using club = await openClub({ executor })
    club.state.fails = true
    await club.post(ann, query)
    const again = await club.post(ann, query)
    expect(again.headers).not.toHaveProperty('etag')
    expect(await club.asks(() => club.post(ann, query))).toBe(1)
  })

  test('an answer is kept once its error is gone', async () => {
    await using club = await openClub({ executor })
    const query = '{ programs { broken } }'
    club.state.fails = true
    await club.post(ann, query)
    club.state.fails = false
    expect((await club.post(ann, query)).body).toContain('whole')
    expect(await club.asks(() => club.post(ann, query))).toBe(0)
  })

  test('an event drops what its subgraph says, and nothing else', async () => {
    await using club = await openClub({ executor })
    const both = ['{ benefits }', PROGRAMS, ME]
    for (const query of both) await club.post(ann, query)
    club.publish('benefits.ProgramAdopted', adopted)
    club.state.benefit = 'cake'
    await club.answers.catchUp()
    expect((await club.post(ann, '{ benefits }')).body).toContain('cake')
    expect(await club.asks(async () => club.post(ann, PROGRAMS))).toBe(0)
    expect(await club.asks(async () => club.post(ann, ME))).toBe(0)
  })

  test('an event of members drops what is theirs, and nothing else', async () => {
    await using club = await openClub({ executor })
    for (const who of [ann, bo]) await club.post(who, ME)
    club.publish('identity.MemberErased', { memberIds: ['ann'] })
    await club.answers.catchUp()
    expect(await club.asks(() => club.post(bo, ME))).toBe(0)
    expect(await club.asks(() => club.post(ann, ME))).toBe(1)
  })

  test('an answer that was computed before an event is not found after it, though it comes later', async () => {
    await using club = await openClub({ executor })
    const { computed, release } = club.hold()
    const late = club.post(ann, PROGRAMS)
    await computed
    club.state.name = 'Two'
    club.publish('ledger.ProgramPublished', published)
    await club.answers.catchUp()
    release()
    expect((await late).body).toContain('One')
    expect((await club.post(ann, PROGRAMS)).body).toContain('Two')
  })

  test('while a log cannot be read nothing is kept of what it tells of; then it is again', async () => {
    await using club = await openClub({ executor })
    await club.post(ann, PROGRAMS)
    club.state.unreadable = true
    const caughtUp = club.answers.catchUp()
    await expect.poll(() => club.asks(() => club.post(ann, PROGRAMS))).toBe(1)
    club.state.unreadable = false
    await caughtUp
    await club.post(ann, PROGRAMS)
    expect(await club.asks(() => club.post(ann, PROGRAMS))).toBe(0)
  })

  test('a log that cannot be found at the start is looked for on; nothing of it is kept until then, and the others are followed', async () => {
    await using club = await openClub({ executor, missing: 'ledger' })
    await expect.poll(() => club.asks(() => club.post(ann, ME))).toBe(0)
    await immediate()
    club.state.name = 'Two'
    club.publish('identity.MemberErased', { memberIds: ['ann'] })
    await immediate()
    expect((await club.post(ann, ME)).body).toContain('Two')
    expect(await club.asks(() => club.post(ann, ME))).toBe(0)
    expect(await club.asks(() => club.post(ann, PROGRAMS))).toBe(1)
    expect(await club.asks(() => club.post(ann, PROGRAMS))).toBe(1)
    club.state.missing = undefined
    await expect.poll(() => club.asks(() => club.post(ann, PROGRAMS)), { timeout: 5_000 }).toBe(0)
  })

  test("nothing of a member's own is kept while nobody tells of members", async () => {
    await using club = await openClub({ executor, missing: 'identity' })
    await expect.poll(() => club.asks(() => club.post(ann, PROGRAMS))).toBe(0)
    await club.post(ann, '{ mine }')
    expect(await club.asks(() => club.post(ann, '{ mine }'))).toBe(1)
  })

  test('what is asked because something has just changed is computed', async () => {
    await using club = await openClub({ executor })
    await club.post(ann, ME)
    expect(await club.asks(() => club.fresh(ann, ME))).toBe(1)
  })

  test('over another supergraph nothing of before is found', async () => {
    await using club = await openClub({ executor })
    await club.post(ann, PROGRAMS)
    await club.graph.goOver(`${club.supergraphSdl}\n# another`)
    expect(await club.asks(() => club.post(ann, PROGRAMS))).toBe(1)
  })

  test('a client that has an answer by GET is told no more than that it is the same', async () => {
    await using club = await openClub({ executor })
    const first = await club.get(ann, PROGRAMS)
    expect(first.headers).toMatchObject({
      'cache-control': 'private, max-age=60',
      vary: 'Origin, Accept, Accept-Language, Authorization',
    })
    const etag = first.headers.etag!
    const same = await club.get(ann, PROGRAMS, { 'if-none-match': `"other", W/${etag}` })
    expect(same).toMatchObject({ status: 304, body: '', headers: { etag } })
    expect(same.headers).not.toHaveProperty('content-type')
    expect(await club.get(ann, PROGRAMS, { 'if-none-match': '"other"' })).toMatchObject({ status: 200 })
  })
})

test('all answers together take no more than they may, and what was not asked for longest goes first', async () => {
  await using club = await openClub({ executor: 'compiled', bytesMax: 16_000 })
  const query = 'query ($of: String) { programs(of: $of) { name } }'
  const ask = (of: number) => club.post(ann, query, { of: String(of) })
  for (let of = 1; of <= 40; of++) {
    await ask(of)
    await ask(1)
  }
  expect(await club.asks(() => ask(1))).toBe(0)
  expect(await club.asks(() => ask(40))).toBe(0)
  expect(await club.asks(() => ask(2))).toBe(1)
})

const KEY = Buffer.alloc(32, 1)

describe.each(redisServers(15))('gateways that share %s', (_, openServer) => {
  const open = (redis: Redis, logs = new Map<string, RecordedEvent[]>()) =>
    openClub({ executor: 'compiled', shared: { redis, key: KEY }, logs })

  test('one serves what another has computed, until an event, also one that nobody heard of', async () => {
    await using server = await openServer()
    await using redis = await connected(server.url)
    const logs = new Map<string, RecordedEvent[]>()
    const first = await open(redis, logs)
    await first.post(ann, PROGRAMS)
    await written(server, 1)
    await using second = await open(redis, logs)
    expect(await second.asks(() => second.post(bo, PROGRAMS))).toBe(0)
    await first[Symbol.asyncDispose]()

    second.publish('ledger.ProgramPublished', published)
    await using third = await open(redis, logs)
    expect(await third.asks(() => third.post(bo, PROGRAMS))).toBe(1)
    await second.answers.catchUp()
    await written(server, 2)
    expect(await second.asks(() => second.post(ann, PROGRAMS))).toBe(0)
  })

  test("a member's own stays where it was computed", async () => {
    await using server = await openServer()
    await using redis = await connected(server.url)
    await using club = await open(redis)
    await club.post(ann, ME)
    await club.post(ann, PROGRAMS)
    const [key] = await written(server, 1)
    expect(await server.get(key!)).toContain('programs')
  })

  test('what somebody else has written there is not believed', async () => {
    await using server = await openServer()
    await using redis = await connected(server.url)
    const logs = new Map<string, RecordedEvent[]>()
    await using first = await open(redis, logs)
    await first.post(ann, PROGRAMS)
    const [key] = await written(server, 1)
    await server.set(key!, (await server.get(key!))!.replace('One', 'Won'))
    await using second = await open(redis, logs)
    expect((await second.post(ann, PROGRAMS)).body).toContain('One')
  })

  /** The names of the answers there, once there are so many: nobody waits for what is written there. */
  const written = async (server: RedisServer, count: number): Promise<string[]> => {
    const names = async () => (await server.keys()).filter((name) => name.startsWith('huitong:answer:'))
    await vi.waitFor(async () => expect(await names()).toHaveLength(count), { timeout: 20_000 })
    return names()
  }
})

test('while a Redis is away each gateway has its own answers', async () => {
  const fake = await openFakeRedis()
  await using redis = await connected(fake.url)
  await fake[Symbol.asyncDispose]()
  await using club = await openClub({ executor: 'compiled', shared: { redis, key: KEY } })
  await club.post(ann, PROGRAMS)
  expect(await club.asks(() => club.post(ann, PROGRAMS))).toBe(0)
})
