import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Claims, signRequest, targetOf } from '../../kernel/auth/request-signature.ts'
import { serveSubgraph } from '../../kernel/serve-subgraph.ts'
import type { MountedSubgraph } from '../../kernel/subgraph.ts'
import { instant } from '../../kernel/values/instant.ts'

const linkKey = Buffer.alloc(32, 7)
const now = instant('2026-01-01T00:00:00Z')
const claims: Claims = {
  principal: { kind: 'staff', staffId: 'c', role: 'clerk' },
  language: 'zh-CN',
  requestId: 'r-1',
}
/** A subgraph that answers what it was asked, and by whom. */
const mounted = {
  name: 'ledger',
  execute(request: { query: string }, asker: Claims, patience: unknown) {
    if (request.query === 'fails') throw new Error('a secret')
    if (request.query === 'no text') return { data: { points: 1n } }
    return { data: { 会通: request, asker, mayGo: patience !== undefined } }
  },
} as unknown as MountedSubgraph

/** That the framework has seen. */
let framed = 0
const server = serveSubgraph(mounted, { linkKey, now: () => now })
server.addHook('onRequest', async () => void framed++)
let url = ''
beforeAll(async () => {
  url = await server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => server.close())
beforeEach(() => {
  framed = 0
})

const signed = (body: string) => {
  const target = targetOf('ledger', new URL(url).host)
  return signRequest(linkKey, { method: 'POST', path: '/graphql', body, target }, claims, now)
}

async function post(type: string, body: string, headers: Record<string, string>) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  })
  const { status } = answer
  return { status, type: answer.headers.get('content-type'), text: await answer.text() }
}

const text = (query: string) => JSON.stringify({ query, variables: { 名: 'Ann' } })
const whole = (query: string, mayGo: boolean) => ({
  data: { 会通: JSON.parse(text(query)), asker: claims, mayGo },
})

test.for([
  ['a query', text('{ a }'), signed, 200, whole('{ a }', true)],
  ['a mutation', text('mutation { a }'), signed, 200, whole('mutation { a }', false)],
  ['one that nobody has signed', text('{ a }'), () => ({}), 401, { error: 'The request is not signed.' }],
  [
    'one of which another body was signed',
    text('{ a }'),
    () => signed(text('{ b }')),
    401,
    { error: 'The signature of the request does not match.' },
  ],
  ['a body that is not JSON', '{', signed, 500, { error: 'internal error' }],
  ['one that fails', text('fails'), signed, 500, { error: 'internal error' }],
  ['an answer that has no text', text('no text'), signed, 500, { error: 'internal error' }],
] as const)(
  '%s is answered alike, straight or by the framework',
  async ([, body, headersOf, status, expected]) => {
    const straight = await post('application/json', body, headersOf(body))
    expect(framed).toBe(0)
    const byFramework = await post('application/json; charset=utf-8', body, headersOf(body))
    expect(framed).toBe(1)
    expect(straight).toEqual(byFramework)
    expect([straight.status, straight.type]).toEqual([status, 'application/json; charset=utf-8'])
    expect(JSON.parse(straight.text)).toEqual(expected)
  },
)

test('the same request a second time is refused, whichever way each comes', async () => {
  const body = text('{ a }')
  const headers = signed(body)
  expect((await post('application/json', body, headers)).status).toBe(200)
  for (const type of ['application/json', 'application/json; charset=utf-8']) {
    expect(await post(type, body, headers)).toMatchObject({
      status: 401,
      text: expect.stringContaining('seen before'),
    })
  }
})
