import { createHash } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { DAY_MS, HOUR_MS } from '../../kernel/values/instant.ts'
import { admin, anonymous, channelService, clerk, member, partner, service } from '../helpers/graph.ts'
import { openMerging } from './merge-story.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

const PHONE = '13812341234'
const SALT = 'salt-of-the-tea-brand'
const recipes = [
  {
    id: 'tmall-tea',
    partner: 'tmall',
    brand: 'tea',
    algorithm: 'md5',
    rounds: 2,
    text: 'tmall{phone}{salt}',
    salt: SALT,
  },
  { id: 'jd', partner: 'jd', algorithm: 'sha256', salt: 'salt-of-jd' },
]
const tmall = partner('tmall')
const app = channelService('APP')

const md5 = (text: string) => createHash('md5').update(text).digest('hex')
const hashOf = (phone = PHONE) => md5(md5(`tmall${phone}${SALT}`))

const open = (env: Record<string, string> = {}) =>
  openIdentity({ HUITONG_PHONE_RECIPES: JSON.stringify(recipes), ...env })

/** A buyer of the tea brand comes with the hash of a phone. */
const buyer = (
  story: IdentityStory,
  buyerId: string,
  phoneHash?: string,
  as: Principal = tmall,
  brand = 'tea',
) => story.register(as, [{ account: { marketplace: { brand, buyerId, phoneHash } } }], 'PARTNER')

const found = async (
  story: IdentityStory,
  kind: string,
  value: string,
  scope = '',
): Promise<string | null> => {
  const { resolveMembers, memberBy } = await story.ask<{
    resolveMembers: (string | null)[]
    memberBy: { id: string } | null
  }>(
    service('ledger'),
    `query ($of: IdentityInput!) { resolveMembers(identities: [$of]) memberBy(identity: $of) { id } }`,
    { of: { kind, value, scope } },
  )
  expect(memberBy?.id ?? null).toBe(resolveMembers[0])
  return resolveMembers[0]!
}
const byHash = (story: IdentityStory, phone = PHONE) => found(story, 'PHONE_HASH', hashOf(phone), 'tmall-tea')

const kindsOf = async (story: IdentityStory, id: string): Promise<string[]> => {
  const answer = await story.ask<{ member: { identities: { kind: string }[] } }>(
    admin,
    'query ($id: ID!) { member(id: $id) { identities { kind } } }',
    { id },
  )
  return answer.member.identities.map(({ kind }) => kind).sort()
}

const openCases = async (story: IdentityStory) =>
  story.sql<{ id: string; identifier_kind: string; holder_id: string; claimant_id: string | null }>(
    `select id, identifier_kind, holder_id, claimant_id from identity.identity_conflict where state = 'OPEN'`,
  )

const resolve = (story: IdentityStory, conflictId: string, resolution: string) =>
  story.mutate<{ refusal: Refused | null }>(
    admin,
    'resolveConflict',
    'ResolveConflictInput',
    { conflictId, resolution, reason: 'looked at both', idempotencyKey: `${conflictId} ${resolution}` },
    'conflict { id }',
  )

const unbindPhone = async (story: IdentityStory, id: string) =>
  expect((await askToUnbind(story, id)).refusal).toBeNull()

const askToUnbind = async (story: IdentityStory, id: string, kind = 'PHONE') => {
  const { member: one } = await story.ask<{ member: { identities: { id: string; kind: string }[] } }>(
    admin,
    'query ($id: ID!) { member(id: $id) { identities { id kind } } }',
    { id },
  )
  return story.mutate<{ refusal: Refused | null }>(
    admin,
    'unbindIdentity',
    'UnbindIdentityInput',
    { memberId: id, identityId: one.identities.find((identity) => identity.kind === kind)!.id },
    'member { id }',
  )
}

const importing = (story: IdentityStory, members: object[], more: Record<string, unknown> = {}) =>
  story.mutate<{ members: { outcome: string; memberId: string | null; refusal: Refused | null }[] }>(
    admin,
    'importMembers',
    'ImportMembersInput',
    { source: 'crm', members, ...more },
    'members { outcome memberId refusal { code } }',
  )
