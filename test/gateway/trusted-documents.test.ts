import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryPlanner } from '@apollo/query-planner'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openApollo } from '../../gateway/apollo.ts'
import { memoryDocuments } from '../../gateway/documents/learned-documents.ts'
import { idOf, readTrustedDocuments } from '../../gateway/documents/trusted-documents.ts'
import { CompiledGateway } from '../../gateway/execute/compiled-gateway.ts'
import { readSupergraph, withoutSecurityLinks } from '../../gateway/supergraph.ts'
import type { Principal } from '../../kernel/auth/principal.ts'
import { openLog, silentLog } from '../../kernel/log.ts'
import { AUDIENCES } from '../../schema/contract.ts'
import { claimsOf, partner } from '../helpers/graph.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

const member: Principal = { kind: 'member', memberId: '1' as never, channel: 'APP', sessionId: 's' }

const HOME = 'query Home { programs }'
const RENAME = 'mutation Rename($name: String!) { rename(name: $name) }'
const GREET = 'query Greet($name: String!) { hello(name: $name) }'
/** More than a stranger may send. */
const LARGE = `query Large { ${Array.from({ length: 30 }, (_, at) => `a${at}: programs`).join(' ')} }`

const idFor = (text: string): string => `sha256:${idOf(text)}`
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: idOf(text) } })

async function folderOf(manifests: Record<string, readonly string[]>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'huitong-documents-'))
  for (const [client, texts] of Object.entries(manifests)) {
    const operations = texts.map((body) => ({ id: idOf(body), name: 'any', type: 'query', body }))
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations }
    await writeFile(join(folder, `${client}.json`), JSON.stringify(manifest))
  }
  return folder
}

const openProduction = async (mode: 'enforce' | 'log' | 'off', log = silentLog) =>
  openFakeGateway({
    mode: 'production',
    log,
    protection: {
      documents: { member: mode, partner: mode, staff: 'off' },
      documentsFolder: await folderOf({ 'member-app': [HOME, RENAME, LARGE], partner: [GREET] }),
    },
  })

describe('where trusted documents are enforced', () => {
  let gateway: Awaited<ReturnType<typeof openFakeGateway>>
  let asMember: Record<string, string>
  let asPartner: Record<string, string>
  beforeAll(async () => {
    gateway = await openProduction('enforce')
    asMember = { authorization: `Bearer ${await gateway.tokenOf(member)}` }
    asPartner = { authorization: `Bearer ${await gateway.tokenOf(partner('cinema'))}` }
  })
  afterAll(() => gateway[Symbol.asyncDispose]())

  test.for([
    ['by its id', { documentId: idFor(HOME) }],
    ["by Apollo's extension", { extensions: persisted(HOME) }],
    ['by its text, as those who do not know of ids send it', { query: HOME }],
    ['by its text and its hash', { query: HOME, extensions: persisted(HOME) }],
  ] as const)('a trusted document is answered %s', async ([, body]) => {
    const answer = await gateway.post(body, asMember)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ data: { programs: ['super-member'] } })
  })

  test('with its variables', async () => {
    const { body } = await gateway.post({ documentId: idFor(GREET), variables: { name: 'Bo' } }, asPartner)
    expect(body).toEqual({ data: { hello: 'Hello, Bo' } })
  })

  test('though it is larger than what a stranger may send', async () => {
    expect((await gateway.post({ documentId: idFor(LARGE) }, asMember)).status).toBe(200)
  })

  test.for([
    ['another document', { query: '{ programs }' }, 403, 'FORBIDDEN'],
    [
      'another document with its hash',
      { query: '{ programs }', extensions: persisted('{ programs }') },
      403,
      'FORBIDDEN',
    ],
    ['an id that nobody has', { documentId: idFor('{ nothing }') }, 404, 'NOT_FOUND'],
    ["the document of another client's contract", { documentId: idFor(GREET) }, 404, 'NOT_FOUND'],
    ['an id that is none', { documentId: 'sha256:../../etc/passwd' }, 400, 'BAD_USER_INPUT'],
    ['an id that is an object', { documentId: { $ne: null } }, 400, 'BAD_USER_INPUT'],
    ['both at once', { documentId: idFor(HOME), query: HOME }, 400, 'BAD_USER_INPUT'],
    ["another's hash", { query: '{ members { name } }', extensions: persisted(HOME) }, 400, 'BAD_USER_INPUT'],
    [
      'a hash of another version',
      { extensions: { persistedQuery: { version: 2, sha256Hash: idOf(HOME) } } },
      400,
      'BAD_USER_INPUT',
    ],
  ] as const)('%s is refused', async ([, body, status, code]) => {
    const answer = await gateway.post(body, asMember)
    expect(answer.status).toBe(status)
    expect(answer.body.errors[0].extensions).toEqual({ code, requestId: answer.headers['x-request-id'] })
    expect(answer.body.data).toBeUndefined()
  })

  test('who has no token stands where members do', async () => {
    expect((await gateway.post({ documentId: idFor(HOME) })).status).toBe(200)
    expect((await gateway.post({ query: '{ programs }' })).status).toBe(403)
  })

  test('staff ask what they like, and by the ids of others, too', async () => {
    const authorization = `Bearer ${await gateway.tokenOf({ kind: 'staff', staffId: 'a', role: 'admin' })}`
    expect((await gateway.post({ query: '{ programs }' }, { authorization })).status).toBe(200)
    expect((await gateway.post({ documentId: idFor(HOME) }, { authorization })).status).toBe(200)
  })

  test('a query may be asked by GET, from a page that may ask at all; a mutation may not', async () => {
    const get = (text: string, headers: Record<string, string> = {}) =>
      gateway.server.inject({ url: `/graphql?documentId=${idFor(text)}&variables={"name":"x"}`, headers })
    expect((await get(HOME)).statusCode).toBe(400)
    const allowed = { 'apollo-require-preflight': '1' }
    expect((await get(HOME, allowed)).json()).toEqual({ data: { programs: ['super-member'] } })
    expect((await get(RENAME, allowed)).statusCode).toBe(405)
    expect(gateway.names).not.toContain('x')
  })
})

