import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, anonymous, manager } from '../helpers/graph.ts'
import { type IdentityStory, openIdentity, type Refused } from './story.ts'

interface SignedIn {
  readonly session: { accessToken: string; refreshToken: string } | null
  readonly staff: { id: string; name: string } | null
  readonly refusal: Refused | null
}
interface Made {
  readonly staff: { id: string; login: string; role: string; node: string | null } | null
  readonly access: { login: string; password: string; totpUri: string } | null
  readonly refusal: Refused | null
}

const SESSION = 'session { accessToken refreshToken } staff { id name }'
const MADE = 'staff { id login role node } access { login password totpUri }'

const people = (identity: IdentityStory) => ({
  create: (as: Principal, input: Record<string, unknown>) =>
    identity.mutate<Made>(as, 'createStaff', 'CreateStaffInput', { name: 'Li Na', ...input }, MADE),
  signIn: (access: { login: string; password: string }, totp: string, from?: string) => {
    const input = { login: access.login, password: access.password, totp }
    return from === undefined
      ? identity.mutate<SignedIn>(anonymous, 'signInStaff', 'SignInStaffInput', input, SESSION)
      : identity.from<SignedIn>(from, 'signInStaff', 'SignInStaffInput', input, SESSION)
  },
  refresh: (refreshToken: string, idempotencyKey?: string) =>
    identity.mutate<SignedIn>(
      anonymous,
      'refreshStaffSession',
      'RefreshSessionInput',
      { refreshToken, idempotencyKey },
      SESSION,
    ),
  /** What an authenticator app shows in the next half minute, so that no code comes twice. */
  code: (access: { totpUri: string }) => {
    identity.clock.advance(30_000)
    return (URI.parse(access.totpUri) as TOTP).generate({ timestamp: identity.clock.now() })
  },
})

const principalOf = (token: string): Principal =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { principal: Principal })
    .principal

const node = (identity: IdentityStory, id: string, kind: string, parent?: string) =>
  identity.mutate(admin, 'saveNode', 'SaveNodeInput', { id, kind, name: id, parent }, 'node { id }')