const line = (key: string, ...phones: string[]) => ({
  key,
  identities: phones.map((value) => ({ kind: 'PHONE', value })),
})
const registering = (story: IdentityStory, phones: string[]) =>
  story.mutate<{ members: { memberId: string; created: boolean }[] | null; refusal: Refused | null }>(
    admin,
    'registerMembers',
    'RegisterMembersInput',
    { source: 'crm', members: phones.map((value) => ({ identity: { kind: 'PHONE', value } })) },
    'members { memberId created }',
  )

describe('a phone that we know', () => {
  test('leads to its member by the hash, and the buyer is bound; the hash itself is not', async () => {
    await using story = await open()
    const id = await story.registered(PHONE)
    expect(await byHash(story)).toBe(id)
    const came = await buyer(story, 'b-1', hashOf().toUpperCase())
    expect(came).toMatchObject({ created: false, member: { id }, refusal: null })
    expect(await kindsOf(story, id)).toEqual(['PARTNER_CUSTOMER', 'PHONE'])
    expect((await buyer(story, 'b-1')).member!.id).toBe(id)
  })

  test('whatever way it came: by staff, by a channel, by a partner, from a file', async () => {
    await using story = await open()
    const phones = ['13800000001', '13800000002', '13800000003', '13800000004', '13800000005']
    const ids = [
      (await story.register(clerk(), [asserted('PHONE', phones[0]!)], 'STORE')).member!.id,
      (await story.register(app, [asserted('PHONE', phones[1]!)], 'APP')).member!.id,
      (await story.register(partner('cinema'), [asserted('PHONE', phones[2]!)], 'PARTNER')).member!.id,
    ]
    await story.mutate(
      admin,
      'importMembers',
      'ImportMembersInput',
      { source: 'crm', members: [{ key: '1', identities: [{ kind: 'PHONE', value: phones[3] }] }] },
      'members { outcome }',
    )
    await story.mutate(
      admin,
      'registerMembers',
      'RegisterMembersInput',
      { source: 'crm', members: [{ identity: { kind: 'PHONE', value: phones[4] } }] },
      'members { created }',
    )
    const byHashes = await Promise.all(phones.map((phone) => byHash(story, phone)))
    const byPhones = await Promise.all(phones.map((phone) => found(story, 'PHONE', phone)))
    expect(byHashes).toEqual(byPhones)
    expect(byHashes.slice(0, 3)).toEqual(ids)
  })

  test('that somebody else has: a case about the phone, which moves with its hash', async () => {
    await using story = await open()
    const bob = (await buyer(story, 'b-1')).member!.id
    const anna = await story.registered(PHONE)
    await story.register(
      anonymous,
      [await story.phoneProof(PHONE), { wechatCode: { code: 'sandbox-anna' } }],
      'APP',
    )
    expect((await buyer(story, 'b-1', hashOf())).refusal?.code).toBe('IDENTITY_CONFLICT')
    const [conflict, ...more] = await openCases(story)
    expect(more).toEqual([])
    expect(conflict).toMatchObject({ identifier_kind: 'PHONE', holder_id: anna, claimant_id: bob })
    expect((await resolve(story, conflict!.id, 'MOVE')).refusal).toBeNull()
    expect([await byHash(story), await found(story, 'PHONE', PHONE)]).toEqual([bob, bob])
    expect(await buyer(story, 'b-1', hashOf())).toMatchObject({ created: false, member: { id: bob } })
  })

  test('that goes to somebody new takes its hash along', async () => {
    await using story = await open()
    const anna = await story.registered(PHONE)
    await story.register(clerk(), [asserted('PHONE', PHONE), asserted('CARD', 'A-1')], 'STORE')
    await unbindPhone(story, anna)
    expect(await byHash(story)).toBeNull()
    expect(await story.count('phone_alias')).toBe(0)
    const carol = await story.registered(PHONE)
    expect(carol).not.toBe(anna)
    expect(await byHash(story)).toBe(carol)
  })

  test('that moves to who proves to have it now takes its hash along', async () => {
    await using story = await open({ HUITONG_IDENTITY_CONFLICT: 'newest-proof' })
    const anna = await story.registered(PHONE)
    await story.register(clerk(), [asserted('PHONE', PHONE), asserted('CARD', 'A-1')], 'STORE')
    const bob = (await story.register(anonymous, [{ wechatCode: { code: 'sandbox-bob' } }], 'WECHAT')).member!
      .id
    const { refusal } = await story.bind(member(bob), [await story.phoneProof(PHONE, 'BIND')])
    expect(refusal).toBeNull()
    expect(await byHash(story)).toBe(bob)
    expect(await kindsOf(story, anna)).toEqual(['CARD'])
  })
})

