import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { verifyAccessToken } from '../../kernel/auth/access-token.ts'
import { admin, anonymous, clerk, member, operator, service } from '../helpers/graph.ts'
import { type IdentityStory, openIdentity, wechat } from './story.ts'

const phone = '13812341234'

const principalOf = async (identity: IdentityStory, token: string) => {
  const { tokenKeys } = await identity.ask<{ tokenKeys: string[] }>(anonymous, '{ tokenKeys }')
  const key = createPublicKey({ key: JSON.parse(tokenKeys[0]!), format: 'jwk' })
  const { principal } = await verifyAccessToken(token, async () => key, identity.clock.now())
  return principal
}

describe('a one-time code', () => {
  test('proves the phone once', async () => {
    await using identity = await openIdentity()
    const proof = await identity.phoneProof(phone)
    expect((await identity.signIn(anonymous, proof)).refusal?.code).toBe('MEMBER_NOT_FOUND')
    expect((await identity.signIn(anonymous, proof)).refusal?.code).toBe('CODE_NOT_VALID')
  })

  test('has three tries', async () => {
    await using identity = await openIdentity()
    const right = await identity.code(phone)
    const wrong = right === '000000' ? '000001' : '000000'
    const signIn = async (code: string) =>
      (await identity.signIn(anonymous, { phoneCode: { phone, code } })).refusal!
    expect(await signIn(wrong)).toMatchObject({
      code: 'CODE_NOT_VALID',
      details: [{ name: 'triesLeft', value: '2' }],
    })
    expect(await signIn(wrong)).toMatchObject({ details: [{ value: '1' }] })
    expect(await signIn(wrong)).toMatchObject({ details: [{ value: '0' }] })
    expect((await signIn(right)).code).toBe('CODE_TRIES_EXHAUSTED')
  })

  test('runs out after five minutes, and a newer one replaces it', async () => {
    await using identity = await openIdentity()
    const first = await identity.phoneProof(phone)
    const second = await identity.phoneProof(phone)
    expect((await identity.signIn(anonymous, first)).refusal?.code).toBe('CODE_NOT_VALID')
    identity.clock.advance(5 * 60_000)
    expect((await identity.signIn(anonymous, second)).refusal?.code).toBe('CODE_EXPIRED')
  })

  test('is sent once a minute and five times an hour, however many ask at once', async () => {
    await using identity = await openIdentity()
    const asked = await Promise.all(Array.from({ length: 6 }, () => identity.requestCode(phone)))
    expect(asked.filter(({ challenge }) => challenge)).toHaveLength(1)
    expect(asked.find(({ refusal }) => refusal)?.refusal).toMatchObject({
      code: 'CODE_RATE_LIMITED',
      message: 'Too many codes or tries. Ask again in 60 seconds.',
    })
    for (let round = 0; round < 4; round++) await identity.code(phone)
    identity.clock.advance(60_000)
    expect((await identity.requestCode(phone)).refusal?.details).toEqual([
      { name: 'retryAfterSeconds', value: '3300' },
    ])
    expect((await identity.requestCode('13900001111')).challenge).not.toBeNull()
    expect((await identity.requestCode('12')).refusal?.code).toBe('PHONE_NOT_VALID')
  })

  test('asked for twice with one key is one code', async () => {
    await using identity = await openIdentity()
    const first = await identity.requestCode(phone, 'SIGN_IN', { idempotencyKey: 'k' })
    expect(await identity.requestCode(phone, 'SIGN_IN', { idempotencyKey: 'k' })).toEqual(first)
  })

  test('is forgotten in time, and so are old refresh tokens', async () => {
    await using identity = await openIdentity()
    await identity.registered(phone)
    identity.clock.advance(86_400_000)
    await identity.runJob('forget-expired')
    expect(await identity.count('one_time_code')).toBe(1)
    identity.clock.advance(30 * 86_400_000)
    await identity.runJob('forget-expired')
    expect(await identity.count('one_time_code')).toBe(0)
    expect(await identity.count('refresh_token')).toBe(0)
  })
})

