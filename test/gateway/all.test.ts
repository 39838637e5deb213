import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newSecrets } from '../../kernel/secrets.ts'
import { openTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { freePorts, type Part, spawnPart } from './fakes/spawn-part.ts'

let database: TestDatabase
let dataDir: string
beforeAll(async () => {
  database = await openTestDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'huitong-all-'))
})
afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

const start = (env: Record<string, string> = {}): Part =>
  spawnPart('gateway/all.ts', {
    PORT: '0',
    HUITONG_DATA_DIR: dataDir,
    HUITONG_LOG_LEVEL: 'warn',
    DATABASE_URL: database.url,
    ...env,
  })

/** Address, tokens and first member, as a person would read them off the first screen. */
async function read(part: Part) {
  const [screen] = await part.wrote(/sandbox is ready.*Try it.*curl.*'\n/s)
  const address = /GraphQL\s+(http:\S+)\/graphql/.exec(screen)![1]!
  const tokens = Object.fromEntries(
    [...screen.matchAll(/^ {2}(member|clerk|operator|admin|partner) +(\S+)$/gm)].map(([, kind, token]) => [
      kind!,
      token!,
    ]),
  )
  const memberId = /Try it: member (\S+)/.exec(screen)![1]!
  const curlBody = /-d '(.+)'/.exec(screen)![1]!
  const post = async (path: string, body: string, token?: string) => {
    const response = await fetch(new URL(path, address), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body,
    })
    return (await response.json()) as Record<string, never>
  }
  const data = /^ {2}Data +(\S+)$/m.exec(screen)![1]!
  return { address, data, tokens, memberId, curlBody, post }
}

describe('npm start', () => {
  test('shows a first screen that works, keeps its clock and its member, and stops well', async () => {
    await using first = start()
    const { address, data, tokens, memberId, curlBody, post } = await read(first)
    expect(Object.keys(tokens)).toEqual(['member', 'clerk', 'operator', 'admin', 'partner'])
    const { protocol, host, pathname } = new URL(database.url)
    expect(data).toBe(`${protocol}//${host}${pathname}`)
    const bare = await fetch(address, { redirect: 'manual' })
    expect([bare.status, bare.headers.get('location')]).toEqual([302, '/graphql'])

    const tried = await post('/graphql', curlBody, tokens.clerk)
    expect(tried).toMatchObject({
      data: { member: { number: expect.any(String), account: { points: { available: 0 } } } },
    })
    expect(tried.errors).toBeUndefined()
    expect(await post('/graphql', '{"query":"{ me { id } }"}', tokens.member)).toEqual({
      data: { me: { id: memberId } },
    })
    expect(await post('/graphql', '{"query":"{ programs { id } }"}')).toEqual({
      data: { programs: [{ id: 'super-member' }] },
    })

    const moved = await post('/sandbox/clock', '{"advance":"P30D"}')
    expect(moved).toMatchObject({ now: expect.any(String), failed: [] })
    expect(await post('/graphql', '{"query":"{ me { id } }"}', tokens.member)).toEqual({
      data: { me: { id: memberId } },
    })
    expect(await first.stop()).toBe(0)

    await using second = start()
    const again = await read(second)
    expect(again.memberId).toBe(memberId)
    const later = await again.post('/sandbox/clock', '{"advance":"PT0S"}')
    expect(new Date(later.now!).getTime()).toBeGreaterThanOrEqual(new Date(moved.now!).getTime())
    expect(await second.stop('SIGINT')).toBe(0)
    expect(second.output()).not.toMatch(/"level":(50|60)/)
  })

  test('says at once that its port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    try {
      await using part = start({ PORT: String(port) })
      expect(await part.ended()).toBe(1)
      expect(part.output()).toBe(
        `huitong: port ${port} on 127.0.0.1 is in use; stop what listens there, or set PORT\n`,
      )
    } finally {
      taken.close()
    }
  })

  test('says that the database cannot be reached', async () => {
    const [port] = await freePorts(1)
    await using part = start({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/nothing` })
    expect(await part.ended()).toBe(1)
    expect(part.output()).toMatch(/^huitong: the database cannot be reached .*; check DATABASE_URL\n$/)
  })

  test('says which variable is wrong', async () => {
    await using part = start({ PORT: 'http' })
    expect(await part.ended()).toBe(1)
    expect(part.output()).toMatch(/^huitong: PORT: .*\n$/)
  })

  test('in production has nothing of the sandbox', async () => {
    const { master, index, link, token } = newSecrets()
    await using part = start({
      NODE_ENV: 'production',
      HUITONG_MASTER_KEY: master,
      HUITONG_INDEX_KEY: index,
      HUITONG_LINK_KEY: link,
      HUITONG_TOKEN_KEY: token.replaceAll('\n', '\\n'),
    })
    const [, address] = await part.wrote(/^Huitong listens at (\S+)$/m)
    for (const path of ['/sandbox/token', '/sandbox/clock']) {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(new URL(path, address), {
        method: 'POST',
        headers,
        body: '{"kind":"admin"}',
      })
      expect(response.status).toBe(404)
    }
    expect((await fetch(new URL('/health/ready', address))).status).toBe(200)
    expect(await part.stop()).toBe(0)
  })

  test('refuses production without its keys', async () => {
    await using part = start({ NODE_ENV: 'production' })
    expect(await part.ended()).toBe(1)
    expect(part.output()).toBe('huitong: HUITONG_MASTER_KEY: must be set when NODE_ENV=production\n')
  })
})