describe('a phone that we do not know', () => {
  test('begins a member by its hash; the phone finds it, and takes the place of the hash', async () => {
    await using story = await open()
    const came = await buyer(story, 'b-1', hashOf())
    expect(came.created).toBe(true)
    const { id } = came.member!
    expect(await kindsOf(story, id)).toEqual(['PARTNER_CUSTOMER', 'PHONE_HASH'])
    expect(await byHash(story)).toBe(id)
    expect((await buyer(story, 'b-2', hashOf())).member!.id).toBe(id)

    expect(await story.registered(PHONE)).toBe(id)
    expect(await kindsOf(story, id)).toEqual(['PARTNER_CUSTOMER', 'PARTNER_CUSTOMER', 'PHONE'])
    expect(await byHash(story)).toBe(id)
    expect(await openCases(story)).toEqual([])
  })

  test('finds it by signing in, too', async () => {
    await using story = await open()
    const { id } = (await buyer(story, 'b-1', hashOf())).member!
    const signedIn = await story.signIn(anonymous, await story.phoneProof(PHONE))
    expect(signedIn.member?.id).toBe(id)
  })

  test('is not added to a member who is there already', async () => {
    await using story = await open()
    const { id } = (await buyer(story, 'b-1')).member!
    expect(await buyer(story, 'b-1', hashOf())).toMatchObject({ created: false, member: { id } })
    expect(await kindsOf(story, id)).toEqual(['PARTNER_CUSTOMER'])
    expect(await byHash(story)).toBeNull()
    expect(await story.registered(PHONE)).not.toBe(id)
  })

  test('is contested where its hash has begun another member', async () => {
    await using story = await open()
    const { id: shopper } = (await buyer(story, 'b-1', hashOf())).member!
    const bob = (await story.register(anonymous, [{ wechatCode: { code: 'sandbox-bob' } }], 'WECHAT')).member!
      .id
    const { refusal } = await story.bind(member(bob), [await story.phoneProof(PHONE, 'BIND')])
    expect(refusal?.code).toBe('IDENTITY_CONFLICT')
    const [conflict] = await openCases(story)
    expect(conflict).toMatchObject({ identifier_kind: 'PHONE_HASH', holder_id: shopper, claimant_id: bob })
    expect((await resolve(story, conflict!.id, 'MOVE')).refusal).toBeNull()
    expect((await story.bind(member(bob), [await story.phoneProof(PHONE, 'BIND')])).refusal).toBeNull()
    expect(await kindsOf(story, bob)).toEqual(['PHONE', 'WECHAT_OPENID', 'WECHAT_UNIONID'])
    expect(await byHash(story)).toBe(bob)
  })

  test('of which nothing led to anybody leaves no claim behind', async () => {
    await using story = await open()
    await story.signIn(anonymous, await story.phoneProof(PHONE))
    const { refusal } = await story.signIn(anonymous, await story.phoneProof('13900000000'))
    expect(refusal?.code).toBe('MEMBER_NOT_FOUND')
    expect(await story.count('identifier')).toBe(0)
    expect(await story.count('phone_alias')).toBe(0)
  })
})