test('who registers is signed in and sees itself at once', async () => {
  await using identity = await openIdentity()
  const proofs = [await identity.phoneProof(phone)]
  const { registerMember } = await identity.ask<{
    registerMember: { member: { id: string }; session: { accessToken: string } }
  }>(
    anonymous,
    `mutation ($input: RegisterMemberInput!) { registerMember(input: $input) {
       created
       member { id number status joinedAt joinedChannel profile { name phone birthday version } tags { name } }
       session { accessToken accessTokenExpiresAt refreshTokenExpiresAt }
     } }`,
    { input: { channel: 'APP', proofs, profile: { name: '张小明', birthday: '1990-02-03' } } },
  )
  expect(registerMember).toMatchObject({
    created: true,
    member: {
      number: expect.stringMatching(/^\d{10}$/),
      status: 'ACTIVE',
      joinedAt: '2026-01-01T00:01:00.000Z',
      joinedChannel: 'APP',
      profile: { name: '张小明', phone: '+8613812341234', birthday: '1990-02-03', version: 1 },
      tags: [],
    },
    session: {
      accessTokenExpiresAt: '2026-01-01T00:16:00.000Z',
      refreshTokenExpiresAt: '2026-01-31T00:01:00.000Z',
    },
  })
  expect(await principalOf(identity, registerMember.session.accessToken)).toMatchObject({
    kind: 'member',
    memberId: registerMember.member.id,
    channel: 'APP',
  })
})

