import { expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, channelService, clerk, member, operator, partner, service } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

const VIN = 'LSVAA49J132047371'
const name = { en: 'Size', 'zh-CN': '尺码' }

interface Attribute {
  id: string
  value: unknown
  masked: boolean
  name: string
}

const publish = async (identity: IdentityStory, attributes: unknown[], version = 1) => {
  identity.emit('ledger', {
    type: 'ledger.ProgramPublished',
    payload: {
      program: 'club',
      version,
      name,
      timeZone: 'Asia/Shanghai',
      tiers: [],
      benefits: [],
      campaigns: [],
      attributes,
    },
  })
  await identity.drain()
}

const DECLARED = [
  { id: 'size', name, type: 'enum', choices: ['S', 'M'], personal: false, setBy: ['MEMBER', 'STAFF'] },
  { id: 'children', name, type: 'integer', personal: true, setBy: ['MEMBER'] },
]

const set = (identity: IdentityStory, who: Principal, attributes: unknown[], memberId?: string) =>
  identity.mutate<{ member: { attributes: Attribute[] } | null; refusal: Refused | null }>(
    who,
    'setAttributes',
    'SetAttributesInput',
    { memberId, attributes },
    'member { attributes { id value masked name } }',
  )

const look = async <T>(identity: IdentityStory, who: Principal, id: string, fields: string): Promise<T> =>
  (
    await identity.ask<{ members: [T] }>(
      who,
      `query ($refs: [_Any!]!) { members: _entities(representations: $refs) { ... on Member { ${fields} } } }`,
      { refs: [{ __typename: 'Member', id }] },
    )
  ).members[0]

test('attributes that the programme declares are set, sealed at rest, and masked where personal', async () => {
  await using identity = await openIdentity()
  await publish(identity, DECLARED)
  const anna = await identity.registered('13812341234')

  const answer = await set(identity, member(anna), [
    { id: 'size', value: 'M' },
    { id: 'children', value: 3 },
  ])
  expect(answer.member?.attributes).toEqual([
    { id: 'size', value: 'M', masked: false, name: 'Size' },
    { id: 'children', value: 3, masked: false, name: 'Size' },
  ])
  const asClerk = await look<{ attributes: Attribute[] }>(
    identity,
    clerk(),
    anna,
    'attributes { id value masked }',
  )
  expect(asClerk.attributes).toEqual([
    { id: 'size', value: 'M', masked: false },
    { id: 'children', value: null, masked: true },
  ])
  const [row] = await identity.sql<{ sealed: Buffer }>('select sealed from identity.member_attribute')
  expect(row!.sealed.toString('latin1')).not.toContain('children')

  expect((await set(identity, admin, [{ id: 'children', value: 1 }], anna)).refusal?.code).toBe(
    'ATTRIBUTE_NOT_ALLOWED',
  )
  expect((await set(identity, admin, [{ id: 'shoe', value: 1 }], anna)).refusal?.code).toBe(
    'ATTRIBUTE_NOT_DECLARED',
  )
  expect((await set(identity, admin, [{ id: 'size', value: 'XXL' }], anna)).refusal).toMatchObject({
    code: 'ATTRIBUTE_NOT_VALID',
    path: ['attributes', '0', 'value'],
    details: expect.arrayContaining([{ name: 'reason', value: 'NOT_A_CHOICE' }]),
  })

  // What is no longer declared is no longer shown, and comes back with its declaration.
  await publish(identity, [DECLARED[1]], 2)
  expect(
    (await look<{ attributes: Attribute[] }>(identity, admin, anna, 'attributes { id }')).attributes,
  ).toEqual([{ id: 'children' }])
})

interface Products {
  products: { id: string; serial: string; verified: boolean; endedBecause: string | null }[]
}
const PRODUCTS = 'products(former: true) { id serial verified endedBecause }'

const registerProduct = (identity: IdentityStory, who: Principal, input: Record<string, unknown>) =>
  identity.mutate<{ productId: string | null; refusal: Refused | null }>(
    who,
    'registerProduct',
    'RegisterProductInput',
    input,
    'productId',
  )

const memberBySerial = async (identity: IdentityStory, value: string) =>
  (
    await identity.ask<{ memberBy: { id: string } | null }>(
      clerk(),
      'query ($value: String!) { memberBy(identity: { kind: SERIAL, value: $value }) { id } }',
      { value },
    )
  ).memberBy?.id