describe('a phone and a hash of it that are one person’s since two were merged', () => {
  /** Anna has the phone; who was begun by its hash, while nobody knew its number, is she. */
  const openWithBoth = async (env: Record<string, string> = {}, hers = [asserted('CARD', 'A-1')]) => {
    const story = await openMerging({ HUITONG_PHONE_RECIPES: JSON.stringify(recipes), ...env })
    const anna = await story.registered(PHONE)
    for (const proof of hers) await story.register(clerk(), [asserted('PHONE', PHONE), proof], 'STORE')
    await story.sql('delete from identity.phone_alias')
    const begun = await story.register(tmall, [asserted('PHONE_HASH', hashOf(), 'tmall-tea')], 'PARTNER')
    const shopper = begun.member!.id
    await story.runJob('name-phones-by-hash')
    expect((await story.merge(shopper, anna)).refusal).toBeNull()
    expect(await kindsOf(story, anna)).toEqual([...hers.map(() => 'CARD'), 'PHONE', 'PHONE_HASH'])
    return { ...story, anna, shopper }
  }
  const bobOf = async (story: IdentityStory) =>
    (await story.register(anonymous, [{ wechatCode: { code: 'sandbox-bob' } }], 'WECHAT')).member!.id
  const proves = async (story: IdentityStory, id: string) =>
    story.bind(member(id), [await story.phoneProof(PHONE, 'BIND')])

  test('unbound: who has the number next is somebody new, whether by the hash or by the number', async () => {
    await using story = await openWithBoth()
    await unbindPhone(story, story.anna)
    expect(await kindsOf(story, story.anna)).toEqual(['CARD'])
    const next = await buyer(story, 'b-9', hashOf())
    expect(next).toMatchObject({ created: true, refusal: null })
    expect([story.anna, story.shopper]).not.toContain(next.member!.id)
    expect(await story.registered(PHONE)).toBe(next.member!.id)
  })

  test('unbound: the proof of the number opens no account of who had it', async () => {
    await using story = await openWithBoth()
    await unbindPhone(story, story.anna)
    const { refusal, session } = await story.signIn(anonymous, await story.phoneProof(PHONE))
    expect([refusal?.code, session]).toEqual(['MEMBER_NOT_FOUND', null])
  })

  test('moved by people, or to the newest proof: the hash leads to who has the number', async () => {
    for (const policy of ['review', 'newest-proof']) {
      await using story = await openWithBoth({ HUITONG_IDENTITY_CONFLICT: policy })
      const bob = await bobOf(story)
      const { refusal } = await proves(story, bob)
      if (policy === 'review') {
        expect(refusal?.code).toBe('IDENTITY_CONFLICT')
        const conflict = (await openCases(story)).find(({ identifier_kind: kind }) => kind === 'PHONE')
        expect((await resolve(story, conflict!.id, 'MOVE')).refusal).toBeNull()
      } else expect(refusal).toBeNull()
      expect(await kindsOf(story, story.anna)).toEqual(['CARD'])
      expect(await byHash(story)).toBe(bob)
      expect((await buyer(story, 'b-9', hashOf())).member?.id).toBe(bob)
    }
  })

  test('are one way in: the phone stays where nothing but its hash is left, the hash may go', async () => {
    for (const policy of ['review', 'newest-proof']) {
      await using story = await openWithBoth({ HUITONG_IDENTITY_CONFLICT: policy }, [])
      const bob = await bobOf(story)
      expect((await proves(story, bob)).refusal?.code).toBe('IDENTITY_CONFLICT')
      const conflict = (await openCases(story)).find(({ identifier_kind: kind }) => kind === 'PHONE')
      expect((await resolve(story, conflict!.id, 'MOVE')).refusal?.code).toBe('LAST_IDENTIFIER')
      expect((await askToUnbind(story, story.anna)).refusal?.code).toBe('LAST_IDENTIFIER')
      expect((await askToUnbind(story, story.anna, 'PHONE_HASH')).refusal).toBeNull()
      expect(await byHash(story)).toBe(story.anna)
    }
  })

  test('by a recipe that is not known any more: the hash goes, too', async () => {
    await using story = await openWithBoth()
    await story.sql(`update identity.channel_identity set scope = 'of-before' where kind = 'PHONE_HASH'`)
    await story.sql(`update identity.identifier set scope = 'of-before' where kind = 'PHONE_HASH'`)
    await story.sql(`update identity.channel_identity set hash = 'of before' where kind = 'PHONE_HASH'`)
    await story.sql(`update identity.identifier set hash = 'of before' where kind = 'PHONE_HASH'`)
    await unbindPhone(story, story.anna)
    expect(await kindsOf(story, story.anna)).toEqual(['CARD'])
    expect(await story.sql(`select from identity.identifier where hash = 'of before'`)).toEqual([])
  })
})

