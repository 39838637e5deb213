import { expect, test } from 'vitest'
import { openDatabase } from '../../kernel/db/open-database.ts'
import type { Tx } from '../../kernel/db/transaction.ts'
import type { MemberId } from '../../kernel/values/ids.ts'
import { claimIdentifiers } from '../../subgraphs/identity/store/identifiers.ts'
import { admin, anonymous, channelService, clerk, member, partner, service } from '../helpers/graph.ts'
import { asserted, openIdentity, type Registration, wechat } from './story.ts'

const phone = '13812341234'

test('four channels, one person: one member', async () => {
  await using identity = await openIdentity()
  const { register, phoneProof } = identity

  const app = await register(anonymous, [await phoneProof(phone)], 'APP')
  const mini = await register(anonymous, [wechat('sandbox-anna'), await phoneProof(phone)], 'WECHAT')
  const store = await register(
    clerk(),
    [asserted('CARD', 'A-100'), asserted('PHONE', '138 1234 1234')],
    'STORE',
  )
  const cinema = await register(
    partner('cinema'),
    [asserted('PARTNER_CUSTOMER', 'c-7'), asserted('PHONE', phone)],
    'PARTNER',
  )
  expect([app, mini, store, cinema].map(({ created, refusal }) => [created, refusal])).toEqual([
    [true, null],
    [false, null],
    [false, null],
    [false, null],
  ])
  expect(new Set([app, mini, store, cinema].map((answer) => answer.member!.id)).size).toBe(1)
  expect(await identity.count('member')).toBe(1)
  // Tokens are for the person, not for who registers others.
  expect([app, mini, store, cinema].map(({ session }) => session !== null)).toEqual([
    true,
    true,
    false,
    false,
  ])

  const id = app.member!.id
  const { me } = await identity.ask<{ me: { identities: { kind: string; maskedValue: string }[] } }>(
    member(id),
    '{ me { identities { kind scope channel maskedValue } } }',
  )
  expect(me.identities).toEqual([
    { kind: 'PHONE', scope: '', channel: 'APP', maskedValue: '138****1234' },
    { kind: 'CARD', scope: '', channel: 'STORE', maskedValue: '****' },
    { kind: 'PARTNER_CUSTOMER', scope: 'cinema', channel: 'PARTNER', maskedValue: '****' },
    { kind: 'WECHAT_OPENID', scope: 'sandbox', channel: 'WECHAT', maskedValue: '****anna' },
    { kind: 'WECHAT_UNIONID', scope: '', channel: 'WECHAT', maskedValue: '****anna' },
  ])

  const ids = [
    { kind: 'PHONE', value: '+86 138 1234 1234' },
    { kind: 'WECHAT_UNIONID', value: 'unionid-anna' },
    { kind: 'CARD', value: 'a100' },
    { kind: 'PARTNER_CUSTOMER', scope: 'cinema', value: 'c-7' },
    { kind: 'MEMBER_NUMBER', value: app.member!.number },
    { kind: 'PARTNER_CUSTOMER', scope: 'bakery', value: 'c-7' },
    { kind: 'PHONE', value: 'no phone', scope: null },
  ]
  const found = await identity.ask(
    service(),
    'query ($ids: [IdentityInput!]!, $known: [ID!]!) { resolveMembers(identities: $ids) knownMembers(ids: $known) }',
    { ids, known: ['no-uuid', id, '00000000-0000-0000-0000-000000000000'] },
  )
  expect(found).toEqual({
    resolveMembers: [id, id, id, id, id, null, null],
    knownMembers: [null, id, null],
  })
  const events = (await identity.events()).filter(({ type }) => type !== 'identity.ProfilesChanged')
  expect(events.map(({ type, memberId, payload }) => [type, memberId, payload])).toEqual([
    ['identity.MembersRegistered', id, { channel: 'APP', memberIds: [id] }],
    ['identity.IdentityBound', id, { channel: 'WECHAT', kinds: ['WECHAT_OPENID', 'WECHAT_UNIONID'] }],
    ['identity.IdentityBound', id, { channel: 'STORE', kinds: ['CARD'] }],
    ['identity.IdentityBound', id, { channel: 'PARTNER', kinds: ['PARTNER_CUSTOMER'] }],
  ])
})