test('a vehicle has one owner; a claim gives way to the dealer, a dealer to nobody', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234')
  const bob = await identity.registered('13900001111')
  const product = { vin: VIN }

  const claim = await registerProduct(identity, member(anna), {
    product,
    model: 'Lavida',
    boughtOn: '2025-12-31',
  })
  expect(claim.refusal).toBeNull()
  expect(await memberBySerial(identity, VIN)).toBeUndefined()
  expect((await registerProduct(identity, member(bob), { product })).refusal?.code).toBe(
    'PRODUCT_OWNED_BY_ANOTHER',
  )
  expect((await registerProduct(identity, member(anna), { product })).refusal?.code).toBe(
    'PRODUCT_ALREADY_REGISTERED',
  )

  const sold = await registerProduct(identity, clerk('dealer-7'), {
    memberId: bob,
    product: { vin: 'lsv-aa49j-132047371' },
  })
  expect(sold.refusal).toBeNull()
  expect(await memberBySerial(identity, VIN)).toBe(bob)
  expect((await registerProduct(identity, clerk(), { memberId: anna, product })).refusal?.code).toBe(
    'PRODUCT_OWNED_BY_ANOTHER',
  )
  expect((await look<Products>(identity, member(anna), anna, PRODUCTS)).products).toEqual([
    { id: claim.productId, serial: VIN, verified: false, endedBecause: 'CLAIM_OVERRULED' },
  ])
  expect((await look<Products>(identity, operator, bob, PRODUCTS)).products).toEqual([
    { id: sold.productId, serial: '****7371', verified: true, endedBecause: null },
  ])
  const bad = await registerProduct(identity, clerk(), {
    memberId: anna,
    product: { vin: 'LSVAA49J132047372' },
  })
  expect(bad.refusal).toMatchObject({
    code: 'SERIAL_NOT_VALID',
    details: [{ name: 'reason', value: 'CHECK_DIGIT' }],
  })
})

test('a change of owner stays on record on both sides, and the number leads to the new owner', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234')
  const bob = await identity.registered('13900001111')
  const { productId } = await registerProduct(identity, clerk(), { memberId: anna, product: { vin: VIN } })
  const transfer = (who: Principal, input: Record<string, unknown>) =>
    identity.mutate<{ productId: string | null; refusal: Refused | null }>(
      who,
      'transferProduct',
      'TransferProductInput',
      { memberId: anna, productId, toMemberId: bob, ...input },
      'productId',
    )
  await expect(transfer(member(anna), {})).rejects.toThrow('no right')
  const sold = await transfer(clerk(), { idempotencyKey: 'sale-1' })
  expect(sold.refusal).toBeNull()
  expect(await transfer(clerk(), { idempotencyKey: 'sale-1' })).toEqual(sold)
  expect((await transfer(clerk(), {})).refusal?.code).toBe('PRODUCT_NOT_FOUND')
  expect(await memberBySerial(identity, VIN)).toBe(bob)
  expect((await look<Products>(identity, admin, anna, PRODUCTS)).products).toEqual([
    { id: productId, serial: VIN, verified: true, endedBecause: 'TRANSFERRED' },
  ])
  expect((await look<Products>(identity, admin, bob, PRODUCTS)).products).toEqual([
    { id: sold.productId, serial: VIN, verified: true, endedBecause: null },
  ])
  // The seller is not found by it any more, and may not be registered with it again.
  expect((await identity.bind(clerk(), [asserted('SERIAL', VIN)], { memberId: anna })).refusal?.code).toBe(
    'IDENTITY_CONFLICT',
  )
})

test('twenty dealers register one vehicle at once: one owner', async () => {
  await using identity = await openIdentity()
  const members = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { member: made } = await identity.register(clerk(), [asserted('CARD', `card-${index}`)], 'STORE')
      return made!.id
    }),
  )
  const answers = await Promise.all(
    members.map((memberId) => registerProduct(identity, clerk(), { memberId, product: { vin: VIN } })),
  )
  const owners = answers.filter(({ refusal }) => refusal === null)
  expect(owners).toHaveLength(1)
  expect(new Set(answers.flatMap(({ refusal }) => refusal?.code ?? []))).toEqual(
    new Set(['PRODUCT_OWNED_BY_ANOTHER']),
  )
  expect(await memberBySerial(identity, VIN)).toBe(members[answers.indexOf(owners[0]!)])
  expect(await identity.count('owned_product')).toBe(1)
})