test('a contested hash that moves to who has its phone is not bound beside it, and goes with it', async () => {
  await using story = await open()
  const anna = await story.registered(PHONE)
  await story.register(clerk(), [asserted('PHONE', PHONE), asserted('CARD', 'A-1')], 'STORE')
  await story.sql('delete from identity.phone_alias')
  await buyer(story, 'b-1', hashOf())
  await story.runJob('name-phones-by-hash')
  const [conflict] = await openCases(story)
  expect((await resolve(story, conflict!.id, 'MOVE')).refusal).toBeNull()
  expect(await kindsOf(story, anna)).toEqual(['CARD', 'PHONE'])
  expect(await byHash(story)).toBe(anna)
  await unbindPhone(story, anna)
  const next = await buyer(story, 'b-9', hashOf())
  expect(next.created).toBe(true)
  expect(next.member!.id).not.toBe(anna)
})

describe('a file', () => {
  test('with a phone whose hash began a member means that one; the phone takes the place of the hash', async () => {
    await using story = await open()
    const { id } = (await buyer(story, 'b-1', hashOf())).member!
    const lines = [line('1', PHONE), line('2', '13900000000')]
    expect((await importing(story, lines, { dryRun: true })).members).toMatchObject([
      { outcome: 'KNOWN', memberId: id },
      { outcome: 'CREATED' },
    ])
    expect((await importing(story, lines)).members).toMatchObject([
      { outcome: 'KNOWN', memberId: id },
      { outcome: 'CREATED' },
    ])
    expect(await kindsOf(story, id)).toEqual(['EXTERNAL', 'PARTNER_CUSTOMER', 'PHONE'])
    expect(await found(story, 'PHONE', PHONE)).toBe(id)
    expect(await story.sql(`select from identity.identifier where kind = 'PHONE_HASH'`)).toEqual([])
    expect(await openCases(story)).toEqual([])
  })

  test('of phones alone does so, too', async () => {
    await using story = await open()
    const { id } = (await buyer(story, 'b-1', hashOf())).member!
    const { members } = await registering(story, ['13900000000', PHONE])
    expect(members).toMatchObject([{ created: true }, { created: false, memberId: id }])
    expect(await kindsOf(story, id)).toEqual(['PARTNER_CUSTOMER', 'PHONE'])
    expect(await found(story, 'PHONE', PHONE)).toBe(id)
    const bound = (await story.events()).filter(({ type }) => type === 'identity.IdentityBound')
    expect(bound.at(-1)).toMatchObject({ memberId: id, payload: { kinds: ['PHONE'] } })
    expect((await registering(story, [PHONE])).members).toMatchObject([{ created: false, memberId: id }])
  })

  test('whose line means another member leaves the phone to people', async () => {
    await using story = await open()
    const { id: shopper } = (await buyer(story, 'b-1', hashOf())).member!
    const { members: known } = await importing(story, [line('1')])
    const { members } = await importing(story, [line('1', PHONE)])
    expect(members[0]!.refusal?.code).toBe('IDENTITY_CONFLICT')
    expect(await openCases(story)).toMatchObject([
      { identifier_kind: 'PHONE_HASH', holder_id: shopper, claimant_id: known[0]!.memberId },
    ])
    expect(await found(story, 'PHONE', PHONE)).toBeNull()
    expect(await byHash(story)).toBe(shopper)
  })

  test('that comes while the marketplace speaks of the same persons: each is one member', async () => {
    await using story = await open()
    const phones = Array.from({ length: 40 }, (_, at) => String(13_900_000_000 + at))
    const [first, second] = [phones.slice(0, 20), phones.slice(20)]
    const answers = await Promise.all([
      importing(
        story,
        first.map((phone, at) => line(`${at}`, phone)),
      ),
      ...phones.map((phone, at) => buyer(story, `b-${at}`, hashOf(phone))),
      registering(story, second),
    ])
    expect(answers.flatMap((answer) => ('created' in answer ? (answer.refusal ?? []) : []))).toEqual([])
    const byHashes = await Promise.all(phones.map((phone) => byHash(story, phone)))
    const byPhones = await Promise.all(phones.map((phone) => found(story, 'PHONE', phone)))
    expect(byHashes).toEqual(byPhones)
    expect(new Set(byPhones).size).toBe(40)
    expect(await openCases(story)).toEqual([])
    expect(await story.count('member')).toBe(40)
  }, 30_000)
})