test('a stranger who gives somebody else’s phone as contact stays a stranger', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  const stranger = await identity.register(anonymous, [wechat('sandbox-stranger')], 'WECHAT', {
    profile: { phone, name: 'Stranger' },
  })
  expect(stranger).toMatchObject({ created: true, refusal: null })
  expect(stranger.member!.id).not.toBe(anna)
  const { memberBy } = await identity.ask<{ memberBy: { id: string } }>(
    clerk(),
    'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
    { identity: { kind: 'PHONE', value: phone } },
  )
  expect(memberBy.id).toBe(anna)
})

test('nobody is registered without proof', async () => {
  await using identity = await openIdentity()
  const none = await identity.register(anonymous, [], 'APP')
  expect(none.refusal?.code).toBe('IDENTIFIER_NOT_VERIFIED')
  const word = await identity.register(anonymous, [asserted('PHONE', phone)], 'APP')
  expect(word.refusal).toMatchObject({
    code: 'ASSERTION_NOT_ALLOWED',
    path: ['proofs', '0', 'asserted', 'kind'],
  })
  expect(await identity.count('member')).toBe(0)
  expect(await identity.count('identifier')).toBe(0)
})

test('identifiers of two members are a conflict, and nothing of the call stays', async () => {
  await using identity = await openIdentity()
  await identity.registered(phone)
  await identity.register(clerk(), [asserted('CARD', 'B-200')], 'STORE')
  const before = await identity.count('identifier')
  const both = [asserted('PHONE', phone), asserted('CARD', 'B-200'), asserted('CARD', 'C-300')]
  const answer = await identity.register(clerk(), both, 'STORE')
  expect(answer.refusal?.code).toBe('IDENTITY_CONFLICT')
  expect(await identity.count('identifier')).toBe(before)
})

test('a known phone with another WeChat account is a conflict: carriers give numbers to new people', async () => {
  await using identity = await openIdentity()
  const { register, phoneProof } = identity
  await register(anonymous, [wechat('sandbox-anna'), await phoneProof(phone)], 'WECHAT')
  const other = await register(anonymous, [wechat('sandbox-bob'), await phoneProof(phone)], 'WECHAT')
  expect(other.refusal?.code).toBe('IDENTITY_CONFLICT')
})

test('a partner cannot open a customer’s door to another phone', async () => {
  await using identity = await openIdentity()
  const cinema = partner('cinema')
  const customer = asserted('PARTNER_CUSTOMER', 'c-1')
  const anna = await identity.register(cinema, [customer, asserted('PHONE', phone)], 'PARTNER')
  const again = await identity.register(cinema, [customer, asserted('PHONE', '13900001111')], 'PARTNER')
  expect(again.member!.id).toBe(anna.member!.id)
  const { proof, memberId } = { proof: await identity.phoneProof('13900001111'), memberId: anna.member!.id }
  expect((await identity.signIn(anonymous, proof)).refusal?.code).toBe('MEMBER_NOT_FOUND')
  const bound = await identity.bind(cinema, [asserted('PHONE', '13900001111')], { memberId })
  expect(bound.refusal?.code).toBe('ASSERTION_NOT_ALLOWED')
  const others = await identity.bind(partner('bakery'), [asserted('PARTNER_CUSTOMER', 'x')], { memberId })
  expect(others.refusal?.code).toBe('MEMBER_NOT_FOUND')
})

test('twenty registrations at once with one phone: one member', async () => {
  await using identity = await openIdentity()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      identity.register(
        clerk(`store-${index}`),
        [asserted('CARD', `card-${index}`), asserted('PHONE', phone)].toSorted(() => (index % 2 ? 1 : -1)),
        'STORE',
        { profile: { name: `Anna ${index}` } },
      ),
    ),
  )
  expect(answers.filter(({ refusal }) => refusal !== null)).toEqual([])
  expect(answers.filter(({ created }) => created)).toHaveLength(1)
  expect(new Set(answers.map((answer) => answer.member!.id)).size).toBe(1)
  expect(await identity.count('member')).toBe(1)
  expect(await identity.count('channel_identity')).toBe(21)
})

