import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { QueryPlanner } from '@apollo/query-planner'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  type MockInstance,
  test,
  vi,
} from 'vitest'
import { idOf } from '../../../gateway/documents/trusted-documents.ts'
import { BODY_BYTES_MAX } from '../../../gateway/http/body-size.ts'
import { CLAIMS_HEADER, SIGNATURE_HEADER, signRequest } from '../../../kernel/auth/request-signature.ts'
import { START } from '../../../kernel/events/event.ts'
import { localPeers } from '../../../kernel/peers.ts'
import { claimsOf } from '../../helpers/graph.ts'
import { openFakeGateway } from '../fakes/open-gateway.ts'
import { overWire } from '../fakes/over-wire.ts'

/**
 * What hostile callers send to a gateway in production that answers documents of any kind: each is refused without a plan
 * being made, without a subgraph being asked, and with a short answer; and the next good request is answered.
 */

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ')
const nested = (depth: number): string => `${'friends { '.repeat(depth)} id ${'}'.repeat(depth)}`
const doubling = (lines: number): string =>
  `{ members { ...F0 } } ${times(lines, (at) => `fragment F${at} on Member { ...F${at + 1} ... @skip(if: false) { ...F${at + 1} } }`)}
   fragment F${lines} on Member { id }`
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

type Gateway = Awaited<ReturnType<typeof openFakeGateway>>
interface Shown {
  readonly status: number
  readonly text: string
  readonly cache: string
}
type Attack = (gateway: Gateway) => Promise<Shown>

/** Through the framework and, where it is a small one, over the wire, where the direct route takes most. */
const send = async (
  gateway: Gateway,
  options: { method?: string; url?: string; headers?: Record<string, string>; payload?: string | Buffer },
): Promise<Shown> => {
  const { method = 'POST', url: path = '/graphql', payload } = options
  const headers = { ...(method === 'GET' ? {} : { 'content-type': 'application/json' }), ...options.headers }
  const injected = await gateway.server.inject({ method: method as 'POST', url: path, headers, payload })
  const shown = shownOf(injected.statusCode, injected.payload, injected.headers)
  if (Buffer.byteLength(payload ?? '') <= BODY_BYTES_MAX) {
    const sent = await overWire(new URL(path, url), { method, headers, payload })
    expect(withoutIds(shownOf(sent.status, sent.text, sent.headers))).toEqual(withoutIds(shown))
  }
  return shown
}
const shownOf = (
  status: number,
  text: string,
  headers: IncomingHttpHeaders | OutgoingHttpHeaders,
): Shown => ({
  status,
  text,
  cache: String(headers['cache-control'] ?? ''),
})
const withoutIds = ({ text, ...shown }: Shown) => ({
  ...shown,
  text: text.replace(/"requestId":"[^"]*"|Quote request \S+/g, ''),
})
const body =
  (value: unknown, headers: Record<string, string> = {}): Attack =>
  (gateway) =>
    send(gateway, { headers, payload: typeof value === 'string' ? value : JSON.stringify(value) })
const query = (text: string, variables: unknown = {}): Attack => body({ query: text, variables })
const raw =
  (payload: string | Buffer, headers: Record<string, string> = {}): Attack =>
  (gateway) =>
    send(gateway, { headers, payload })
const token =
  (make: (gateway: Gateway) => Promise<string>): Attack =>
  async (gateway) =>
    body({ query: '{ me { name } }' }, { authorization: `Bearer ${await make(gateway)}` })(gateway)

const ANN = { kind: 'member', memberId: '1' as never, channel: 'APP', sessionId: 's' } as const
const ADMIN = { kind: 'staff', staffId: 'x', role: 'admin' } as const
const NOW = Math.floor(Date.parse('2026-01-01T00:00:00Z') / 1_000)
const CLAIMS = { principal: ADMIN, iss: 'huitong', aud: 'huitong', iat: NOW, exp: NOW + 900 }

