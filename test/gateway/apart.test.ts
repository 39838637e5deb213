import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { newSecrets } from '../../kernel/secrets.ts'
import { openTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { freePorts, type Part, spawnPart } from './fakes/spawn-part.ts'

let database: TestDatabase
let gateway: Part
let address: string
const subgraphs = new Map<SubgraphName, Part>()
const urls = {} as Record<SubgraphName, string>

beforeAll(async () => {
  database = await openTestDatabase()
  const { master, index, link, token } = newSecrets()
  const [gatewayPort, ...ports] = await freePorts(1 + SUBGRAPH_NAMES.length)
  for (const [i, name] of SUBGRAPH_NAMES.entries()) urls[name] = `http://127.0.0.1:${ports[i]}`
  const common = {
    NODE_ENV: 'test',
    HUITONG_MASTER_KEY: master,
    HUITONG_INDEX_KEY: index,
    HUITONG_LINK_KEY: link,
    HUITONG_TOKEN_KEY: token,
    ...Object.fromEntries(SUBGRAPH_NAMES.map((name) => [`${name.toUpperCase()}_URL`, urls[name]])),
  }
  for (const [i, name] of SUBGRAPH_NAMES.entries()) {
    const env = { ...common, PORT: String(ports[i]), DATABASE_URL: database.url }
    subgraphs.set(name, spawnPart(`subgraphs/${name}/main.ts`, env))
  }
  gateway = spawnPart('gateway/main.ts', { ...common, PORT: String(gatewayPort) })
  address = `http://127.0.0.1:${gatewayPort}`
  await Promise.all([...subgraphs.values()].map((part) => part.wrote(/subgraph ready/)))
  await gateway.wrote(/gateway listens/)
})

afterAll(async () => {
  await Promise.all([gateway, ...subgraphs.values()].map((part) => part?.[Symbol.asyncDispose]()))
  await database?.[Symbol.asyncDispose]()
})

const json = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(new URL(path, address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as never }
}

const tokenFor = async (caller: object): Promise<{ token: string; memberId: string }> =>
  (await json('/sandbox/token', caller)).body

interface Answer {
  data: Record<string, never>
  errors?: { path: string[]; extensions: { code: string } }[]
}

const ask = async (query: string, token?: string, headers: Record<string, string> = {}): Promise<Answer> =>
  (await json('/graphql', { query }, { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers }))
    .body

const wholeMember = (id: string) => `{
  member(id: "${id}") { number account { points { available } } entitlements { edges { node { id } } } }
  programs { id }
}`

describe('five processes, one graph', () => {
  test('all is ready', async () => {
    const response = await fetch(`${address}/health/ready`)
    expect(await response.json()).toEqual({ status: 'ready' })
  })

  test('a mutation at one is seen at the others, and one question is answered by several', async () => {
    const admin = await tokenFor({ kind: 'admin' })
    const { memberId } = await tokenFor({ kind: 'member' })
    const document = readFileSync('programs/super-member.yaml', 'utf8')
    const publish = await json(
      '/graphql',
      {
        query:
          'mutation ($document: String!) { publishProgram(document: $document) { program { id } refusal { code } } }',
        variables: { document },
      },
      { authorization: `Bearer ${admin.token}`, prefer: 'wait=10' },
    )
    expect(publish.body).toEqual({
      data: { publishProgram: { program: { id: 'super-member' }, refusal: null } },
    })
    expect(publish.headers.get('preference-applied')).toBe('wait')

    const { data, errors } = await ask(wholeMember(memberId), admin.token)
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      member: {
        number: expect.any(String),
        account: { points: { available: 0 } },
        entitlements: { edges: [] },
      },
      programs: [{ id: 'super-member' }],
    })
    const benefits = await ask('{ benefits { edges { node { id } } } }')
    expect((benefits.data.benefits as unknown as { edges: unknown[] }).edges.length).toBeGreaterThan(0)
  })

  test('a subgraph answers nobody but who signs', async () => {
    for (const name of SUBGRAPH_NAMES) {
      for (const path of ['/graphql', '/internal/events', '/internal/drain']) {
        const response = await fetch(new URL(path, urls[name]), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"query":"{ __typename }"}',
        })
        expect(response.status, `${name}${path}`).toBe(401)
      }
    }
  })

  test('without benefits the others still answer; told to stop, each part ends well', async () => {
    const admin = await tokenFor({ kind: 'admin' })
    const { memberId } = await tokenFor({ kind: 'member' })
    const benefits = subgraphs.get('benefits')!
    expect(await benefits.stop(), benefits.output()).toBe(0)

    const { data, errors } = await ask(wholeMember(memberId), admin.token)
    expect(data).toMatchObject({
      member: { number: expect.any(String), account: { points: { available: 0 } }, entitlements: null },
      programs: [{ id: 'super-member' }],
    })
    expect(errors).toMatchObject([
      { path: ['member', 'entitlements'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
    ])
    const ready = await fetch(`${address}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', notReady: ['benefits'] }])

    const others = [
      gateway,
      ...SUBGRAPH_NAMES.filter((name) => name !== 'benefits').map((name) => subgraphs.get(name)!),
    ]
    expect(await Promise.all(others.map((part) => part.stop()))).toEqual([0, 0, 0, 0])
  })
})

test('the gateway alone says what it misses', async () => {
  await using part = spawnPart('gateway/main.ts', { NODE_ENV: 'test', LEDGER_URL: 'http://127.0.0.1:1' })
  expect(await part.ended()).toBe(1)
  expect(part.output()).toBe('huitong: IDENTITY_URL: must be set to run the gateway alone\n')
})