test('a call that is repeated with its key has its answer, with another body a refusal', async () => {
  await using identity = await openIdentity()
  const proofs = [await identity.phoneProof(phone)]
  const call = (more: Record<string, unknown> = {}): Promise<Registration> =>
    identity.register(anonymous, proofs, 'APP', { idempotencyKey: 'k-1', ...more })
  const first = await call()
  const second = await call()
  expect(second).toMatchObject({ created: true, member: first.member, refusal: null })
  expect(second.session).not.toBeNull()
  expect((await call({ store: 'other' })).refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED')

  // A call that was overheard is no key to the member for ever.
  identity.clock.advance(6 * 60_000)
  const late = await identity.tryAsk(
    anonymous,
    'mutation ($input: RegisterMemberInput!) { registerMember(input: $input) { created session { accessToken } member { id } } }',
    { input: { channel: 'APP', proofs, idempotencyKey: 'k-1' } },
  )
  expect(late.data?.registerMember).toEqual({ created: true, session: null, member: null })
  expect(late.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
})

test('a member binds what it proves, and only to itself', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  const bob = await identity.registered('13900001111')
  expect((await identity.bind(member(anna), [wechat('sandbox-anna')])).member?.id).toBe(anna)
  expect((await identity.bind(member(bob), [wechat('sandbox-anna')])).refusal?.code).toBe('IDENTITY_CONFLICT')
  expect((await identity.signIn(anonymous, wechat('sandbox-anna'))).member?.id).toBe(anna)

  const signInCode = [await identity.phoneProof('13700002222', 'SIGN_IN')]
  expect((await identity.bind(member(anna), signInCode)).refusal?.code).toBe('CODE_NOT_VALID')
  const bindCode = [await identity.phoneProof('13700002222', 'BIND')]
  expect((await identity.bind(member(anna), bindCode)).refusal).toBeNull()

  await expect(identity.bind(member(anna), [wechat('sandbox-x')], { memberId: bob })).rejects.toThrow(
    'no right',
  )
  const gone = await identity.bind(admin, [asserted('CARD', 'x')], { memberId: 'nobody' })
  expect(gone.refusal?.code).toBe('MEMBER_NOT_FOUND')
})

test('the back end of a channel vouches for its users and gets their sessions', async () => {
  await using identity = await openIdentity()
  const app = channelService('APP')
  const { member: anna } = await identity.register(app, [asserted('APP_USER', 'u-1')], 'APP')
  const { session, member: same } = await identity.signIn(app, asserted('APP_USER', 'u-1'))
  expect(same?.id).toBe(anna!.id)
  expect(session?.accessToken).toBeTruthy()
  expect((await identity.signIn(app, asserted('WECHAT_UNIONID', 'u-1'))).refusal?.code).toBe(
    'ASSERTION_NOT_ALLOWED',
  )
  await expect(identity.register(app, [asserted('APP_USER', 'u-2')], 'STORE')).rejects.toThrow(
    'channel is APP',
  )
  await expect(identity.signIn(clerk(), asserted('PHONE', phone))).rejects.toThrow('no right')
})

test('merged members are found by their old ids', async () => {
  await using identity = await openIdentity()
  const old = await identity.registered(phone)
  const left = await identity.registered('13900001111')
  await identity.sql(
    `update identity.member set status = 'MERGED', merged_into = $2, merged_at = now(), merged_consents = 'LATER', merged_said = '{}' where member_id = $1`,
    [old, left],
  )
  const answer = await identity.ask(
    clerk(),
    `query ($id: ID!, $refs: [_Any!]!) {
      member(id: $id) { id status }
      _entities(representations: $refs) { ... on Member { id } }
    }`,
    {
      id: old,
      refs: [
        { __typename: 'Member', id: old },
        { __typename: 'Member', id: left },
      ],
    },
  )
  expect(answer).toEqual({
    member: { id: left, status: 'ACTIVE' },
    _entities: [{ id: left }, { id: left }],
  })
})

test('an identifier that is given up between the claim and the look at whose it is, is claimed again', async () => {
  await using identity = await openIdentity()
  await using db = await openDatabase({
    url: identity.databaseUrl,
    schema: 'identity',
    tables: [],
    poolSize: 1,
  })
  const [anna, bob] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b']
  const hash = Buffer.from('the hash')
  await identity.sql(
    `insert into identity.identifier (hash, kind, scope, member_id) values ($1, 'CARD', '', $2)`,
    [hash, anna],
  )
  const owners = await db.transaction((tx) => {
    let times = 0
    const query: Tx['query'] = async (sql, values) => {
      const rows = await tx.query(sql, values)
      if (sql.includes('claimIdentifiers') && ++times === 1)
        await identity.sql('delete from identity.identifier')
      return rows as never
    }
    return claimIdentifiers({ ...tx, query } as Tx, [
      { kind: 'CARD', scope: '', hash, memberId: bob as MemberId },
    ])
  })
  expect(owners).toEqual(new Map([[hash.toString('hex'), bob]]))
})