async function keyOf(gateway: Gateway) {
  return (await gateway.signer.publicKeys())[0]!
}

const attacks: readonly [name: string, attack: Attack, status: number, code: string | undefined][] = [
  // Large documents.
  ['a deep document', query(`{ members { ${nested(12)} } }`), 400, 'COST_LIMIT_EXCEEDED'],
  ['a document of 400 levels', query(`{ members { ${nested(400)} } }`), 400, 'COST_LIMIT_EXCEEDED'],
  ['a document of 20,000 braces', query('{'.repeat(20_000)), 400, 'COST_LIMIT_EXCEEDED'],
  ['a wide document', query(`{ ${times(21, () => 'programs')} }`), 400, 'COST_LIMIT_EXCEEDED'],
  [
    'one field under many names',
    query(`{ ${times(16, (at) => `a${at}: programs`)} }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  ['many tokens', query(`{ members { ${times(1_100, () => 'id')} } }`), 400, 'COST_LIMIT_EXCEEDED'],
  [
    'many literals',
    query(`{ hello(name: "${'x '.repeat(10)}") @skip(if: [${times(1_000, () => '1')}]) }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  ['fragments that double with each line', query(doubling(14)), 400, 'COST_LIMIT_EXCEEDED'],
  [
    'fragments in a circle',
    query('{ members { ...A } } fragment A on Member { ...B } fragment B on Member { ...A }'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a fragment within itself',
    query('{ members { ...A } } fragment A on Member { id ...A }'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'many directives',
    query(`query ($no: Boolean = false) { programs ${times(21, () => '@skip(if: $no)')} }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  [
    'many directives, each where it may be',
    query(`query ($no: Boolean = false) { members { ${times(21, () => 'id @skip(if: $no)')} } }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  [
    'many directives that there are not',
    query(`{ programs ${times(200, (at) => `@d${at}`)} }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  [
    'fields that do not go together',
    query(`{ hello(name: "a") ${times(60, (at) => `hello(name: "${at}")`)} }`),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  ['@defer', query('{ ... @defer { programs } }'), 400, 'BAD_USER_INPUT'],
  // Dear ones.
  [
    'lists within lists',
    query('{ members { friends(first: 100) { friends(first: 100) { name } } } }'),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  [
    'the same by a variable',
    query('query ($n: Int) { members { friends(first: $n) { friends(first: $n) { name } } } }', { n: 100 }),
    400,
    'COST_LIMIT_EXCEEDED',
  ],
  [
    'a page without end',
    query('query ($n: Int) { members { friends(first: $n) { name } } }', { n: 2_147_483_647 }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a page without end, by a name that every object has',
    query('query ($constructor: Int = 100000) { members { friends(first: $constructor) { name } } }'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a page of more than a hundred',
    query('{ members { friends(first: 101) { name } } }'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a number that is none',
    body('{"query":"query ($n: Int) { members { friends(first: $n) { name } } }","variables":{"n":1e999}}'),
    400,
    'BAD_USER_INPUT',
  ],
  // Odd bodies.
  ['a batch', body([{ query: '{ programs }' }, { query: '{ programs }' }]), 400, 'BAD_USER_INPUT'],
  [
    'a batch of thousands',
    body(Array.from({ length: 2_000 }, () => ({ query: '{ programs }' }))),
    400,
    'BAD_USER_INPUT',
  ],
  ['a huge body', body({ query: '{ programs }', pad: 'x'.repeat(200_000) }), 413, 'BAD_USER_INPUT'],
  ['bad JSON', raw('{"query": "{ programs }"'), 400, 'BAD_USER_INPUT'],
  ['no JSON at all', raw('query=%7B+programs+%7D'), 400, 'BAD_USER_INPUT'],
  ['nothing', raw(''), 400, 'BAD_USER_INPUT'],
  ['null', raw('null'), 400, 'BAD_USER_INPUT'],
  ['a text', raw('"{ programs }"'), 400, 'BAD_USER_INPUT'],
  ['a query that is a list', body({ query: ['{ programs }'] }), 400, 'BAD_USER_INPUT'],
  ['variables that are a list', body({ query: '{ programs }', variables: [1] }), 400, 'BAD_USER_INPUT'],
  [
    'an operation name that is an object',
    body({ query: 'query A { programs }', operationName: { $ne: 1 } }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'keys given twice, the second for staff',
    raw('{"query":"{ programs }","query":"{ audit }"}'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a prototype in the body',
    raw('{"query":"{ programs }","__proto__":{"trusted":true}}'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a prototype in the variables',
    raw('{"query":"{ programs }","variables":{"__proto__":{"admin":true}}}'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a constructor in the variables',
    raw('{"query":"{ programs }","variables":{"constructor":{"prototype":{"admin":true}}}}'),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'JSON within JSON, 30,000 deep',
    raw(
      `{"query":"query ($n: String!) { hello(name: $n) }","variables":{"n":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
    ),
    400,
    'BAD_USER_INPUT',
  ],
  // Odd texts.
  ['a field in Cyrillic letters', query('{ рrograms }'), 400, 'BAD_USER_INPUT'],
  ['a NUL in a document', query('{ programs \u0000 }'), 400, 'BAD_USER_INPUT'],
  ['letters that turn the line around', query('{ \u202egrograms }'), 400, 'BAD_USER_INPUT'],
  ['a lone surrogate', raw('{"query":"{ hello(name: \\"\\ud800\\") \\ud800 }"}'), 400, 'BAD_USER_INPUT'],
  [
    'bytes that are no UTF-8',
    raw(Buffer.concat([Buffer.from('{"query":"{ '), Buffer.from([0xc0, 0xaf, 0xff]), Buffer.from(' }"}')])),
    400,
    'BAD_USER_INPUT',
  ],
  ['UTF-16', raw(Buffer.from('{"query":"{ programs }"}', 'utf16le')), 400, 'BAD_USER_INPUT'],
  // Requests that other sites could make a browser send.
  [
    'a form of plain text',
    raw('{"query":"mutation { rename(name: \\"csrf\\") }"}', { 'content-type': 'text/plain' }),
    415,
    'BAD_USER_INPUT',
  ],
  [
    'a form',
    raw('query=mutation{rename(name:"csrf")}', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'BAD_USER_INPUT',
  ],
  [
    'a form of parts',
    raw('--x\r\n', { 'content-type': 'multipart/form-data; boundary=x' }),
    415,
    'BAD_USER_INPUT',
  ],
  ['a body of no type', raw('{"query":"{ programs }"}', { 'content-type': '' }), 415, 'BAD_USER_INPUT'],
  ['a link', (at) => send(at, { method: 'GET', url: '/graphql?query={programs}' }), 400, 'BAD_USER_INPUT'],
  [
    'a mutation by GET',
    (at) =>
      send(at, {
        method: 'GET',
        url: '/graphql?query=mutation{rename(name:"csrf")}',
        headers: { 'apollo-require-preflight': '1' },
      }),
    405,
    'BAD_USER_INPUT',
  ],
  [
    'another method',
    (at) => send(at, { method: 'PUT', payload: '{"query":"{ programs }"}' }),
    404,
    'NOT_FOUND',
  ],
  [
    'a way out of the house',
    (at) => send(at, { method: 'GET', url: '/graphql/..%2f..%2fetc%2fpasswd' }),
    404,
    'NOT_FOUND',
  ],
  [
    'a question to the inside',
    (at) => send(at, { url: '/internal/events', payload: '{}' }),
    404,
    'NOT_FOUND',
  ],
  [
    'a token of the sandbox',
    (at) => send(at, { url: '/sandbox/token', payload: '{"kind":"admin"}' }),
    404,
    'NOT_FOUND',
  ],
  // What is nobody's business.
  ['introspection', query('{ __schema { types { name } } }'), 400, 'BAD_USER_INPUT'],
  ['introspection of one type', query('{ __type(name: "Member") { name } }'), 400, 'BAD_USER_INPUT'],
  ['a guess at a name', query('{ program }'), 400, 'BAD_USER_INPUT'],
  ['an internal field', query('{ tokenKeys }'), 400, 'BAD_USER_INPUT'],
  ['a staff field', query('{ audit }'), 400, 'BAD_USER_INPUT'],
  [
    'entities past the roots',
    query('{ _entities(representations: [{ __typename: "Member", id: "2" }]) { ... on Member { name } } }'),
    400,
    'BAD_USER_INPUT',
  ],
  ['the SDL of a subgraph', query('{ _service { sdl } }'), 400, 'BAD_USER_INPUT'],
  // Persisted queries.
  [
    'a text under the hash of another',
    body({
      query: '{ audit }',
      extensions: { persistedQuery: { version: 1, sha256Hash: idOf('{ programs }') } },
    }),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'a hash that is a path',
    body({ extensions: { persistedQuery: { version: 1, sha256Hash: '../../../etc/passwd' } } }),
    400,
    'BAD_USER_INPUT',
  ],
  ['an id that is an object', body({ documentId: { toString: 'x' } }), 400, 'BAD_USER_INPUT'],
  // Tokens.
  [
    'a token signed by nobody',
    token(async () => `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64(CLAIMS)}.`),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'the published key as a password',
    token(async (at) => {
      const key = await keyOf(at)
      const signed = `${base64({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${base64(CLAIMS)}`
      return `${signed}.${createHmac('sha256', JSON.stringify(key)).update(signed).digest('base64url')}`
    }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a token with a key of its own',
    token(async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const jwk = publicKey.export({ format: 'jwk' })
      const signed = `${base64({ alg: 'ES256', typ: 'at+jwt', jwk })}.${base64(CLAIMS)}`
      return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a key id that is a path',
    token(async (at) => {
      const [, claims, signature] = (await at.tokenOf(ANN)).split('.')
      return `${base64({ alg: 'ES256', typ: 'at+jwt', kid: '../../dev/null' })}.${claims}.${signature}`
    }),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a token of a member with the claims of staff',
    token(async (at) => {
      const [head, , signature] = (await at.tokenOf(ANN)).split('.')
      return `${head}.${base64(CLAIMS)}.${signature}`
    }),
    401,
    'UNAUTHENTICATED',
  ],
  ['an expired token', token((at) => at.tokenOf(ANN, -60)), 401, 'UNAUTHENTICATED'],
  [
    'a token that is good for years',
    token((at) => at.tokenOf(ADMIN, 20 * 365 * 24 * 3_600)),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'a zero signature',
    token(
      async (at) =>
        `${(await at.tokenOf(ADMIN)).split('.').slice(0, 2).join('.')}.${Buffer.alloc(64).toString('base64url')}`,
    ),
    401,
    'UNAUTHENTICATED',
  ],
  [
    'two tokens',
    body({ query: '{ programs }' }, { authorization: 'Bearer a, Bearer b' }),
    401,
    'UNAUTHENTICATED',
  ],
  // Headers.
  [
    'the claims of staff, signed with a key of its own',
    (at) => {
      const payload = JSON.stringify({ query: '{ audit }' })
      const signed = { method: 'POST', path: '/graphql', body: payload, target: 'ledger@x' }
      return send(at, {
        payload,
        headers: signRequest(Buffer.alloc(32), signed, claimsOf(ADMIN), at.clock.now()),
      })
    },
    400,
    'BAD_USER_INPUT',
  ],
  [
    'claims without a signature',
    body(
      { query: '{ audit }' },
      { [CLAIMS_HEADER]: base64(claimsOf(ADMIN)), [SIGNATURE_HEADER]: 't=1,n=x,s=x' },
    ),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'an address that is forged',
    body(
      { query: '{ audit }' },
      { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1', 'x-real-ip': '127.0.0.1' },
    ),
    400,
    'BAD_USER_INPUT',
  ],
  [
    'another method by a header',
    body({ query: '{ audit }' }, { 'x-http-method-override': 'DELETE' }),
    400,
    'BAD_USER_INPUT',
  ],
]

let gateway: Gateway
let url: URL
let planned: MockInstance
let asked: MockInstance
beforeAll(async () => {
  gateway = await openFakeGateway({
    mode: 'production',
    slowest: { requestMs: 400, headMs: 200, lookMs: 50, answerMs: 5_000 },
  })
  url = new URL(await gateway.server.listen({ host: '127.0.0.1', port: 0 }))
  planned = vi.spyOn(QueryPlanner.prototype, 'buildQueryPlan')
  asked = vi.spyOn(gateway.peers, 'execute')
})
afterAll(async () => {
  planned.mockRestore()
  await gateway[Symbol.asyncDispose]()
})

const good = async () => {
  const { status, body: answer } = await gateway.ask('{ programs }')
  expect({ status, answer }).toEqual({ status: 200, answer: { data: { programs: ['super-member'] } } })
}
beforeEach(async () => {
  await good()
  planned.mockClear()
  asked.mockClear()
})
afterEach(good)

test('there are enough of them', () => {
  expect(attacks.length).toBeGreaterThan(60)
})

describe('refused, at once and in few words:', () => {
  test.for(attacks)('%s', async ([, attack, status, code]) => {
    const shown = await attack(gateway)
    const { errors, data } = JSON.parse(shown.text) as {
      errors: [{ message: string; extensions: { code: string; requestId: string } }]
      data?: unknown
    }
    expect({ status: shown.status, code: errors[0].extensions.code }).toEqual({ status, code })
    expect(data ?? undefined).toBeUndefined()
    expect(shown.cache).toMatch(shown.status === 404 ? /^$/ : /no-store/)
    expect(errors[0].extensions.requestId).toMatch(/^[\w.:-]{1,64}$/)
    expect(shown.text).not.toMatch(/ at .*\.ts|node_modules|select |identity|ledger|Did you mean/)
    // Bounded work and memory: nothing was planned or asked for, and what is said does not grow with what was sent.
    expect(planned).not.toHaveBeenCalled()
    expect(asked.mock.calls.filter(([, { query: text }]) => !/tokenKeys|endedSessions/.test(text))).toEqual(
      [],
    )
    expect(shown.text.length).toBeLessThan(5_000)
    expect(gateway.names).toEqual([])
  })
})

/** Writes on a connection and reads until the other side closes it. */
async function talk(write: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  const socket = connect(Number(url.port), '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  write(socket)
  await once(socket, 'close')
  return text
}

const HEAD = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'

describe('on the wire', () => {
  test('a body that never ends is cut off', async () => {
    const said = await talk((socket) => socket.write(`${HEAD}Content-Length: 100\r\n\r\n{"query":`))
    expect(said).toMatch(/^HTTP\/1\.1 408/)
  })

  test('so is a head that never ends', async () => {
    const said = await talk((socket) => socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: a'))
    expect(said).toMatch(/^HTTP\/1\.1 408/)
  })

  test('a head that is too large is not read on', async () => {
    const said = await talk((socket) => socket.write(`${HEAD}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`))
    expect(said).toMatch(/^HTTP\/1\.1 431/)
  })

  test('a body that does not say how long it is, is read up to the limit', async () => {
    const chunk = `${(16_384).toString(16)}\r\n${'x'.repeat(16_384)}\r\n`
    const said = await talk((socket) => {
      socket.write(
        `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(7)}0\r\n\r\n`,
      )
    })
    expect(said).toMatch(/^HTTP\/1\.1 413/)
  })

  test.for([
    ['two lengths', `${HEAD}Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}`],
    ['a length and chunks', `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    [
      'a header with a bare line feed',
      `${HEAD}X-A: b\nX-Admin: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    ],
    ['a space before the colon', `${HEAD}X-A : b\r\nContent-Length: 2\r\n\r\n{}`],
  ] as const)('%s is no request', async ([, text]) => {
    expect(await talk((socket) => socket.write(text))).toMatch(/^HTTP\/1\.1 400/)
  })

  test('a request id cannot put a header into the answer', async () => {
    const ids = await Promise.all(
      ['a%0d%0aset-cookie:%20x=1', 'a;b', '<script>', 'x'.repeat(65)].map(async (id) => {
        const { headers } = await gateway.ask('{ programs }', {}, { 'x-request-id': id })
        expect(headers['set-cookie']).toBeUndefined()
        return String(headers['x-request-id'])
      }),
    )
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('pages of other sites', () => {
  test('are not let in, unless they are named', async () => {
    await using open = await openFakeGateway({ mode: 'production', corsOrigins: ['https://www.example.com'] })
    const preflight = (origin: string) =>
      open.server.inject({
        method: 'OPTIONS',
        url: '/graphql',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const allowed = async (origin: string) => (await preflight(origin)).headers['access-control-allow-origin']
    expect(await allowed('https://www.example.com')).toBe('https://www.example.com')
    for (const origin of [
      'https://evil.example',
      'https://www.example.com.evil.example',
      'null',
      'http://www.example.com',
    ]) {
      expect(await allowed(origin)).toBeUndefined()
    }
    expect(
      (await preflight('https://www.example.com')).headers['access-control-allow-credentials'],
    ).toBeUndefined()
  })

  test('none is let in where nobody is named', async () => {
    const { headers } = await gateway.ask('{ programs }', {}, { origin: 'https://www.example.com' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})

test('a query that takes too long is answered without what it asked for; a mutation is waited for', async () => {
  await using slow = await openFakeGateway({
    mode: 'production',
    slowest: { requestMs: 5_000, headMs: 5_000, lookMs: 1_000, answerMs: 20 },
  })
  await slow.tokenOf(ANN)
  const go = slow.hold()
  const { status, body: late } = await slow.ask('{ members { name } }')
  expect({ status, code: late.errors[0].extensions.code }).toEqual({
    status: 503,
    code: 'SUBGRAPH_UNAVAILABLE',
  })
  const renaming = slow.ask('mutation { rename(name: "Cy") }')
  await expect.poll(() => slow.holding()).toBeGreaterThan(1)
  go()
  expect((await renaming).body).toEqual({ data: { rename: 'Cy' } })
})

test('a subgraph in this process that does not answer in time counts as not available', async () => {
  const peers = localPeers(gateway.clock)
  peers.add('ledger', {
    feed: { read: async () => [], hasNewer: async () => false, end: async () => START },
    execute: () => new Promise(() => {}),
  })
  await expect(async () =>
    peers.execute('ledger', { query: '{ programs }' }, claimsOf(ANN), 5),
  ).rejects.toThrow('did not answer in time')
})

test('who may import may send more, and nobody may send what has no end', async () => {
  const pad = (bytes: number) => JSON.stringify({ query: '{ programs }', pad: 'x'.repeat(bytes) })
  const till = {
    authorization: `Bearer ${await gateway.tokenOf({ kind: 'service', name: 'till', channel: 'STORE' })}`,
  }
  const ann = { authorization: `Bearer ${await gateway.tokenOf(ANN)}` }
  expect((await gateway.post(pad(1_000_000), till)).status).toBe(200)
  expect((await gateway.post(pad(5_000_000), till)).status).toBe(413)
  expect((await gateway.post(pad(1_000_000), ann)).status).toBe(413)
})
