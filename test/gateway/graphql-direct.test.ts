import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { httpAnswers } from '../../kernel/telemetry/metrics.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'
import { overWire } from './fakes/over-wire.ts'

const ann: Principal = { kind: 'member', memberId: '1' as never, channel: 'APP', sessionId: 's' }
const JSON_TYPE = { 'content-type': 'application/json' }

let gateway: Awaited<ReturnType<typeof openFakeGateway>>
let url: URL
beforeAll(async () => {
  gateway = await openFakeGateway({ corsOrigins: ['https://www.example.com'] })
  url = new URL('/graphql', await gateway.server.listen({ host: '127.0.0.1', port: 0 }))
})
afterAll(() => gateway[Symbol.asyncDispose]())
beforeEach(() => httpAnswers.reset())

interface Asking {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** What says nothing about the request: who wrote it, when, and what becomes of the connection. */
const ofTheConnection = ['date', 'connection', 'keep-alive', 'transfer-encoding']
const known = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.includes(name)))

/** The same request over the wire, where the direct route stands first, and past it, through the framework. */
async function bothWays({ method = 'POST', path = '/graphql', headers = {}, body }: Asking) {
  const given = { ...JSON_TYPE, 'x-request-id': 'r-1', ...headers }
  const sent = await overWire(new URL(path, url), { method, headers: given, payload: body })
  const past = await gateway.server.inject({
    method: method as 'POST',
    url: path,
    headers: given,
    payload: body,
  })
  return {
    direct: { status: sent.status, headers: known(sent.headers), text: sent.text },
    framework: { status: past.statusCode, headers: known(past.headers), text: past.payload },
    connection: sent.headers.connection,
  }
}

const json = (query: string, more: object = {}): string => JSON.stringify({ query, ...more })

describe('an answer is the same, headers and all, whichever route takes the request:', () => {
  test.for<[string, Asking]>([
    ['a query', { body: json('{ members { name points } }') }],
    ['one in Chinese', { body: json('{ hello(name: "安") }'), headers: { 'accept-language': 'zh-CN' } }],
    ['a mutation', { body: json('mutation { rename(name: "Cy") }') }],
    [
      'a mutation whose effects are waited for',
      { body: json('mutation { rename(name: "Cy") }'), headers: { prefer: 'wait=5' } },
    ],
    ['variables', { body: json('query ($n: String!) { hello(name: $n) }', { variables: { n: 'Bo' } }) }],
    ['a variable that does not fit', { body: json('query ($n: String!) { hello(name: $n) }') }],
    ['a field that fails', { body: json('{ broken members { name } }') }],
    ['a field that is not allowed', { body: json('{ audit }') }],
    ['an unknown field', { body: json('{ nobody }') }],
    ['no document', { body: '{}' }],
    ['a list', { body: '[]' }],
    ['a number', { body: '1' }],
    ['no JSON', { body: '{"query"' }],
    ['a prototype', { body: '{"query":"{ programs }","__proto__":{"a":1}}' }],
    ['a prototype in disguise', { body: '{"query":"{ programs }","__p\\u0072oto__":{"a":1}}' }],
    ['a constructor', { body: '{"query":"{ programs }","variables":{"constructor":{"prototype":{"a":1}}}}' }],
    ['a name that is harmless', { body: '{"query":"{ programs }","variables":{"constructor":1}}' }],
    ['a byte order mark', { body: `\uFEFF${json('{ programs }')}` }],
    [
      'a body that goes deep',
      { body: `{"query":"{ programs }","variables":${'['.repeat(70)}${']'.repeat(70)}}` },
    ],
    ['a token that is none', { body: json('{ programs }'), headers: { authorization: 'Bearer x' } }],
    [
      'an unknown persisted query',
      { body: json('', { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }) },
    ],
    ['a page that may ask', { body: json('{ programs }'), headers: { origin: 'https://www.example.com' } }],
    ['a page that may not', { body: json('{ programs }'), headers: { origin: 'https://evil.example' } }],
    [
      'another type of answer',
      { body: json('{ programs }'), headers: { accept: 'application/graphql-response+json' } },
    ],
    ['an unknown type of answer', { body: json('{ programs }'), headers: { accept: 'image/png' } }],
    [
      'a character set',
      { body: json('{ programs }'), headers: { 'content-type': 'application/json; charset=utf-8' } },
    ],
    ['another type of body', { body: json('{ programs }'), headers: { 'content-type': 'text/plain' } }],
    ['no body', {}],
    ['the largest body', { body: json('{ programs }').padEnd(100_000) }],
    ['a body that is too large', { body: json('{ programs }').padEnd(100_001) }],
    [
      'an address',
      { method: 'GET', path: '/graphql?query=%7Bprograms%7D', headers: { 'apollo-require-preflight': '1' } },
    ],
    ['an address with a body', { path: '/graphql?a=1', body: json('{ programs }') }],
  ])('%s', async ([, asking]) => {
    const { direct, framework } = await bothWays(asking)
    expect(direct).toEqual(framework)
  })

  test('whoever signed in', async () => {
    const headers = { authorization: `Bearer ${await gateway.tokenOf(ann)}` }
    const { direct, framework } = await bothWays({ body: json('{ me { name points } }'), headers })
    expect(direct).toEqual(framework)
    expect(direct.text).toBe('{"data":{"me":{"name":"Ann","points":7}}}\n')
  })
})

