import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFakeGateway } from './fakes/open-gateway.ts'

let gateway: Awaited<ReturnType<typeof openFakeGateway>>
beforeAll(async () => {
  gateway = await openFakeGateway()
})
afterAll(() => gateway[Symbol.asyncDispose]())

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})
const token = async (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  gateway.server.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })

describe('POST /oauth/token', () => {
  const grant = { grant_type: 'client_credentials' }

  test('a client gets a token by its secret in the form or in the header', async () => {
    for (const answer of [
      await token({ ...grant, client_id: 'wechat', client_secret: 's+e cret' }),
      await token(grant, basic('wechat', 's+e cret')),
    ]) {
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.json()).toEqual({ access_token: 'a-token', token_type: 'Bearer', expires_in: 900 })
    }
  })

  test.for([
    ['no grant', {}, {}, 400, 'invalid_request'],
    ['another grant', { grant_type: 'password' }, {}, 400, 'unsupported_grant_type'],
    ['no client', grant, {}, 401, 'invalid_client'],
    ['a wrong secret', { ...grant, client_id: 'wechat', client_secret: 'x' }, {}, 401, 'invalid_client'],
    ['a wrong secret in the header', grant, basic('wechat', 'x'), 401, 'invalid_client'],
    [
      'two ways at once',
      { ...grant, client_id: 'wechat', client_secret: 's' },
      basic('wechat', 's'),
      400,
      'invalid_request',
    ],
    ['a parameter twice', 'grant_type=client_credentials&grant_type=x', {}, 400, 'invalid_request'],
    [
      'JSON',
      '{"grant_type":"client_credentials"}',
      { 'content-type': 'application/json' },
      400,
      'invalid_request',
    ],
  ] as const)('%s is refused by RFC 6749', async ([, form, headers, status, error]) => {
    const answer = await token(form, headers)
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ error, error_description: expect.any(String) })
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch('Basic')
  })
})

describe('POST /oauth/token, token exchange (RFC 8693)', () => {
  const grant = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'u-1',
    subject_token_type: 'urn:huitong:identity:app_user',
  }
  const idToken = { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }
  const client = basic('wechat', 's+e cret')

  test('the back end of a channel gets the token of a user of its own', async () => {
    const answer = await token(grant, client)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json()).toEqual({
      access_token: 'u-1 (app_user)',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: 'r',
    })
  })

  test('an ID token needs no client', async () => {
    expect((await token({ ...grant, ...idToken })).json().access_token).toBe('u-1 (id_token)')
  })

  test.for([
    ['no subject', { ...grant, subject_token: '' }, client, 400, 'invalid_request'],
    ['no client', grant, {}, 401, 'invalid_client'],
    ['a wrong secret', grant, basic('wechat', 'x'), 401, 'invalid_client'],
    ['nobody', { ...grant, subject_token: 'nobody' }, client, 400, 'invalid_grant'],
    ['not its own kind', { ...grant, subject_token: 'a phone' }, client, 400, 'invalid_request'],
    [
      'a provider that is away',
      { ...grant, ...idToken, subject_token: 'away' },
      {},
      503,
      'temporarily_unavailable',
    ],
    ['an actor', { ...grant, actor_token: 'x' }, client, 400, 'invalid_request'],
    ['another token', { ...grant, requested_token_type: 'urn:x' }, client, 400, 'invalid_request'],
  ] as const)('%s is refused', async ([, form, headers, status, error]) => {
    const answer = await token(form, headers)
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ error, error_description: expect.any(String) })
  })
})

test('the keys of tokens are published', async () => {
  const { keys } = (await gateway.server.inject({ url: '/.well-known/jwks.json' })).json()
  expect(keys).toEqual([
    expect.objectContaining({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) }),
  ])
  expect(keys[0].d).toBeUndefined()
})

describe('POST /sandbox/token', () => {
  const make = (payload: object) => gateway.server.inject({ method: 'POST', url: '/sandbox/token', payload })

  test('gives a token for a caller of any kind', async () => {
    const answer = await make({ kind: 'clerk', store: 'store-7' })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ token: 'clerk at store-7', expiresIn: 900 })
  })

  test.for([{}, { kind: 'king' }, { kind: 'admin', role: 'god' }, { kind: 'clerk', store: '' }])(
    '%o is refused',
    async (request) => {
      const answer = await make(request)
      expect(answer.statusCode).toBe(400)
      expect(answer.json().errors[0].extensions.code).toBe('BAD_USER_INPUT')
    },
  )

  test('without a body is told what to send', async () => {
    const answer = await gateway.server.inject({ method: 'POST', url: '/sandbox/token' })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors[0].message).toBe('Send an object such as {"kind":"clerk","store":"store-1"}.')
  })
})
