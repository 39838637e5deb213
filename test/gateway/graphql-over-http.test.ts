import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenSigner } from '../../kernel/auth/access-token.ts'
import { newSecrets } from '../../kernel/secrets.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

const member = { kind: 'member', memberId: '1' as never, channel: 'APP', sessionId: 's' } as const

let gateway: Awaited<ReturnType<typeof openFakeGateway>>
beforeAll(async () => {
  gateway = await openFakeGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

describe('answers', () => {
  test('one question is answered by two subgraphs', async () => {
    const { status, body, headers } = await gateway.ask('{ members { name points tier } }')
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch('application/json')
    expect(headers['cache-control']).toBe('private, no-store')
    expect(body).toEqual({
      data: {
        members: [
          { name: 'Ann', points: 7, tier: 'vip' },
          { name: 'Bo', points: 7, tier: 'vip' },
        ],
      },
    })
  })

  test('in application/graphql-response+json for who asks for it', async () => {
    const { headers } = await gateway.ask('{ programs }', {}, { accept: 'application/graphql-response+json' })
    expect(headers['content-type']).toMatch('application/graphql-response+json')
  })

  test('in the language of the request', async () => {
    const { body } = await gateway.ask('{ hello(name: "Ann") }', {}, { 'accept-language': 'zh-CN,zh;q=0.9' })
    expect(body.data).toEqual({ hello: '你好，Ann' })
  })

  test('with the id that the caller gave the request, if it is sane', async () => {
    const sane = await gateway.ask('{ programs }', {}, { 'x-request-id': 'till-7:42' })
    expect(sane.headers['x-request-id']).toBe('till-7:42')
    const odd = await gateway.ask('{ programs }', {}, { 'x-request-id': 'a b; drop' })
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a document that would take long to plan is refused before it is', () => {
  test('by its length', async () => {
    const fields = Array.from({ length: 2_000 }, (_, index) => `a${index}: programs`)
    const { status, body } = await gateway.ask(`{ ${fields.join(' ')} }`)
    expect(status).toBe(400)
    expect(body.errors[0].message).toMatch('more than 1000 tokens')
  })

  test('by what its fragments come to', async () => {
    const spread = Array.from(
      { length: 40 },
      (_, index) =>
        `fragment F${index} on Query { ...F${index + 1} ... @skip(if: $no) { ...F${index + 1} } }`,
    )
    const { status, body } = await gateway.ask(
      `query ($no: Boolean!) { ...F0 } ${spread.join(' ')} fragment F40 on Query { programs }`,
      { no: false },
    )
    expect(status).toBe(400)
    expect(body.errors[0].extensions.code).toBe('COST_LIMIT_EXCEEDED')
    expect(body.errors[0].message).toBe('The document has more than 1000 fields; ask in parts.')
  })

  test('and fragments in a circle are named as such', async () => {
    const { body } = await gateway.ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')
    expect(body.errors[0].message).toMatch('Cannot spread fragment "A" within itself')
  })
})

describe('a request that cannot be answered says why', () => {
  test.for([
    [
      'an unknown field',
      { query: '{ programs\n nonsense }' },
      400,
      'Cannot query field "nonsense" on type "Query".',
    ],
    ['an internal field', { query: '{ tokenKeys }' }, 400, 'Cannot query field "tokenKeys" on type "Query".'],
    ['a syntax error', { query: '{ programs' }, 400, 'Syntax Error: Expected Name, found <EOF>.'],
    [
      'a missing variable',
      { query: 'query ($n: String!) { hello(name: $n) }' },
      400,
      '"$n" of required type "String!" was not provided',
    ],
    ['no query', { variables: {} }, 400, 'GraphQL operations must contain a non-empty `query`'],
    ['a batch', [{ query: '{ programs }' }], 400, 'Operation batching disabled.'],
    ['malformed JSON', '{"query": ', 400, 'The body is not valid JSON.'],
    ['a bad scalar', { query: '{ hello(name: "x", at: "yesterday") }' }, 200, 'yesterday'],
  ] as const)('%s', async ([, request, status, message]) => {
    const answer = await gateway.post(request)
    expect(answer.status).toBe(status)
    expect(answer.body.errors[0].message).toContain(message)
    expect(answer.body.errors[0].extensions).toEqual({
      code: 'BAD_USER_INPUT',
      requestId: answer.headers['x-request-id'],
    })
  })

  test('an unknown field is named with its position', async () => {
    const { body } = await gateway.ask('{ programs\n nonsense }')
    expect(body.errors[0].locations).toEqual([{ line: 2, column: 2 }])
  })

  test('a body over four megabytes', async () => {
    const answer = await gateway.ask(`{ hello(name: "${'x'.repeat(4 * 1024 * 1024)}") }`)
    expect(answer.status).toBe(413)
    expect(answer.body.errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  test('a form, as another site could make a browser send it', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await gateway.post('{"query":"{ programs }"}', { 'content-type': type })
      expect(answer.status).toBe(415)
      expect(answer.body.errors[0].extensions.code).toBe('BAD_USER_INPUT')
    }
    const link = await gateway.server.inject({ url: '/graphql?query={programs}' })
    expect(link.statusCode).toBe(400)
    expect(link.json().errors[0].message).toContain('CSRF')
  })

  test('an unknown route', async () => {
    const response = await gateway.server.inject({ url: '/nowhere?x=1' })
    expect(response.statusCode).toBe(404)
    expect(response.json().errors[0]).toMatchObject({
      message: 'There is no GET /nowhere.',
      extensions: { code: 'NOT_FOUND' },
    })
  })
})

describe('callers', () => {
  test('a member is known by its token', async () => {
    const token = await gateway.tokenOf(member)
    const { body } = await gateway.ask('{ me { name points } }', {}, { authorization: `Bearer ${token}` })
    expect(body).toEqual({ data: { me: { name: 'Ann', points: 7 } } })
  })

  test('who brings no token is nobody: public fields answer, others do not', async () => {
    const { status, body } = await gateway.ask('{ programs me { name } }')
    expect(status).toBe(200)
    expect(body.data).toEqual({ programs: ['super-member'], me: null })
    expect(body.errors[0]).toMatchObject({ path: ['me'], extensions: { code: 'UNAUTHENTICATED' } })
  })

  test('a member sees nothing of another', async () => {
    const token = await gateway.tokenOf(member)
    const { body } = await gateway.ask('{ members { id points } }', {}, { authorization: `Bearer ${token}` })
    expect(
      body.errors.map((error: { path: unknown; extensions: { code: string } }) => error.extensions.code),
    ).toContain('FORBIDDEN')
    expect(JSON.stringify(body.data)).not.toContain('"2"')
  })

  test.for(['Bearer not.a.token', 'Basic YTpi', 'Bearer', 'Bearer a b'])(
    'a bad header is refused: %s',
    async (authorization) => {
      const { status, body, headers } = await gateway.ask('{ programs }', {}, { authorization })
      expect(status).toBe(401)
      expect(headers['www-authenticate']).toMatch('Bearer')
      expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED')
      expect(body.data).toBeUndefined()
    },
  )

  test('a token of another issuer, an expired one and a changed one are refused', async () => {
    const now = gateway.clock.now()
    const foreign = await tokenSigner(newSecrets().token).sign(member, { now })
    const expired = await gateway.tokenOf(member, -60)
    const [head, , signature] = (await gateway.tokenOf(member)).split('.')
    const [, adminClaims] = (await gateway.tokenOf({ kind: 'staff', staffId: 'x', role: 'admin' })).split('.')
    for (const token of [foreign, expired, `${head}.${adminClaims}.${signature}`]) {
      const { status, body } = await gateway.ask('{ programs }', {}, { authorization: `Bearer ${token}` })
      expect(status).toBe(401)
      expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED')
    }
  })
})

describe('when something breaks', () => {
  test('a failure of ours is masked, and no subgraph is named', async () => {
    const { body } = await gateway.ask('{ programs broken }')
    expect(body.data).toEqual({ programs: ['super-member'], broken: null })
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0].message).toMatch(/^Internal error\. Quote request/)
    expect(Object.keys(body.errors[0].extensions)).toEqual(['code', 'requestId'])
    expect(JSON.stringify(body)).not.toMatch(/select|identity|stack/)
  })

  test('one subgraph down leaves the fields of the others', async () => {
    gateway.down.add('ledger')
    try {
      const { status, body } = await gateway.ask('{ programs members { name points worth: tier } }')
      expect(status).toBe(200)
      expect(body.data).toEqual({
        programs: null,
        members: [
          { name: 'Ann', points: null, worth: null },
          { name: 'Bo', points: null, worth: null },
        ],
      })
      expect(body.errors.map(({ path }: { path: unknown[] }) => path.join('.')).sort()).toEqual([
        'members.0.points',
        'members.0.worth',
        'members.1.points',
        'members.1.worth',
        'programs',
      ])
      for (const error of body.errors) {
        expect(error.extensions.code).toBe('SUBGRAPH_UNAVAILABLE')
        expect(error.message).not.toContain('ledger')
      }
    } finally {
      gateway.down.clear()
    }
  })

  test('readiness names what is not ready', async () => {
    expect((await gateway.server.inject({ url: '/health/ready' })).statusCode).toBe(200)
    gateway.down.add('ledger')
    try {
      const response = await gateway.server.inject({ url: '/health/ready' })
      expect(response.statusCode).toBe(503)
      expect(response.json()).toEqual({ status: 'not ready', notReady: ['ledger'] })
      expect((await gateway.server.inject({ url: '/health/live' })).statusCode).toBe(200)
    } finally {
      gateway.down.clear()
    }
  })
})

describe('Prefer: wait', () => {
  test('a mutation waits for its effects everywhere', async () => {
    gateway.drained.length = 0
    const { headers } = await gateway.ask('mutation { rename(name: "x") }', {}, { prefer: 'wait=5' })
    expect(headers['preference-applied']).toBe('wait')
    expect(gateway.drained).toEqual(['identity', 'ledger', 'benefits', 'campaigns'])
  })

  test('a query does not, nor a mutation that did not ask', async () => {
    gateway.drained.length = 0
    const query = await gateway.ask('{ programs }', {}, { prefer: 'wait=5' })
    const mutation = await gateway.ask('mutation { rename(name: "x") }')
    expect(query.headers['preference-applied']).toBeUndefined()
    expect(mutation.headers['preference-applied']).toBeUndefined()
    expect(gateway.drained).toEqual([])
  })

  test('what publishes while it is drained is drained again', async () => {
    gateway.drained.length = 0
    let left = 2
    const stop = gateway.peers.onPublished('ledger', () => {})
    const drain = gateway.drained.push.bind(gateway.drained)
    gateway.drained.push = (...names) => {
      if (left-- > 0) gateway.peers.wake('ledger')
      return drain(...names)
    }
    await gateway.ask('mutation { rename(name: "x") }', {}, { prefer: 'respond-async, wait=99999' })
    stop()
    gateway.drained.push = drain
    expect(gateway.drained.length).toBe(8)
  })
})

describe('in production', () => {
  test('there is no introspection, no suggestion, no sandbox and no page', async () => {
    await using production = await openFakeGateway({ mode: 'production' })
    const introspection = await production.ask('{ __schema { types { name } } }')
    expect(introspection.status).toBe(400)
    const typo = await production.ask('{ program }')
    expect(typo.body.errors[0].message).not.toContain('Did you mean')
    const sandbox = await production.server.inject({
      method: 'POST',
      url: '/sandbox/token',
      payload: { kind: 'admin' },
    })
    expect(sandbox.statusCode).toBe(404)
    const page = await production.server.inject({ url: '/graphql', headers: { accept: 'text/html' } })
    expect(page.headers['content-type']).toMatch('application/json')
  })

  test('a token of the sandbox, good for years, is none; in the sandbox it is', async () => {
    await using production = await openFakeGateway({ mode: 'production' })
    const ask = async (at: typeof production, seconds?: number) => {
      const authorization = `Bearer ${await at.tokenOf(member, seconds)}`
      return (await at.ask('{ programs }', {}, { authorization })).status
    }
    const years = 20 * 365 * 24 * 60 * 60
    expect(await ask(production)).toBe(200)
    expect(await ask(production, years)).toBe(401)
    expect(await ask(gateway, years)).toBe(200)
  })

  test('the sandbox has them', async () => {
    const typo = await gateway.ask('{ program }')
    expect(typo.body.errors[0].message).toContain('Did you mean "programs"?')
    const introspection = await gateway.ask('{ __type(name: "Query") { fields { name } } }')
    expect(introspection.body.data.__type.fields.map(({ name }: { name: string }) => name)).not.toContain(
      'tokenKeys',
    )
    const page = await gateway.server.inject({ url: '/graphql', headers: { accept: 'text/html,*/*' } })
    expect(page.headers['content-type']).toMatch('text/html')
  })
})

describe('who accepts application/json and nothing newer', () => {
  const json = { accept: 'application/json' }
  test.for([
    ['a syntax error', { query: '{ programs' }, 200],
    ['an unknown field', { query: '{ nonsense }' }, 200],
    ['a missing variable', { query: 'query ($n: String!) { hello(name: $n) }' }, 200],
    ['no query', { variables: {} }, 400],
    ['variables that are no object', { query: '{ programs }', variables: '1' }, 400],
    ['a document that costs too much', { query: `{ ${'programs '.repeat(3_000)} }` }, 400],
  ] as const)('is told of %s with the status of a well-formed answer', async ([, request, status]) => {
    // Once as something new, once by the way of what is known.
    for (let turn = 0; turn < 2; turn++) {
      const answer = await gateway.post(request, json)
      expect(answer.status).toBe(status)
      expect(answer.body.errors).not.toHaveLength(0)
      expect(answer.body.data).toBeUndefined()
    }
    expect((await gateway.post(request, { accept: 'application/graphql-response+json' })).status).toBe(400)
  })
})