describe('a session', () => {
  const begun = async (identity: IdentityStory) => {
    await identity.registered(phone)
    const { session } = await identity.signIn(anonymous, await identity.phoneProof(phone))
    return session!.refreshToken
  }

  test('goes on by rotation, and ends when a token comes twice', async () => {
    await using identity = await openIdentity()
    const first = await begun(identity)
    const second = (await identity.refresh(first)).session!.refreshToken
    const third = (await identity.refresh(second)).session!.refreshToken
    expect((await identity.refresh(first)).refusal?.code).toBe('REFRESH_TOKEN_REUSED')
    expect((await identity.refresh(third)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
    expect((await identity.refresh('made up')).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
    // The member's other session, from the registration, is untouched.
    expect(
      await identity.sql('select revoked_because from identity.session order by revoked_at nulls first'),
    ).toEqual([{ revoked_because: null }, { revoked_because: 'token-reused' }])
  })

  test('of ten refreshes at once with one token one succeeds, and the session ends', async () => {
    await using identity = await openIdentity()
    const token = await begun(identity)
    const answers = await Promise.all(Array.from({ length: 10 }, () => identity.refresh(token)))
    expect(answers.filter(({ session }) => session)).toHaveLength(1)
    const left = answers.find(({ session }) => session)!.session!.refreshToken
    expect((await identity.refresh(left)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
  })

  test('survives a lost answer when the call has a key', async () => {
    await using identity = await openIdentity()
    const token = await begun(identity)
    const lost = await identity.refresh(token, 'k')
    const again = await identity.refresh(token, 'k')
    expect(again.refusal).toBeNull()
    expect((await identity.refresh(again.session!.refreshToken)).refusal).toBeNull()
    expect((await identity.refresh(lost.session!.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_REUSED')
  })

  test('ends after thirty days, and when its member signs out', async () => {
    await using identity = await openIdentity()
    const token = await begun(identity)
    identity.clock.advance(30 * 86_400_000)
    expect((await identity.refresh(token)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')

    const { session } = await identity.signIn(anonymous, await identity.phoneProof(phone))
    const principal = await principalOf(identity, session!.accessToken)
    await identity.ask(principal, 'mutation { signOut { signedOut } }')
    await identity.ask(principal, 'mutation { signOut { signedOut } }')
    expect((await identity.refresh(session!.refreshToken)).refusal?.code).toBe('REFRESH_TOKEN_NOT_VALID')
  })
})

describe('WeChat', () => {
  /** Speaks code2session as documented: errors come with status 200, JSON as text/plain. */
  const playWechat = async () => {
    const asked: URL[] = []
    const server = createServer((request, response) => {
      const url = new URL(request.url!, 'http://wechat')
      asked.push(url)
      const code = url.searchParams.get('js_code')!
      const answers: Record<string, string> = {
        good: JSON.stringify({ openid: 'o-1', unionid: 'u-1', session_key: 'secret' }),
        'no-union': JSON.stringify({ openid: 'o-1', session_key: 'secret' }),
        invalid: JSON.stringify({ errcode: 40029, errmsg: 'invalid code' }),
        used: JSON.stringify({ errcode: 40163, errmsg: 'code been used' }),
        blocked: JSON.stringify({ errcode: 40226, errmsg: 'code blocked' }),
        often: JSON.stringify({ errcode: 45011, errmsg: 'api minute-quota reach limit' }),
        busy: JSON.stringify({ errcode: -1, errmsg: 'system error' }),
        misconfigured: JSON.stringify({ errcode: 40125, errmsg: 'invalid appsecret' }),
        broken: '<html>',
      }
      if (code === 'dead') return void request.socket.destroy()
      response.setHeader('content-type', 'text/plain').end(answers[code])
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      asked,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  test('is asked as it is documented, and its answers are told apart', async () => {
    await using server = await playWechat()
    await using identity = await openIdentity({
      WECHAT_BASE_URL: server.url,
      WECHAT_APP_ID: 'wx1',
      WECHAT_APP_SECRET: 'app secret',
    })
    const codeFor = async (code: string, appId?: string) =>
      (await identity.signIn(anonymous, wechat(code, appId))).refusal?.code
    expect(await codeFor('good')).toBe('MEMBER_NOT_FOUND')
    expect(Object.fromEntries(server.asked[0]!.searchParams)).toEqual({
      appid: 'wx1',
      secret: 'app secret',
      js_code: 'good',
      grant_type: 'authorization_code',
    })
    expect(server.asked[0]!.pathname).toBe('/sns/jscode2session')
    for (const code of ['invalid', 'used', 'blocked'])
      expect(await codeFor(code)).toBe('WECHAT_CODE_NOT_VALID')
    for (const code of ['often', 'busy', 'misconfigured', 'broken', 'dead']) {
      expect(await codeFor(code)).toBe('WECHAT_UNAVAILABLE')
    }
    expect(await codeFor('good', 'wx2')).toBe('WECHAT_CODE_NOT_VALID')
    expect(await codeFor('sandbox-anna')).toBe('WECHAT_UNAVAILABLE')
  })

  test('an openid alone leads to the member, and one that was unavailable may be tried again', async () => {
    await using server = await playWechat()
    await using identity = await openIdentity({ WECHAT_BASE_URL: server.url, WECHAT_APP_ID: 'wx1' })
    const { member: anna } = await identity.register(anonymous, [wechat('good')], 'WECHAT')
    expect((await identity.signIn(anonymous, wechat('no-union'))).member).toEqual(anna)
    const key = { idempotencyKey: 'k' }
    expect((await identity.signIn(anonymous, wechat('busy'), key)).refusal?.code).toBe('WECHAT_UNAVAILABLE')
    expect((await identity.signIn(anonymous, wechat('good'), key)).member).toEqual(anna)
    const before = server.asked.length
    expect((await identity.signIn(anonymous, wechat('good'), key)).member).toEqual(anna)
    expect(server.asked).toHaveLength(before)
  })
})

test('more than ten proofs at once are not looked at', async () => {
  await using identity = await openIdentity()
  const proofs = Array.from({ length: 11 }, (_, index) => wechat(`sandbox-person-${index}`))
  const { refusal } = await identity.register(anonymous, proofs, 'WECHAT')
  expect(refusal).toMatchObject({ code: 'IDENTIFIER_NOT_VALID', path: ['proofs'] })
})

describe('back ends', () => {
  const issue = (identity: IdentityStory, clientId: string, clientSecret: string) =>
    identity.mutate<{ accessToken: string | null; expiresIn: number; refusal: { code: string } | null }>(
      service(),
      'issueClientToken',
      'IssueClientTokenInput',
      { clientId, clientSecret },
      'accessToken expiresIn',
    )
  interface Secret {
    clientId: string
    secretId: string
    clientSecret: string
    refusal: { code: string } | null
  }
  const fields = 'clientId secretId clientSecret'

  test.each(['campaigns', 'gateway'])(
    'cannot be called %s: that is a part of Huitong itself',
    async (clientId) => {
      await using identity = await openIdentity()
      const create = identity.mutate<Secret>(
        admin,
        'createClient',
        'CreateClientInput',
        { clientId, kind: 'CHANNEL', channel: 'APP' },
        fields,
      )
      await expect(create).rejects.toThrow('one of Huitong itself')
    },
  )

  test('get tokens with secrets that change without a pause', async () => {
    await using identity = await openIdentity()
    const create = (input: Record<string, unknown>) =>
      identity.mutate<Secret>(admin, 'createClient', 'CreateClientInput', input, fields)
    const first = await create({ clientId: 'cinema-api', kind: 'PARTNER', partner: 'cinema' })
    const token = (await issue(identity, 'cinema-api', first.clientSecret)).accessToken!
    expect(await principalOf(identity, token)).toEqual({ kind: 'partner', partnerId: 'cinema' })

    const input = { clientId: 'cinema-api' }
    const second = await identity.mutate<Secret>(
      admin,
      'addClientSecret',
      'AddClientSecretInput',
      input,
      fields,
    )
    expect((await issue(identity, 'cinema-api', first.clientSecret)).refusal).toBeNull()
    const old = { clientId: 'cinema-api', secretId: first.secretId }
    await identity.mutate(admin, 'revokeClientSecret', 'RevokeClientSecretInput', old, 'revoked')
    expect((await issue(identity, 'cinema-api', first.clientSecret)).refusal?.code).toBe('CLIENT_NOT_VALID')
    expect((await issue(identity, 'cinema-api', second.clientSecret)).refusal).toBeNull()
    expect((await issue(identity, 'nobody', second.clientSecret)).refusal?.code).toBe('CLIENT_NOT_VALID')

    const again = await create({ clientId: 'cinema-api', kind: 'PARTNER', partner: 'other' })
    expect(again.refusal?.code).toBe('CLIENT_EXISTS')
    const app = await create({ clientId: 'app', kind: 'CHANNEL', channel: 'APP' })
    const appToken = (await issue(identity, 'app', app.clientSecret)).accessToken!
    expect(await principalOf(identity, appToken)).toEqual({ kind: 'service', name: 'app', channel: 'APP' })
    await expect(create({ clientId: 'x', kind: 'PARTNER', channel: 'APP' })).rejects.toThrow('whose client')
  })
})

describe('the sandbox', () => {
  const token = (identity: IdentityStory, input: Record<string, unknown>) =>
    identity.mutate<{
      accessToken: string | null
      memberId: string | null
      refusal: { code: string } | null
    }>(service(), 'sandboxToken', 'SandboxTokenInput', input, 'accessToken expiresIn memberId')

  test('has a token for each kind of caller, good for years of its clock', async () => {
    await using identity = await openIdentity()
    const fresh = await token(identity, { kind: 'MEMBER' })
    const clerkToken = await token(identity, { kind: 'CLERK', store: 'store-9' })
    const others = await Promise.all(
      [{ kind: 'OPERATOR' }, { kind: 'ADMIN' }, { kind: 'PARTNER', partner: 'cinema' }].map((input) =>
        token(identity, input),
      ),
    )
    identity.clock.advance(10 * 365 * 86_400_000)
    expect(await principalOf(identity, fresh.accessToken!)).toMatchObject({
      kind: 'member',
      memberId: fresh.memberId,
    })
    expect(await principalOf(identity, clerkToken.accessToken!)).toEqual({
      kind: 'staff',
      staffId: 'sandbox-clerk-store-9',
      role: 'clerk',
      store: 'store-9',
    })
    expect(
      await Promise.all(others.map(async (one) => (await principalOf(identity, one.accessToken!)).kind)),
    ).toEqual(['staff', 'staff', 'partner'])
    expect((await token(identity, { kind: 'MEMBER', memberId: 'nobody' })).refusal?.code).toBe(
      'MEMBER_NOT_FOUND',
    )
    const { me } = await identity.ask<{ me: { id: string } }>(member(fresh.memberId!), '{ me { id } }')
    expect(me.id).toBe(fresh.memberId)
  })

  test('is not there in production: no ready tokens, no visible codes', async () => {
    const key = Buffer.alloc(32).toString('base64')
    await using identity = await openIdentity({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://unused',
      HUITONG_MASTER_KEY: key,
      HUITONG_INDEX_KEY: key,
      HUITONG_LINK_KEY: key,
      HUITONG_TOKEN_KEY: 'unused',
    })
    expect((await token(identity, { kind: 'ADMIN' })).refusal?.code).toBe('SANDBOX_ONLY')
    expect((await identity.requestCode(phone)).refusal?.code).toBe('CODE_DELIVERY_UNAVAILABLE')
  })
})

test('each mutation answers whom it may', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  const proofs = [{ asserted: { kind: 'CARD', value: 'x' } }]
  const tags = [{ dimension: 'VALUE', name: 'a' }]
  const calls: Record<string, [string, Record<string, unknown>, string]> = {
    requestCode: ['RequestCodeInput', { phone: '12' }, 'refusal { code }'],
    registerMember: ['RegisterMemberInput', { channel: 'STORE', proofs: [] }, 'refusal { code }'],
    registerMembers: [
      'RegisterMembersInput',
      { source: 's', members: [{ identity: { kind: 'EXTERNAL', value: '1' } }] },
      'refusal { code }',
    ],
    signIn: ['SignInInput', { proof: { wechatCode: { code: 'x' } } }, 'refusal { code }'],
    refreshSession: ['RefreshSessionInput', { refreshToken: 'x' }, 'refusal { code }'],
    bindIdentity: ['BindIdentityInput', { memberId: anna, proofs }, 'refusal { code }'],
    updateProfile: ['UpdateProfileInput', { memberId: anna, profile: {} }, 'refusal { code }'],
    setTags: ['SetTagsInput', { memberId: anna, tags }, 'refusal { code }'],
    removeTags: ['RemoveTagsInput', { memberId: anna, tags }, 'refusal { code }'],
    issueClientToken: ['IssueClientTokenInput', { clientId: 'x', clientSecret: 'x' }, 'refusal { code }'],
    addClientSecret: ['AddClientSecretInput', { clientId: 'x' }, 'refusal { code }'],
    sandboxToken: ['SandboxTokenInput', { kind: 'ADMIN' }, 'refusal { code }'],
  }
  const callers = {
    anonymous,
    anna: member(anna),
    bob: member('00000000-0000-7000-8000-000000000000'),
    clerk: clerk(),
    operator,
    admin,
    partner: { kind: 'partner', partnerId: 'cinema' },
    app: { kind: 'service', name: 'app', channel: 'APP' },
    gateway: service(),
  } as const
  const verdicts: Record<string, string> = {}
  for (const [name, [type, input, fields]] of Object.entries(calls)) {
    const allowed: string[] = []
    for (const [caller, principal] of Object.entries(callers)) {
      // A back end names its own channel.
      const own = caller === 'partner' ? 'PARTNER' : caller === 'app' ? 'APP' : 'STORE'
      const given = name === 'registerMember' ? { ...input, channel: own } : input
      const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} } }`
      const { errors } = await identity.tryAsk(principal, query, { input: given })
      if (!errors) allowed.push(caller)
      else expect(['FORBIDDEN', 'UNAUTHENTICATED'], name).toContain(errors[0]!.extensions?.code)
    }
    verdicts[name] = allowed.join(' ')
  }
  const everyone = Object.keys(callers).join(' ')
  expect(verdicts).toEqual({
    requestCode: everyone,
    registerMember: 'anonymous anna bob clerk admin partner app gateway',
    registerMembers: 'admin gateway',
    signIn: 'anonymous anna bob app gateway',
    refreshSession: everyone,
    bindIdentity: 'anna clerk admin partner app gateway',
    updateProfile: 'anna admin gateway',
    setTags: 'clerk operator admin partner app gateway',
    removeTags: 'clerk operator admin partner app gateway',
    issueClientToken: 'gateway',
    addClientSecret: 'admin gateway',
    sandboxToken: 'gateway',
  })
})