test('a phone that is unbound while somebody proves to have it does not open the account', async () => {
  await using story = await open()
  const anna = await story.registered(PHONE)
  await story.register(clerk(), [asserted('PHONE', PHONE), asserted('CARD', 'A-1')], 'STORE')
  const proof = await story.phoneProof(PHONE)
  await story.sql('begin')
  await story.sql('select from identity.member where member_id = $1 for update', [anna])
  const signingIn = story.signIn(anonymous, proof)
  await vi.waitFor(
    async () => {
      await story.sql('select pg_stat_clear_snapshot()')
      const waiting = await story.sql(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(waiting).toHaveLength(1)
    },
    { timeout: 20_000, interval: 20 },
  )
  await story.sql(`delete from identity.channel_identity where kind = 'PHONE'`)
  await story.sql(`delete from identity.identifier where kind = 'PHONE'`)
  await story.sql('commit')
  const { refusal, session } = await signingIn
  expect([refusal?.code, session]).toEqual(['MEMBER_NOT_FOUND', null])
})

test('twenty at once, by the hash and by the phone, are one member', async () => {
  await using story = await open()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? buyer(story, `b-${index}`, hashOf())
        : story.register(app, [asserted('PHONE', PHONE), asserted('APP_USER', `u-${index}`)], 'APP'),
    ),
  )
  expect(answers.flatMap(({ refusal }) => refusal ?? [])).toEqual([])
  const ids = new Set(answers.map(({ member: one }) => one!.id))
  expect(ids.size).toBe(1)
  expect(answers.filter(({ created }) => created)).toHaveLength(1)
  const [id] = ids
  expect(await kindsOf(story, id!)).toEqual([
    ...Array.from({ length: 10 }, () => 'APP_USER'),
    ...Array.from({ length: 10 }, () => 'PARTNER_CUSTOMER'),
    'PHONE',
  ])
  expect(await story.sql(`select from identity.identifier where kind = 'PHONE_HASH'`)).toEqual([])
  expect(await byHash(story)).toBe(id)
})

describe('refused', () => {
  test.each<[string, Principal, string, string, string]>([
    ['a marketplace without a recipe', partner('douyin'), 'tea', hashOf(), 'ASSERTION_NOT_ALLOWED'],
    ['a brand without a recipe', tmall, 'coffee', hashOf(), 'ASSERTION_NOT_ALLOWED'],
    ['a number in place of its hash', tmall, 'tea', PHONE, 'IDENTIFIER_NOT_VALID'],
  ])('%s', async (_, as, brand, hash, code) => {
    await using story = await open()
    expect((await buyer(story, 'b-1', hash, as, brand)).refusal?.code).toBe(code)
    expect(await story.count('identifier')).toBe(0)
  })

  test('the hash of another marketplace, or by who is none', async () => {
    await using story = await open()
    const claim = (as: Principal, channel: string) =>
      story.register(as, [asserted('PHONE_HASH', hashOf(), 'tmall-tea')], channel)
    for (const [as, channel] of [
      [partner('jd'), 'PARTNER'],
      [app, 'APP'],
      [clerk(), 'STORE'],
      [anonymous, 'WEB'],
    ] as const) {
      expect((await claim(as, channel)).refusal?.code).toBe('ASSERTION_NOT_ALLOWED')
    }
    expect((await claim(tmall, 'PARTNER')).created).toBe(true)
  })
})