describe('built-in accounts', () => {
  let identity: IdentityStory
  let staff: ReturnType<typeof people>
  beforeAll(async () => {
    identity = await openIdentity()
    staff = people(identity)
    await node(identity, 'shanghai', 'CITY')
    await node(identity, 's-1', 'STORE', 'shanghai')
    await node(identity, 's-2', 'STORE', 'shanghai')
  })
  afterAll(() => identity[Symbol.asyncDispose]())

  test('an administrator makes a manager, who signs in and is bounded by its node', async () => {
    const { access } = await staff.create(admin, { login: 'wang', role: 'MANAGER', node: 'shanghai' })
    const { session, staff: who, refusal } = await staff.signIn(access!, staff.code(access!))
    expect(refusal).toBeNull()
    expect(principalOf(session!.accessToken)).toMatchObject({
      kind: 'staff',
      staffId: who!.id,
      role: 'manager',
      node: 'shanghai',
      stores: ['s-1', 's-2'],
    })
    const { currentStaff } = await identity.ask<{ currentStaff: unknown }>(
      principalOf(session!.accessToken),
      '{ currentStaff { name role node login } }',
    )
    expect(currentStaff).toEqual({ name: 'Li Na', role: 'MANAGER', node: 'shanghai', login: 'wang' })
  })

  test('nothing that could be signed in with is kept in clear', async () => {
    const { access, staff: made } = await staff.create(admin, {
      login: 'kept',
      role: 'ADMIN',
      idempotencyKey: 'kept-1',
    })
    const rows =
      await identity.sql(`select staff::text, (select string_agg(answer::text, '') from identity.command)
      from identity.staff where login = 'kept'`)
    const secret = (URI.parse(access!.totpUri) as TOTP).secret
    for (const hidden of [access!.password, secret.hex, secret.base32]) {
      expect(JSON.stringify(rows)).not.toContain(hidden)
    }
    expect(JSON.stringify(rows)).toContain('$argon2id$')
    const again = await staff.create(admin, { login: 'kept', role: 'ADMIN', idempotencyKey: 'kept-1' })
    expect(again).toMatchObject({ staff: { id: made!.id }, access: null, refusal: null })
  })

  test('whatever is wrong, the answer is the same', async () => {
    const { access } = await staff.create(admin, { login: 'same', role: 'OPERATOR' })
    const right = staff.code(access!)
    const answers = await Promise.all([
      staff.signIn({ ...access!, login: 'nobody' }, right),
      staff.signIn({ ...access!, password: 'not it, not it' }, right),
      staff.signIn(access!, '000000'),
      staff.signIn(access!, ''),
    ])
    expect(answers.map(({ refusal }) => refusal)).toEqual(Array(4).fill(answers[0]!.refusal))
    expect(answers[0]!.refusal?.code).toBe('STAFF_SIGN_IN_REFUSED')
    expect((await staff.signIn(access!, right)).refusal).toBeNull()
  })

  test('a code serves once', async () => {
    const { access } = await staff.create(admin, { login: 'once', role: 'OPERATOR' })
    const code = staff.code(access!)
    const answers = await Promise.all([staff.signIn(access!, code), staff.signIn(access!, code)])
    expect(answers.map(({ refusal }) => refusal?.code ?? 'in').toSorted()).toEqual([
      'STAFF_SIGN_IN_REFUSED',
      'in',
    ])
    expect((await staff.signIn(access!, code)).refusal?.code).toBe('STAFF_SIGN_IN_REFUSED')
  })

  test('after five tries nobody guesses on, in parallel neither; a login that is none is locked alike', async () => {
    const { access } = await staff.create(admin, { login: 'locked', role: 'OPERATOR' })
    for (const login of ['locked', 'is-nobody']) {
      const guesses = await Promise.all(
        Array.from({ length: 12 }, (_, turn) => staff.signIn({ login, password: `guess ${turn}` }, '123456')),
      )
      const codes = guesses.map(({ refusal }) => refusal!.code)
      expect(codes.filter((code) => code === 'STAFF_SIGN_IN_REFUSED')).toHaveLength(5)
      expect(codes.filter((code) => code === 'STAFF_LOCKED')).toHaveLength(7)
    }
    const { refusal } = await staff.signIn(access!, staff.code(access!))
    expect(refusal?.code).toBe('STAFF_LOCKED')
    expect(refusal?.details[0]).toMatchObject({ name: 'retryAfterSeconds' })
    identity.clock.advance(3_600_000)
    expect((await staff.signIn(access!, staff.code(access!))).refusal).toBeNull()
  })

  test('an address walks through no more than thirty accounts an hour', async () => {
    identity.clock.advance(3_600_000)
    const codes: string[] = []
    for (let turn = 0; turn < 32; turn++) {
      const { refusal } = await staff.signIn(
        { login: `walk-${turn}`, password: 'x' },
        '123456',
        '203.0.113.9',
      )
      codes.push(refusal!.code)
    }
    expect(codes.filter((code) => code === 'STAFF_SIGN_IN_REFUSED')).toHaveLength(30)
    expect(codes.slice(30)).toEqual(['STAFF_LOCKED', 'STAFF_LOCKED'])
  })

  test('a session is refreshed, a stolen token ends it, and it is no longer than a day', async () => {
    const { access } = await staff.create(admin, { login: 'session', role: 'OPERATOR' })
    const first = (await staff.signIn(access!, staff.code(access!))).session!
    const second = (await staff.refresh(first.refreshToken)).session!
    expect((await staff.refresh(first.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_REUSED')
    expect((await staff.refresh(second.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')

    const third = (await staff.signIn(access!, staff.code(access!))).session!
    identity.clock.advance(15 * 3_600_000)
    const fourth = (await staff.refresh(third.refreshToken)).session!
    identity.clock.advance(2 * 3_600_000)
    expect((await staff.refresh(fourth.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
  })

  test('a session is as long as it is set', async () => {
    await using short = await openIdentity({ HUITONG_STAFF_SESSION_HOURS: '2' })
    const own = people(short)
    const { access } = await own.create(admin, { login: 'short', role: 'OPERATOR' })
    const first = (await own.signIn(access!, own.code(access!))).session!
    short.clock.advance(3_600_000)
    const second = (await own.refresh(first.refreshToken)).session!
    short.clock.advance(3_600_000)
    expect((await own.refresh(second.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
  })

  test('who signs out, leaves, moves or is reset has no session any more, and the gateway is told', async () => {
    const ended = async () =>
      (
        await identity.ask<{ endedSessions: string[] }>(
          { kind: 'service', name: 'gateway' },
          '{ endedSessions }',
        )
      ).endedSessions
    const change = (name: string, type: string, input: Record<string, unknown>) =>
      identity.mutate<{ refusal: Refused | null }>(admin, name, type, input, '__typename')
    const endings: [string, (id: string, session: Principal) => Promise<unknown>][] = [
      ['out', (_, as) => identity.ask(as, 'mutation { signOutStaff { signedOut } }')],
      ['gone', (id) => change('closeStaff', 'CloseStaffInput', { id })],
      ['reset', (id) => change('resetStaffAccess', 'StaffIdInput', { id })],
      [
        'moved',
        (id) =>
          change('updateStaff', 'UpdateStaffInput', {
            id,
            login: 'end-moved',
            name: 'Li',
            role: 'CLERK',
            node: 's-2',
          }),
      ],
    ]
    for (const [name, end] of endings) {
      const { access, staff: made } = await staff.create(admin, {
        login: `end-${name}`,
        role: 'CLERK',
        node: 's-1',
      })
      const { session } = await staff.signIn(access!, staff.code(access!))
      const principal = principalOf(session!.accessToken)
      await end(made!.id, principal)
      expect(await ended(), name).toContain((principal as { sessionId: string }).sessionId)
      expect((await staff.refresh(session!.refreshToken)).refusal?.code, name).toBe('REFRESH_TOKEN_NOT_VALID')
      const again = await staff.signIn(access!, staff.code(access!))
      const stillIn = name === 'out' || name === 'moved'
      expect(again.refusal?.code ?? 'in', name).toBe(stillIn ? 'in' : 'STAFF_SIGN_IN_REFUSED')
    }
  })

  test('a person changes its password, and goes on in this session alone', async () => {
    const { access } = await staff.create(admin, { login: 'change', role: 'OPERATOR' })
    const other = (await staff.signIn(access!, staff.code(access!))).session!
    const mine = (await staff.signIn(access!, staff.code(access!))).session!
    const change = (current: string, password: string) =>
      identity.mutate<{ refusal: Refused | null }>(
        principalOf(mine.accessToken),
        'changeStaffPassword',
        'ChangeStaffPasswordInput',
        { current, password },
        'staff { id }',
      )
    expect((await change(access!.password, 'short')).refusal?.code).toBe('PASSWORD_NOT_VALID')
    expect((await change('not the present', 'a long new password')).refusal?.code).toBe(
      'STAFF_SIGN_IN_REFUSED',
    )
    expect((await change(access!.password, 'a long new password')).refusal).toBeNull()
    expect((await staff.refresh(other.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
    expect((await staff.refresh(mine.refreshToken)).refusal).toBeNull()
    expect((await staff.signIn(access!, staff.code(access!))).refusal?.code).toBe('STAFF_SIGN_IN_REFUSED')
    const renewed = { ...access!, password: 'a long new password' }
    expect((await staff.signIn(renewed, staff.code(access!))).refusal).toBeNull()
  })

  test('a manager looks after accounts of its own part, and what was done is on record', async () => {
    const of = manager('shanghai', ['s-1', 's-2'])
    const made = await staff.create(of, { login: 'below', role: 'CLERK', node: 's-1' })
    expect(made.refusal).toBeNull()
    expect((await staff.create(of, { login: 'too-high', role: 'ADMIN' })).refusal?.code).toBe(
      'STAFF_NOT_FOUND',
    )
    expect((await staff.create(of, { login: 'below', role: 'CLERK', node: 's-1' })).refusal?.code).toBe(
      'STAFF_EXISTS',
    )
    const logins = async (as: Principal) =>
      (
        await identity.ask<{ staff: { edges: { node: { login: string } }[] } }>(
          as,
          '{ staff(first: 100) { edges { node { login } } } }',
        )
      ).staff.edges.map((edge) => edge.node.login)
    expect(await logins(manager('s-1'))).toContain('below')
    expect(await logins(manager('s-2'))).not.toContain('below')
    const close = (as: Principal) =>
      identity.mutate<{ refusal: Refused | null }>(
        as,
        'closeStaff',
        'CloseStaffInput',
        { id: made.staff!.id },
        'staff { closed }',
      )
    expect((await close(manager('s-2'))).refusal?.code).toBe('STAFF_NOT_FOUND')
    identity.clock.advance(1_000)
    expect((await close(of)).refusal).toBeNull()
    const changes = await identity.sql<{ change: string; changed_by: string }>(
      'select change, changed_by from identity.staff_change where staff_id = $1 order by id',
      [made.staff!.id],
    )
    expect(changes).toEqual([
      { change: 'created', changed_by: 'staff:manager-shanghai' },
      { change: 'closed', changed_by: 'staff:manager-shanghai' },
    ])
  })
})

describe('by the OpenID provider', () => {
  let provider: {
    server: Server
    issuer: string
    sign: (claims: JWTPayload, options?: Signing) => Promise<string>
  }
  let identity: IdentityStory
  interface Signing {
    readonly alg?: string
    readonly stranger?: boolean
  }
  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256')
    const other = await generateKeyPair('RS256')
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] }
    let issuer = ''
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      if (request.url === '/.well-known/openid-configuration') {
        response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }))
      } else response.end(JSON.stringify(keys))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    identity = await openIdentity({ STAFF_OPENID_ISSUER: issuer, STAFF_OPENID_CLIENT_ID: 'huitong-console' })
    let turn = 0
    provider = {
      server,
      issuer,
      sign: (claims, { stranger = false } = {}) => {
        const seconds = Math.floor(identity.clock.now() / 1000)
        return new SignJWT({
          iss: issuer,
          aud: 'huitong-console',
          sub: 'u-1',
          iat: seconds,
          exp: seconds + 300,
          jti: String(turn++),
          ...claims,
        })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .sign(stranger ? other.privateKey : privateKey)
      },
    }
    await people(identity).create(admin, { login: 'li.na', role: 'OPERATOR', openId: 'u-1' })
  })
  afterAll(async () => {
    provider.server.close()
    await identity[Symbol.asyncDispose]()
  })
  const signIn = (idToken: string, more: Record<string, unknown> = {}) =>
    identity.mutate<SignedIn>(
      anonymous,
      'signInStaffByOpenId',
      'SignInStaffByOpenIdInput',
      { idToken, ...more },
      SESSION,
    )

  test('who is known by its subject is signed in, once for each token', async () => {
    const token = await provider.sign({})
    const answers = await Promise.all([signIn(token), signIn(token)])
    expect(answers.map(({ refusal }) => refusal?.code ?? 'in').toSorted()).toEqual([
      'ID_TOKEN_NOT_VALID',
      'in',
    ])
    expect(answers.find(({ session }) => session)?.staff?.name).toBe('Li Na')
  })

  test('the token endpoint exchanges one too', async () => {
    const answer = await identity.mutate<{
      session: { accessToken: string } | null
      refusal: Refused | null
    }>(
      { kind: 'service', name: 'gateway' },
      'exchangeToken',
      'ExchangeTokenInput',
      {
        subjectToken: await provider.sign({}),
        subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
      },
      'session { accessToken }',
    )
    expect(principalOf(answer.session!.accessToken)).toMatchObject({ kind: 'staff', role: 'operator' })
  })

  test.for<[string, JWTPayload, Signing, Record<string, unknown>, string]>([
    ['signed by somebody else', {}, { stranger: true }, {}, 'ID_TOKEN_NOT_VALID'],
    ['for another client', { aud: 'other' }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['for several clients, not by us', { aud: ['huitong-console', 'other'] }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['of another issuer', { iss: 'https://evil.example' }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['run out', { exp: 1 }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['an hour old', { iat: 1_700_000_000 }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['with another nonce', { nonce: 'a' }, {}, { nonce: 'b' }, 'ID_TOKEN_NOT_VALID'],
    ['with a nonce that was not asked for', { nonce: 'a' }, {}, {}, 'ID_TOKEN_NOT_VALID'],
    ['of nobody on the staff', { sub: 'stranger' }, {}, {}, 'STAFF_SIGN_IN_REFUSED'],
  ])('a token %s is refused', async ([, claims, signing, more, code]) => {
    expect((await signIn(await provider.sign(claims, signing), more)).refusal?.code).toBe(code)
  })

  test('what is no token, or not signed at all, is refused', async () => {
    const [, body] = (await provider.sign({})).split('.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    for (const text of ['', 'x', 'a.b.c', unsigned, 'x'.repeat(20_000)]) {
      expect((await signIn(text)).refusal?.code).toBe('ID_TOKEN_NOT_VALID')
    }
  })
})

test('without a provider nobody signs in by one', async () => {
  await using identity = await openIdentity()
  const answer = await identity.mutate<SignedIn>(
    anonymous,
    'signInStaffByOpenId',
    'SignInStaffByOpenIdInput',
    { idToken: 'x' },
    SESSION,
  )
  expect(answer.refusal?.code).toBe('OPEN_ID_UNAVAILABLE')
})

describe('token exchange for the back end of a channel', () => {
  let identity: IdentityStory
  let secret: string
  beforeAll(async () => {
    identity = await openIdentity()
    const { clientSecret } = await identity.mutate<{ clientSecret: string }>(
      admin,
      'createClient',
      'CreateClientInput',
      { clientId: 'app', kind: 'CHANNEL', channel: 'APP' },
      'clientSecret',
    )
    secret = clientSecret
    await identity.register(
      { kind: 'service', name: 'app', channel: 'APP' },
      [{ asserted: { kind: 'APP_USER', scope: 'cn', value: 'u-7' } }],
      'APP',
    )
  })
  afterAll(() => identity[Symbol.asyncDispose]())
  const exchange = (input: Record<string, unknown>) =>
    identity.mutate<{ session: { accessToken: string } | null; refusal: Refused | null }>(
      { kind: 'service', name: 'gateway' },
      'exchangeToken',
      'ExchangeTokenInput',
      {
        clientId: 'app',
        clientSecret: secret,
        subjectToken: 'u-7',
        subjectTokenType: 'urn:huitong:identity:app_user',
        subjectScope: 'cn',
        ...input,
      },
      'session { accessToken }',
    )

  test('it gets the token of a user of its own', async () => {
    const { session } = await exchange({})
    expect(principalOf(session!.accessToken)).toMatchObject({ kind: 'member', channel: 'APP' })
  })

  test.for<[string, Record<string, unknown>, string]>([
    ['a wrong secret', { clientSecret: 'x' }, 'CLIENT_NOT_VALID'],
    ['no client', { clientId: null, clientSecret: null }, 'CLIENT_NOT_VALID'],
    ['a user that nobody knows', { subjectToken: 'u-8' }, 'MEMBER_NOT_FOUND'],
    ['another scope', { subjectScope: 'us' }, 'MEMBER_NOT_FOUND'],
    [
      'a kind that is not its own',
      { subjectTokenType: 'urn:huitong:identity:wechat_unionid' },
      'ASSERTION_NOT_ALLOWED',
    ],
    ['a kind that is none', { subjectTokenType: 'urn:huitong:identity:soul' }, 'IDENTIFIER_NOT_VALID'],
    [
      'a type of others',
      { subjectTokenType: 'urn:ietf:params:oauth:token-type:saml2' },
      'IDENTIFIER_NOT_VALID',
    ],
  ])('%s is refused', async ([, input, code]) => {
    expect((await exchange(input)).refusal?.code).toBe(code)
  })
})