test('consents are kept word by word, and say whom a campaign may address and when', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234')
  const state = (name: string, who: Principal, input: Record<string, unknown>) =>
    identity.mutate<{ member: { consents: unknown[] } | null; refusal: Refused | null }>(
      who,
      name,
      'ConsentInput',
      { purpose: 'MARKETING', policyVersion: '2026-01', ...input },
      'member { consents { purpose channel given policyVersion } }',
    )
  const verdict = async (channel: string) =>
    (
      await identity.ask<{ contactVerdicts: { verdict: string; until: string | null }[] }>(
        service('campaigns'),
        `query ($ids: [ID!]!, $channel: ContactChannel!) {
          contactVerdicts(memberIds: $ids, purpose: MARKETING, channel: $channel) { verdict until }
        }`,
        { ids: [anna], channel },
      )
    ).contactVerdicts[0]

  expect(await verdict('SMS')).toEqual({ verdict: 'NO_CONSENT', until: null })
  await state('giveConsent', member(anna), { channels: ['SMS', 'EMAIL'] })
  expect(await verdict('SMS')).toEqual({ verdict: 'ALLOWED', until: null })
  await state('withdrawConsent', clerk(), { memberId: anna, channels: ['SMS'] })
  expect(await verdict('SMS')).toEqual({ verdict: 'NO_CONSENT', until: null })
  expect(await verdict('EMAIL')).toEqual({ verdict: 'ALLOWED', until: null })

  // 2026-01-01 08:01 in Shanghai.
  await identity.mutate(
    member(anna),
    'setQuietHours',
    'SetQuietHoursInput',
    { quietHours: { from: '08:00', to: '09:30' } },
    'member { quietHours { from to timeZone } }',
  )
  expect(await verdict('EMAIL')).toEqual({ verdict: 'QUIET', until: '2026-01-01T01:30:00.000Z' })

  const withdrawn = await state('withdrawConsent', member(anna), { policyVersion: '2026-02' })
  expect(withdrawn.member?.consents).toEqual([
    { purpose: 'MARKETING', channel: 'ANY', given: false, policyVersion: '2026-02' },
  ])
  const { consentHistory } = await look<{ consentHistory: { given: boolean }[] }>(
    identity,
    admin,
    anna,
    'consentHistory { given statedBy }',
  )
  expect(consentHistory.map(({ given }) => given)).toEqual([true, true, false, false])
  await expect(identity.sql('update identity.consent_statement set given = true')).rejects.toThrow(
    'append-only',
  )
  expect((await state('giveConsent', member(anna), { policyVersion: '' })).refusal?.code).toBe(
    'CONSENT_NOT_VALID',
  )
  const events = await identity.events()
  expect(events.filter(({ type }) => type === 'identity.ConsentChanged')).toHaveLength(4)
})

interface Records {
  accessRecords: { edges: { node: { reader: string; seen: string[]; memberId: string } }[] }
}

test('who sees personal data of others in clear is on record; to be masked or to see oneself is not', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234', {
    name: 'Anna',
    gender: 'FEMALE',
    birthday: '1990-02-03',
  })
  await registerProduct(identity, clerk(), { memberId: anna, product: { vin: VIN } })
  const fields = `profile { name birthday } ${PRODUCTS}`
  for (const who of [member(anna), clerk(), operator, channelService('APP')])
    await look(identity, who, anna, fields)
  await look(identity, admin, anna, fields)

  const records = async (who: Principal, filter = '') =>
    identity.ask<Records>(who, `{ accessRecords${filter} { edges { node { reader seen memberId } } } }`)
  const { accessRecords } = await records(admin)
  const seen = accessRecords.edges.map(({ node }) => node)
  expect(seen).toHaveLength(2)
  expect(new Set(seen.map(({ reader }) => reader))).toEqual(new Set(['staff:admin-1']))
  expect(new Set(seen.flatMap((node) => node.seen))).toEqual(
    new Set(['profile.name', 'profile.phone', 'profile.birthday', 'products.serial']),
  )
  expect((await records(admin, '(reader: "staff:nobody")')).accessRecords.edges).toEqual([])
  for (const who of [clerk(), operator, member(anna), partner('cinema')]) {
    await expect(records(who)).rejects.toThrow('no right')
  }
  await expect(identity.sql('update identity.access_record set reader = $1', ['nobody'])).rejects.toThrow(
    'append-only',
  )
})

test('records of access go when their time is over, and not before', async () => {
  await using identity = await openIdentity({ HUITONG_ACCESS_RECORD_DAYS: '180' })
  const anna = await identity.registered('13812341234', { name: 'Anna' })
  await look(identity, admin, anna, 'profile { name }')
  const records = async () =>
    (await identity.ask<Records>(admin, '{ accessRecords { edges { node { reader seen memberId } } } }'))
      .accessRecords.edges
  expect(await records()).toHaveLength(1)
  identity.clock.advance(179 * 86_400_000)
  await identity.runJob('forget-access-records')
  expect(await records()).toHaveLength(1)
  identity.clock.advance(2 * 86_400_000)
  await identity.runJob('forget-access-records')
  expect(await records()).toHaveLength(0)
})

test('an erasure among registrations and changes of the same person: whoever is there afterwards is whole', async () => {
  await using identity = await openIdentity()
  const phone = '13812341234'
  const anna = await identity.registered(phone, { name: 'Anna' })
  const [{ number }] = (await identity.sql<{ number: string }>('select number from identity.member')) as [
    { number: string },
  ]
  await Promise.all([
    ...Array.from({ length: 8 }, (_, index) =>
      identity.register(clerk(), [asserted('PHONE', phone), asserted('CARD', `card-${index}`)], 'STORE'),
    ),
    ...Array.from({ length: 4 }, (_, index) =>
      identity.bind(clerk(), [asserted('CARD', `bound-${index}`)], { memberId: anna }),
    ),
    identity.mutate(member(anna), 'eraseMember', 'EraseMemberInput', { number }, 'memberId'),
  ])
  expect(await identity.sql('select status from identity.member')).toEqual([{ status: 'ERASED' }])
  for (const table of ['channel_identity', 'member_key', 'profile'])
    expect([table, await identity.count(table)]).toEqual([table, 0])
  expect(await identity.sql("select kind from identity.identifier where kind <> 'MEMBER_NUMBER'")).toEqual([])
})
