import { expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, anonymous, channelService, clerk, member, operator, partner } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused, wechat } from './story.ts'

const phone = '13812341234'
const person = {
  name: '张小明',
  gender: 'FEMALE',
  birthday: '1990-02-03',
  province: '上海',
  identityNumber: '11010519491231002X',
  interests: ['coffee'],
  incomeBand: '20-30',
}
const PROFILE = 'profile { name gender phone birthday province identityNumber interests incomeBand version }'

const see = async (identity: IdentityStory, principal: Principal, id: string) =>
  (
    await identity.ask<{ members: [{ profile: unknown }] }>(
      principal,
      `query ($refs: [_Any!]!) { members: _entities(representations: $refs) { ... on Member { ${PROFILE} } } }`,
      { refs: [{ __typename: 'Member', id }] },
    )
  ).members[0].profile

test('a profile is clear to its person and to who may see it, and masked for the rest', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone, person)
  const clear = { ...person, phone: '+8613812341234', version: 1 }
  const masked = {
    ...clear,
    name: '张**',
    phone: '138****1234',
    birthday: null,
    identityNumber: '110***********002X',
    incomeBand: null,
  }
  expect(await see(identity, member(anna), anna)).toEqual(clear)
  expect(await see(identity, admin, anna)).toEqual(clear)
  expect(await see(identity, clerk(), anna)).toEqual(masked)
  expect(await see(identity, operator, anna)).toEqual(masked)
  const bob = await identity.registered('13900001111')
  await expect(see(identity, member(bob), anna)).rejects.toThrow('no right')
  await expect(see(identity, partner('cinema'), anna)).rejects.toThrow('no right')
  await expect(see(identity, anonymous, anna)).rejects.toThrow('access token')
})

test('a partner that knows a phone of somebody does not say who that is; of its own customer it does', async () => {
  await using identity = await openIdentity()
  const cinema = partner('cinema')
  const anna = await identity.registered(phone)
  const customer = asserted('PARTNER_CUSTOMER', '0042')
  const said = { profile: { name: 'Planted', identityNumber: person.identityNumber } }

  for (const proofs of [[asserted('PHONE', phone)], [asserted('PHONE', phone), customer]]) {
    expect((await identity.register(cinema, proofs, 'PARTNER', said)).member?.id).toBe(anna)
    expect(await see(identity, admin, anna)).toMatchObject({ name: null, identityNumber: null })
  }
  await identity.register(cinema, [customer], 'PARTNER', { profile: { name: '张小明' } })
  expect(await see(identity, admin, anna)).toMatchObject({ name: '张小明' })
})

test('a person changes its profile; a registration only fills what is empty', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone, { name: 'Anna' })
  const update = (principal: Principal, input: Record<string, unknown>) =>
    identity.mutate<{ member: { profile: unknown } | null; refusal: Refused | null }>(
      principal,
      'updateProfile',
      'UpdateProfileInput',
      input,
      'member { profile { name gender phone province version } }',
    )
  const first = await update(member(anna), { profile: { name: '张小明', province: '上海' } })
  expect(first.member?.profile).toMatchObject({ name: '张小明', province: '上海', version: 2 })
  const second = await update(member(anna), { profile: { province: null } })
  expect(second.member?.profile).toMatchObject({ name: '张小明', province: null, version: 3 })

  await identity.register(clerk(), [asserted('PHONE', phone)], 'STORE', {
    profile: { name: 'Other', gender: 'FEMALE' },
  })
  expect(await see(identity, admin, anna)).toMatchObject({ name: '张小明', gender: 'FEMALE', version: 4 })

  expect((await update(member(anna), { profile: { birthday: '2027-01-01' } })).refusal).toMatchObject({
    code: 'PROFILE_NOT_VALID',
    message: 'The field birthday is not valid.',
    path: ['profile', 'birthday'],
  })
  expect((await update(admin, { memberId: 'nobody', profile: {} })).refusal?.code).toBe('MEMBER_NOT_FOUND')
  await expect(update(admin, { profile: {} })).rejects.toThrow('memberId')
})

test('ten changes of different fields at once are all kept', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  const changes = [{ name: 'Anna' }, { province: '上海' }, { gender: 'FEMALE' }, { birthday: '1990-02-03' }]
  await Promise.all(
    changes.map((profile) =>
      identity.mutate(member(anna), 'updateProfile', 'UpdateProfileInput', { profile }, 'member { id }'),
    ),
  )
  expect(await see(identity, admin, anna)).toMatchObject({ ...Object.assign({}, ...changes), version: 5 })
})