describe('an erased person', () => {
  const erase = async (story: IdentityStory, id: string) => {
    const { member: one } = await story.ask<{ member: { number: string } }>(
      admin,
      'query ($id: ID!) { member(id: $id) { number } }',
      { id },
    )
    const { refusal } = await story.mutate<{ refusal: Refused | null }>(
      admin,
      'eraseMember',
      'EraseMemberInput',
      { memberId: id, number: one.number },
      'memberId',
    )
    expect(refusal).toBeNull()
  }

  test('is not known by the hash either, until it comes back by a proof', async () => {
    await using story = await open()
    const id = await story.registered(PHONE)
    await erase(story, id)
    expect(await byHash(story)).toBeNull()
    expect(await story.count('phone_alias')).toBe(0)
    expect((await buyer(story, 'b-1', hashOf())).refusal?.code).toBe('IDENTITY_ERASED')
    const back = await story.registered(PHONE)
    expect(back).not.toBe(id)
    expect(await buyer(story, 'b-1', hashOf())).toMatchObject({ created: false, member: { id: back } })
  })

  test('who was known by the hash alone is not brought back by the word of others', async () => {
    await using story = await open()
    const { id } = (await buyer(story, 'b-1', hashOf())).member!
    await erase(story, id)
    expect((await buyer(story, 'b-2', hashOf())).refusal?.code).toBe('IDENTITY_ERASED')
    const clerks = await story.register(clerk(), [asserted('PHONE', PHONE)], 'STORE')
    expect(clerks.refusal?.code).toBe('IDENTITY_ERASED')
    expect((await registering(story, [PHONE])).refusal?.code).toBe('IDENTITY_ERASED')
    expect((await importing(story, [line('1', PHONE)])).members[0]!.refusal?.code).toBe('IDENTITY_ERASED')
    expect(await story.registered(PHONE)).not.toBe(id)
  })
})