test('logged: any document is answered, and one that is not trusted is told of once', async () => {
  const lines: string[] = []
  const log = openLog({ level: 'warn', name: 'test' }, { write: (line) => void lines.push(line) })
  await using gateway = await openProduction('log', log)
  for (const query of ['{ programs }', '{ programs }', HOME])
    expect((await gateway.post({ query })).status).toBe(200)
  expect(lines.filter((line) => line.includes('not trusted'))).toHaveLength(1)
})

describe('where they are not enforced, automatic persisted queries serve', () => {
  test('a hash that is not known is asked for, and serves from then on', async () => {
    await using gateway = await openProduction('off')
    const text = '{ members { id } }'
    const before = await gateway.post({ extensions: persisted(text) })
    expect(before.status).toBe(200)
    expect(before.body.errors[0]).toMatchObject({
      message: 'PersistedQueryNotFound',
      extensions: { code: 'NOT_FOUND' },
    })
    const registered = await gateway.post({ query: text, extensions: persisted(text) })
    const after = await gateway.post({ extensions: persisted(text) })
    expect(after.body).toEqual({ data: { members: [{ id: '1' }, { id: '2' }] } })
    expect(after.body).toEqual(registered.body)
  })

  test('nobody can put a text under the hash of another', async () => {
    await using gateway = await openProduction('off')
    const [good, bad] = ['{ programs }', '{ members { id name } }']
    expect((await gateway.post({ query: bad, extensions: persisted(good) })).status).toBe(400)
    expect((await gateway.post({ extensions: persisted(good) })).body.errors[0].message).toBe(
      'PersistedQueryNotFound',
    )
  })

  test('the texts that are remembered are bounded', () => {
    const documents = memoryDocuments(1_000)
    for (let at = 0; at < 100; at++) documents.put(`id${at}`, 'x'.repeat(100))
    documents.get('id90')
    expect(documents.get('id0')).toBeUndefined()
    expect(documents.get('id99')).toHaveLength(100)
  })
})

describe('what the gateway is given', () => {
  test('the documents that ship are valid, each by the contract of its client', async () => {
    const trusted = readTrustedDocuments('gateway/trusted-documents')
    const gateway = new CompiledGateway(withoutSecurityLinks(readSupergraph()), () => async () => ({
      data: null,
    }))
    const texts = Object.fromEntries(AUDIENCES.map((one) => [one, trusted.of(one).map(({ text }) => text)]))
    expect(AUDIENCES.map((one) => texts[one]!.length > 2)).toEqual([true, true, true])
    expect(await gateway.trust(texts as never)).toEqual([])
  })

  test('a manifest of the Relay compiler serves as well', async () => {
    const folder = await folderOf({})
    await writeFile(join(folder, 'member-web.json'), JSON.stringify({ [idOf(HOME)]: HOME }))
    expect(readTrustedDocuments(folder).of('member')).toMatchObject([{ name: 'Home', text: HOME }])
  })

  test.for([
    ['a changed text', 'member-app.json', { [idOf(HOME)]: RENAME }, /is not the SHA-256 of its text/],
    ['a client of nobody', 'kiosk.json', { [idOf(HOME)]: HOME }, /must begin with member, partner or staff/],
    ['something else', 'partner.json', [1], /is no manifest/],
  ] as const)('%s is refused at start', async ([, name, content, message]) => {
    const folder = await folderOf({})
    await writeFile(join(folder, name), JSON.stringify(content))
    expect(() => readTrustedDocuments(folder)).toThrow(message)
  })
})

test('trusted documents are planned before anyone asks, and again before another supergraph takes over', async () => {
  const trusted = readTrustedDocuments('gateway/trusted-documents')
  const texts = Object.fromEntries(
    AUDIENCES.map((one) => [one, trusted.of(one).map(({ text }) => text)]),
  ) as never
  const planned = vi.spyOn(QueryPlanner.prototype, 'buildQueryPlan')
  const graph = await openApollo({
    supergraphSdl: readSupergraph(),
    peers: { execute: async () => ({ data: {} }) },
    mode: 'production',
    executor: 'compiled',
    trusted: texts,
    log: silentLog,
  })
  const ask = async (principal: Principal, text: string) => {
    const { body } = await graph.execute(
      {
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': 'application/json' },
        body: { query: text },
      },
      { claims: claimsOf(principal), trusted: true, seen: {} },
    )
    return body
  }
  const askAll = async () => {
    for (const { text } of trusted.of('member')) await ask(member, text)
    for (const { text } of trusted.of('partner')) await ask(partner('cinema'), text)
  }
  const queries = [...trusted.of('member'), ...trusted.of('partner')].filter(
    ({ text }) => !text.startsWith('subscription'),
  )
  expect(planned.mock.calls.length).toBeGreaterThanOrEqual(new Set(queries.map(({ text }) => text)).size)
  planned.mockClear()
  await askAll()
  expect(planned).not.toHaveBeenCalled()

  await graph.goOver(readSupergraph().replace('The calling member.', 'Oneself.'))
  expect(planned.mock.calls.length).toBeGreaterThan(5)
  planned.mockClear()
  await askAll()
  expect(planned).not.toHaveBeenCalled()
  planned.mockRestore()
  await graph.close()
})