test('personal data is in no table in clear', async () => {
  await using identity = await openIdentity()
  const proofs = [wechat('sandbox-annaWechat'), await identity.phoneProof(phone)]
  const more = { profile: person, idempotencyKey: 'k-1' }
  const { member: anna } = await identity.register(anonymous, proofs, 'WECHAT', more)
  await identity.bind(clerk(), [asserted('CARD', 'CARD998877')], {
    memberId: anna!.id,
    idempotencyKey: 'k-2',
  })
  const customer = [asserted('PARTNER_CUSTOMER', 'CUST778899'), asserted('PHONE', phone)]
  expect((await identity.register(partner('cinema'), customer, 'PARTNER')).member).toEqual(anna)
  await identity.mutate(
    member(anna!.id),
    'updateProfile',
    'UpdateProfileInput',
    { profile: { name: '李小红' }, idempotencyKey: 'k-3' },
    'member { id }',
  )

  const columns = await identity.sql<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = 'identity'`,
  )
  expect(columns.length).toBeGreaterThan(50)
  const secrets = [
    '13812341234',
    '张小明',
    '李小红',
    '1990-02-03',
    '11010519491231002',
    'annaWechat',
    '998877',
    '778899',
    'coffee',
  ]
  let texts = 0
  for (const { table, column } of columns) {
    const rows = await identity.sql<{ text: string; hex: string }>(
      `select "${column}"::text as text, encode(convert_to("${column}"::text, 'UTF8'), 'hex') as hex
       from identity.${table} where "${column}" is not null`,
    )
    texts += rows.length
    for (const { text, hex } of rows) {
      for (const secret of secrets) {
        const bytes = Buffer.from(secret).toString('hex')
        expect(
          text.includes(secret) || text.includes(bytes) || hex.includes(bytes),
          `${table}.${column}`,
        ).toBe(false)
      }
    }
  }
  expect(texts).toBeGreaterThan(100) // It did look at something.
})

test('a person whose key is gone is forgotten, and the rest goes on', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone, person)
  await identity.sql('delete from identity.member_key')
  const answer = await identity.ask(
    clerk(),
    `query ($id: ID!) { member(id: $id) { id ${PROFILE} identities { maskedValue } } }`,
    {
      id: anna,
    },
  )
  expect(answer).toEqual({ member: { id: anna, profile: null, identities: [{ maskedValue: '****' }] } })
})

interface TagView {
  name: string
  value: string
  source: string
  sources: string[]
}

test('tags from four channels form one set', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered(phone)
  await identity.register(
    partner('cinema'),
    [asserted('PARTNER_CUSTOMER', 'c'), asserted('PHONE', phone)],
    'PARTNER',
  )
  const change = async (
    name: 'setTags' | 'removeTags',
    principal: Principal,
    tags: Record<string, unknown>[],
  ): Promise<TagView[] | string> => {
    const type = name === 'setTags' ? 'SetTagsInput' : 'RemoveTagsInput'
    const input = { memberId: anna, tags: tags.map((tag) => ({ dimension: 'INTEREST', ...tag })) }
    const { refusal } = await identity.mutate<{ refusal: Refused | null }>(
      principal,
      name,
      type,
      input,
      '__typename',
    )
    if (refusal) return refusal.code
    const query = 'query ($id: ID!) { member(id: $id) { tags { name value source sources } } }'
    return (await identity.ask<{ member: { tags: TagView[] } }>(clerk(), query, { id: anna })).member.tags
  }
  await change('setTags', channelService('APP'), [{ name: 'coffee', value: 'weekly', confidence: 0.5 }])
  await change('setTags', channelService('WECHAT'), [
    { name: 'coffee', value: 'daily', confidence: 0.8 },
    { name: 'film' },
  ])
  await change('setTags', clerk(), [{ name: 'coffee', value: 'never', confidence: 0.2 }])
  expect(
    await change('setTags', partner('cinema'), [
      { name: 'film', value: 'horror', expiresAt: '2026-06-01T00:00:00Z' },
    ]),
  ).toEqual([
    { name: 'coffee', value: 'daily', source: 'WECHAT', sources: ['APP', 'STORE', 'WECHAT'] },
    { name: 'film', value: 'horror', source: 'PARTNER:cinema', sources: ['PARTNER:cinema', 'WECHAT'] },
  ])
  // Each takes back its own word.
  expect(
    await change('removeTags', channelService('WECHAT'), [{ name: 'coffee' }, { name: 'unknown' }]),
  ).toMatchObject([{ name: 'coffee', value: 'weekly', sources: ['APP', 'STORE'] }, { name: 'film' }])
  expect(await change('removeTags', operator, [{ name: 'coffee' }])).toMatchObject([{ name: 'film' }])
  identity.clock.advanceTo(Date.parse('2026-06-01T00:00:00Z') as never)
  expect(await change('setTags', clerk(), [{ name: 'tea' }])).toMatchObject([
    { name: 'film', value: '', sources: ['WECHAT'] },
    { name: 'tea' },
  ])
  expect(await change('setTags', partner('bakery'), [{ name: 'bread' }])).toBe('MEMBER_NOT_FOUND')
  expect(await change('setTags', clerk(), [{ name: '' }])).toBe('TAG_NOT_VALID')

  const history = await identity.sql<{ change: string; name: string; changed_by: string }>(
    'select change, name, changed_by from identity.tag_history order by id',
  )
  expect(history).toHaveLength(9)
  expect(
    history
      .filter((entry) => entry.change === 'removed')
      .map((entry) => entry.changed_by)
      .toSorted(),
  ).toEqual(['service:WECHAT back end', 'staff:operator-1', 'staff:operator-1'])
})