describe('a recipe that is new', () => {
  /** As if the phones had been bound before there was a recipe. */
  const forgetHashes = (story: IdentityStory) => story.sql('delete from identity.phone_alias')

  test('names the phones that were there by a job, once', async () => {
    await using story = await open()
    const members = Array.from({ length: 501 }, (_, index) => ({
      identity: { kind: 'PHONE', value: String(13_900_000_000 + index) },
    }))
    await story.mutate(
      admin,
      'registerMembers',
      'RegisterMembersInput',
      { source: 'crm', members },
      'members { created }',
    )
    // Of another country: a recipe of mainland numbers has no hash for it.
    await story.registered('+85251234567')
    await forgetHashes(story)
    await story.runJob('name-phones-by-hash')
    expect(await story.count('phone_alias')).toBe(2 * 501)
    expect(await byHash(story, '13900000500')).toBe(await found(story, 'PHONE', '13900000500'))
    await forgetHashes(story)
    await story.runJob('name-phones-by-hash')
    expect(await story.count('phone_alias')).toBe(0)
  }, 30_000)

  test('is gone by once more a day later, for phones that were bound by who did not have it', async () => {
    await using story = await open()
    const id = await story.registered(PHONE)
    await story.runJob('name-phones-by-hash')
    await forgetHashes(story)
    story.clock.advance(DAY_MS - HOUR_MS)
    await story.sql(`update identity.phone_recipe set seen_at = seen_at + interval '23 hours'`)
    await story.runJob('name-phones-by-hash')
    expect(await byHash(story)).toBeNull()
    story.clock.advance(HOUR_MS)
    await story.runJob('name-phones-by-hash')
    expect(await byHash(story)).toBe(id)
    await forgetHashes(story)
    story.clock.advance(HOUR_MS)
    await story.runJob('name-phones-by-hash')
    expect(await byHash(story)).toBeNull()
  })

  test('that was away names the phones that were bound meanwhile', async () => {
    await using story = await open()
    await story.runJob('name-phones-by-hash')
    const id = await story.registered(PHONE)
    await forgetHashes(story)
    story.clock.advance(3 * HOUR_MS)
    await story.runJob('name-phones-by-hash')
    expect(await byHash(story)).toBe(id)
  })

  test('with another salt under its id names them anew, and forgets the old hashes', async () => {
    await using story = await open()
    const id = await story.registered(PHONE)
    await story.runJob('name-phones-by-hash')
    await story.sql(`update identity.phone_recipe set mark = 'another' where id = 'tmall-tea'`)
    await story.sql(`update identity.phone_alias set hash = 'stale' where recipe = 'tmall-tea'`)
    await story.runJob('name-phones-by-hash')
    expect(await story.sql(`select from identity.phone_alias where hash = 'stale'`)).toEqual([])
    expect(await byHash(story)).toBe(id)
  })

  test('opens a case where a hash has begun another member, and changes nothing', async () => {
    await using story = await open()
    const anna = await story.registered(PHONE)
    await forgetHashes(story)
    const { id: shopper } = (await buyer(story, 'b-1', hashOf())).member!
    expect(shopper).not.toBe(anna)
    await story.runJob('name-phones-by-hash')
    expect(await openCases(story)).toMatchObject([
      { identifier_kind: 'PHONE_HASH', holder_id: shopper, claimant_id: anna },
    ])
    expect(await byHash(story)).toBe(shopper)
    expect((await story.signIn(anonymous, await story.phoneProof(PHONE))).member?.id).toBe(anna)
  })
})

test('a recipe that no process has any more is forgotten with its hashes, a day later', async () => {
  await using story = await open()
  const id = await story.registered(PHONE)
  await story.runJob('name-phones-by-hash')
  await story.sql(
    `insert into identity.phone_recipe (id, mark, begun_at, seen_at)
     select 'of-before', 'mark', begun_at, seen_at from identity.phone_recipe where id = 'jd'`,
  )
  await story.sql(
    `insert into identity.phone_alias (hash, recipe, phone_hash)
     select 'hash', 'of-before', phone_hash from identity.phone_alias where recipe = 'jd'`,
  )
  const ofBefore = () =>
    story.sql(`select id from identity.phone_recipe where id = 'of-before'
      union all select recipe from identity.phone_alias where recipe = 'of-before'`)
  story.clock.advance(DAY_MS)
  await story.runJob('name-phones-by-hash')
  expect(await ofBefore()).toHaveLength(2)
  story.clock.advance(1)
  await story.runJob('name-phones-by-hash')
  expect(await ofBefore()).toEqual([])
  expect(await byHash(story)).toBe(id)
})

test('no phone, hash or salt lies in clear in any table or event', async () => {
  await using story = await open()
  await buyer(story, 'b-1', hashOf())
  await buyer(story, 'b-2', hashOf('13999999999'))
  await story.registered(PHONE)
  await buyer(story, 'b-3', hashOf())
  await story.runJob('name-phones-by-hash')
  const tables = await story.sql<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'identity' and table_type = 'BASE TABLE'`,
  )
  const all: string[] = []
  for (const { name } of tables) {
    const rows = await story.sql<{ row: string }>(
      `select row_to_json(t)::text as row from identity."${name}" t`,
    )
    all.push(...rows.map(({ row }) => row))
  }
  const text = all.join('\n')
  expect(text).toContain('PHONE_HASH')
  for (const secret of [PHONE, '13999999999', SALT, hashOf(), hashOf('13999999999')]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(Buffer.from(secret).toString('hex'))
  }
  expect(text).not.toContain(hashOf().slice(0, 16))
})