test('a body that is not JSON ends its connection; any other refusal does not', async () => {
  expect((await bothWays({ body: '{' })).connection).toBe('close')
  const { headers } = await overWire(url, {
    method: 'POST',
    headers: { ...JSON_TYPE, connection: 'keep-alive' },
    payload: json('{ nobody }'),
  })
  expect(headers.connection).toBe('keep-alive')
})

test('each answer is counted once', async () => {
  await overWire(url, { method: 'POST', headers: JSON_TYPE, payload: json('{ programs }') })
  await overWire(url, { method: 'POST', headers: JSON_TYPE, payload: '{' })
  const { values } = await httpAnswers.get()
  expect(values.map(({ labels, value }) => ({ ...labels, value }))).toEqual([
    { route: '/graphql', status: 200, value: 1 },
    { route: '/graphql', status: 400, value: 1 },
  ])
})

test('answers on one connection come in the order of their requests', async () => {
  const socket = connect(Number(url.port), url.hostname)
  const one = (name: string, more = '') => {
    const body = json(`{ hello(name: "${name}") }`)
    return `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${body.length}\r\n\r\n${body}`
  }
  const said = await new Promise<string>((resolve) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.write(`${one('a')}${one('b')}${one('c', 'connection: close\r\n')}`)
  })
  expect([...said.matchAll(/Hello, (\w)/g)].map(([, name]) => name)).toEqual(['a', 'b', 'c'])
})

describe('who calls, behind proxies of ours:', () => {
  test.for([
    // proxies  X-Forwarded-For             is
    [0, '10.0.0.1', '127.0.0.1'],
    [1, undefined, '127.0.0.1'],
    [1, '10.0.0.1', '10.0.0.1'],
    [1, '9.9.9.9, 10.0.0.1', '10.0.0.1'],
    [2, '9.9.9.9, 10.0.0.1', '9.9.9.9'],
    [2, '8.8.8.8,9.9.9.9 ,10.0.0.1', '9.9.9.9'],
    [3, '10.0.0.1', '10.0.0.1'],
    [1, ' , ', '127.0.0.1'],
  ] as const)('%i of them, %s', async ([proxies, forwarded, expected]) => {
    const perMinute = { member: 0, partner: 0, staff: 0, service: 0, address: 3 }
    await using limited = await openFakeGateway({ proxies, protection: { costPerMinute: perMinute } })
    const spent = new URL('/graphql', await limited.server.listen({ host: '127.0.0.1', port: 0 }))
    const headers = { ...JSON_TYPE, ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) }
    const ask = async () =>
      (await overWire(spent, { method: 'POST', headers, payload: json('{ nobody }') })).status
    for (let turn = 0; turn < 3; turn++) expect(await ask()).toBe(400)
    expect(await ask()).toBe(429)
    // The framework's own reading of the same address has nothing left either.
    const past = await limited.server.inject({
      method: 'POST',
      url: '/graphql',
      remoteAddress: expected,
      headers: JSON_TYPE,
      payload: json('{ nobody }'),
    })
    expect(past.statusCode).toBe(429)
  })
})
