import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../kernel/values/ids.ts'
import { DAY_MS, instant } from '../../kernel/values/instant.ts'
import { admin, clerk, member, service } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

interface Imported {
  readonly members:
    | {
        outcome: string
        memberId: string | null
        refusal: Pick<Refused, 'code' | 'path' | 'details'> | null
      }[]
    | null
  readonly refusal: Refused | null
}

let identity: IdentityStory
let turn = 0
beforeAll(async () => {
  identity = await openIdentity()
})
afterAll(() => identity[Symbol.asyncDispose]())

const phone = () => `1350000${String(++turn).padStart(4, '0')}`
const send = (members: object[], more: Record<string, unknown> = {}, as = admin) =>
  identity.mutate<Imported>(
    as,
    'importMembers',
    'ImportMembersInput',
    { source: 'crm', members, ...more },
    'members { outcome memberId refusal { code path details { name value } } }',
  )
const outcomes = ({ members }: Imported) => members!.map(({ outcome, refusal }) => refusal?.code ?? outcome)
const found = async (kind: string, value: string, scope = '') =>
  (
    await identity.ask<{ resolveMembers: (string | null)[] }>(
      service('ledger'),
      'query ($of: [IdentityInput!]!) { resolveMembers(identities: $of) }',
      { of: [{ kind, value, scope }] },
    )
  ).resolveMembers[0]

test('a person comes with all that is known of it', async () => {
  const number = phone()
  const { members } = await send([
    {
      key: 'c-1',
      identities: [
        { kind: 'PHONE', value: number },
        { kind: 'CARD', value: 'A 100' },
      ],
      profile: { name: '王小明', gender: 'MALE', birthday: '1990-02-03', province: '上海' },
      joinedAt: '2019-05-06T00:00:00Z',
      store: 'store-9',
      tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'weekly' }],
    },
  ])
  const { memberId } = members![0]!
  expect(members![0]!.outcome).toBe('CREATED')
  for (const [kind, value, scope] of [
    ['EXTERNAL', 'c-1', 'crm'],
    ['PHONE', number, ''],
    ['CARD', 'a100', ''],
  ]) {
    expect(await found(kind!, value!, scope)).toBe(memberId)
  }
  const { me } = await identity.ask<{ me: object }>(
    member(memberId!),
    `{ me { status joinedAt joinedChannel joinedStore profile { name gender phone birthday province }
            tags { dimension name value source } tagHistory: tags { name } } }`,
  )
  expect(me).toMatchObject({
    status: 'ACTIVE',
    joinedAt: '2019-05-06T00:00:00.000Z',
    joinedChannel: 'IMPORT',
    joinedStore: 'store-9',
    profile: {
      name: '王小明',
      gender: 'MALE',
      phone: `+86${number}`,
      birthday: '1990-02-03',
      province: '上海',
    },
    tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'weekly', source: 'IMPORT' }],
  })
  const [kept] = await identity.sql<{ text: string }>(
    `select concat((select string_agg(i::text, '') from identity.channel_identity i where member_id = $1),
       (select p::text from identity.profile p where member_id = $1)) as text`,
    [memberId],
  )
  expect(kept!.text).not.toContain(number)
  expect(kept!.text).not.toContain('王小明')
})

test('the same lines again change nothing, and what is known is filled and not replaced', async () => {
  const number = phone()
  const person = {
    key: 'c-2',
    identities: [{ kind: 'PHONE', value: number }],
    profile: { name: 'Li' },
    tags: [{ dimension: 'VALUE', name: 'vip' }],
  }
  const first = await send([person])
  const counts = () =>
    identity.sql(`select (select count(*) from identity.member) as members, (select count(*) from identity.identifier) as ids,
      (select count(*) from identity.channel_identity) as bound, (select count(*) from identity.tag_history) as tags,
      (select sum(version) from identity.profile) as versions`)
  const before = await counts()
  expect(outcomes(await send([person]))).toEqual(['KNOWN'])
  expect(await counts()).toEqual(before)

  const more = await send([
    {
      ...person,
      profile: { name: 'Someone else', province: '北京' },
      identities: [...person.identities, { kind: 'CARD', value: 'B1' }],
    },
  ])
  expect(more.members![0]).toMatchObject({ outcome: 'KNOWN', memberId: first.members![0]!.memberId })
  const { me } = await identity.ask<{ me: { profile: object } }>(
    member(first.members![0]!.memberId!),
    '{ me { profile { name province } } }',
  )
  expect(me.profile).toEqual({ name: 'Li', province: '北京' })
  expect(await found('CARD', 'B1')).toBe(first.members![0]!.memberId)
})

test('what is wrong with one line keeps none of the others out', async () => {
  const [shared, one, two] = [phone(), phone(), phone()]
  const known = [await identity.registered(one), await identity.registered(two)]
  const answer = await send([
    { key: 'd-1', identities: [{ kind: 'PHONE', value: shared }] },
    { key: 'd-2', identities: [{ kind: 'PHONE', value: '12' }] },
    { key: 'd-3', identities: [{ kind: 'PHONE', value: shared }] },
    { key: 'd-4', profile: { name: 'x'.repeat(65) } },
    { key: 'd-5', profile: { birthday: '2999-01-01' } },
    {
      key: 'd-6',
      identities: [
        { kind: 'PHONE', value: one },
        { kind: 'PHONE', value: two },
      ],
    },
    { key: 'd-7', identities: [{ kind: 'COMPANY', value: '91350100M000100Y43' }] },
    { key: ' ' },
    { key: 'd-8', tags: [{ dimension: 'INTEREST', name: '' }] },
    { key: 'd-9', identities: [{ kind: 'PHONE', value: one }] },
    { key: 'd-10', profile: { name: '😀 عمر' } },
  ])
  expect(outcomes(answer)).toEqual([
    'CREATED',
    'PHONE_NOT_VALID',
    'KNOWN',
    'PROFILE_NOT_VALID',
    'PROFILE_NOT_VALID',
    'IDENTITY_CONFLICT',
    'IDENTIFIER_NOT_VALID',
    'IDENTIFIER_NOT_VALID',
    'TAG_NOT_VALID',
    'KNOWN',
    'CREATED',
  ])
  expect(answer.members![2]!.memberId).toBe(answer.members![0]!.memberId)
  expect(answer.members![9]!.memberId).toBe(known[0])
  expect(answer.members![1]!.refusal!.path).toEqual(['identities', '0'])
  // What a refused line claimed is free again.
  expect(await found('EXTERNAL', 'd-6', 'crm')).toBeNull()
  expect(outcomes(await send([{ key: 'd-6' }]))).toEqual(['CREATED'])
})

const cases = async () =>
  (
    await identity.ask<{ identityConflicts: { edges: { node: Record<string, unknown> }[] } }>(
      admin,
      `{ identityConflicts { edges { node {
         id kind state times maskedValue strength holder { id } claimant { id } } } } }`,
    )
  ).identityConflicts.edges.map(({ node }) => node)
const casesBut = async (before: readonly Record<string, unknown>[]) => {
  const known = new Set(before.map(({ id }) => id))
  return (await cases()).filter(({ id }) => !known.has(id))
}

test('whom a line means people decide: a case is opened, and counted when the line comes again', async () => {
  const [one, two] = [phone(), phone()]
  const [anna, bob] = [await identity.registered(one), await identity.registered(two)]
  await identity.register(clerk(), [asserted('PHONE', two), asserted('CARD', 'C-500')], 'STORE')
  const lines = [
    {
      key: 'i-1',
      identities: [
        { kind: 'PHONE', value: one },
        { kind: 'CARD', value: 'C-500' },
      ],
    },
    {
      key: 'i-2',
      identities: [
        { kind: 'CARD', value: 'C-500' },
        { kind: 'PHONE', value: one },
      ],
    },
    { key: 'i-3', identities: [{ kind: 'PHONE', value: phone() }] },
  ]
  const before = await cases()
  expect(outcomes(await send(lines, { dryRun: true }))).toEqual([
    'IDENTITY_CONFLICT',
    'IDENTITY_CONFLICT',
    'CREATED',
  ])
  expect(await casesBut(before)).toEqual([])

  const first = await send(lines)
  expect(outcomes(first)).toEqual(['IDENTITY_CONFLICT', 'IDENTITY_CONFLICT', 'CREATED'])
  const [opened, ...more] = await casesBut(before)
  expect(more).toEqual([])
  // Of both lines the card says more surely who it is, so the phone is contested.
  expect(opened).toMatchObject({
    kind: 'TWO_MEMBERS',
    state: 'OPEN',
    times: 2,
    maskedValue: `${one.slice(0, 3)}****${one.slice(-4)}`,
    strength: 'CHECKED',
    holder: { id: anna },
    claimant: { id: bob },
  })
  for (const { refusal } of first.members!.slice(0, 2)) {
    expect(refusal!.details).toEqual([{ name: 'conflict', value: opened!.id }])
  }
  await send(lines)
  expect(await casesBut(before)).toEqual([{ ...opened, times: 4 }])
})

test('a member who has another WeChat account is contested by nobody known', async () => {
  const number = phone()
  const account = (value: string) => ({ kind: 'WECHAT_UNIONID', value })
  const line = (key: string, unionid: string) => ({
    key,
    identities: [account(unionid), { kind: 'PHONE', value: number }],
  })
  const { members } = await send([line('j-1', 'union-1')])
  const before = await cases()
  expect(outcomes(await send([line('j-2', 'union-2')]))).toEqual(['IDENTITY_CONFLICT'])
  expect(await casesBut(before)).toMatchObject([
    { kind: 'PASSED_ON', times: 1, holder: { id: members![0]!.memberId }, claimant: null },
  ])
})

test('a case that people left as it is stays closed', async () => {
  const [one, two] = [phone(), phone()]
  const ids = [await identity.registered(one), await identity.registered(two)]
  const line = { key: 'k-1', identities: [one, two].map((value) => ({ kind: 'PHONE', value })) }
  const before = await cases()
  await send([line])
  const [opened] = await casesBut(before)
  expect([opened!.holder, opened!.claimant]).toEqual([{ id: ids[1] }, { id: ids[0] }])
  await identity.mutate(
    admin,
    'resolveConflict',
    'ResolveConflictInput',
    { conflictId: opened!.id, resolution: 'KEEP_APART', reason: 'two people', idempotencyKey: 'k' },
    '__typename',
  )
  expect(outcomes(await send([line]))).toEqual(['IDENTITY_CONFLICT'])
  expect(await casesBut(before)).toMatchObject([{ id: opened!.id, state: 'RESOLVED', times: 2 }])
})

test('lines of one person who begins: the first says what is known, the last word on a tag counts', async () => {
  const number = phone()
  const tag = (value: string) => ({ dimension: 'INTEREST', name: 'tea', value })
  const before = (await identity.events()).length
  const { members } = await send([
    {
      key: 'l-1',
      identities: [{ kind: 'PHONE', value: number }],
      profile: { name: 'Wu' },
      tags: [tag('daily')],
    },
    {
      key: 'l-2',
      identities: [
        { kind: 'PHONE', value: number },
        { kind: 'CARD', value: 'L-2' },
      ],
      profile: { name: 'Someone else', province: '北京' },
      tags: [tag('never')],
    },
  ])
  expect(members!.map(({ outcome }) => outcome)).toEqual(['CREATED', 'KNOWN'])
  const id = members![0]!.memberId!
  expect(members![1]!.memberId).toBe(id)
  expect(await found('CARD', 'L-2')).toBe(id)
  const { me } = await identity.ask<{ me: object }>(
    member(id),
    '{ me { profile { name province phone } tags { name value } identities { kind } } }',
  )
  expect(me).toMatchObject({
    profile: { name: 'Wu', province: '北京', phone: `+86${number}` },
    tags: [{ name: 'tea', value: 'never' }],
  })
  expect(await identity.sql(`select value from identity.tag_history where member_id = $1`, [id])).toEqual([
    { value: 'never' },
  ])
  const told = (await identity.events()).slice(before).map(({ type }) => type)
  expect(told).toEqual(['identity.ProfilesChanged', 'identity.TagsChanged', 'identity.MembersRegistered'])
})

test('a dry run says what would become of each line, and leaves nothing', async () => {
  const before = await identity.count('member')
  const events = (await identity.events()).length
  const number = phone()
  const answer = await send(
    [
      { key: 'e-1', identities: [{ kind: 'PHONE', value: number }] },
      { key: 'e-1' },
      { key: 'e-2', profile: { name: '' } },
    ],
    { dryRun: true, idempotencyKey: 'e' },
  )
  expect(outcomes(answer)).toEqual(['CREATED', 'KNOWN', 'PROFILE_NOT_VALID'])
  expect(await identity.count('member')).toBe(before)
  expect(await identity.count(`identifier where hash is null`)).toBe(0)
  expect((await identity.events()).length).toBe(events)
  expect(await found('PHONE', number)).toBeNull()
})

test('a dry run of several calls takes the lines of former calls for imported', async () => {
  const [number, other] = [phone(), phone()]
  const rehearsal = newId(instant('2026-01-01T00:00:00Z'))
  const calls = [
    [
      { key: 'm-1', identities: [{ kind: 'PHONE', value: number }] },
      { key: 'm-2', identities: [{ kind: 'PHONE', value: other }] },
    ],
    [{ key: 'm-3', identities: [{ kind: 'PHONE', value: number }] }],
    [
      { key: 'm-3', identities: [{ kind: 'PHONE', value: other }] },
      { key: 'm-4', identities: [{ kind: 'PHONE', value: '12' }] },
    ],
  ]
  const expected = [['CREATED', 'CREATED'], ['KNOWN'], ['IDENTITY_CONFLICT', 'PHONE_NOT_VALID']]
  const dry: Imported[] = []
  for (const lines of calls) dry.push(await send(lines, { dryRun: true, rehearsal }))
  expect(dry.map(outcomes)).toEqual(expected)
  expect(dry[1]!.members![0]!.memberId).toBeNull()
  expect(outcomes(await send(calls[1]!, { dryRun: true }))).toEqual(['CREATED'])
  expect(await found('PHONE', number)).toBeNull()
  const real: Imported[] = []
  for (const lines of calls) real.push(await send(lines))
  expect(real.map(outcomes)).toEqual(expected)
  expect((await send(calls[1]!, { rehearsal })).refusal).toMatchObject({
    code: 'IDENTIFIER_NOT_VALID',
    path: ['rehearsal'],
  })
})

test('whatever the lines and however they are sent, the dry run says what the import does', async () => {
  let run = 0
  const value = fc.constantFrom('1', '2', '3')
  const identity = fc.record({ kind: fc.constantFrom('PHONE', 'CARD', 'WECHAT_UNIONID'), value })
  const line = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    identities: fc.array(identity, { maxLength: 3 }),
  })
  const calls = fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(calls, async (given) => {
      run += 1
      const rehearsal = newId(instant('2026-01-01T00:00:00Z'))
      const sent = given.map((lines) =>
        lines.map(({ key, identities }) => ({
          key: `${run}-${key}`,
          identities: identities.map((one) => ({
            kind: one.kind,
            value:
              one.kind === 'PHONE'
                ? `1333${String(run).padStart(6, '0')}${one.value}`
                : `${run}-${one.value}`,
          })),
        })),
      )
      const dry: string[][] = []
      for (const lines of sent) dry.push(outcomes(await send(lines, { dryRun: true, rehearsal })))
      const real: string[][] = []
      for (const lines of sent) real.push(outcomes(await send(lines)))
      expect(dry).toEqual(real)
    }),
    { numRuns: 30 },
  )
})

test('what a dry run remembers is forgotten after a day', async () => {
  const rehearsal = newId(instant('2026-01-01T00:00:00Z'))
  const line = { key: 'n-1', identities: [{ kind: 'PHONE', value: phone() }] }
  const again = async () => outcomes(await send([line], { dryRun: true, rehearsal }))
  await again()
  expect(await again()).toEqual(['KNOWN'])
  identity.clock.advance(DAY_MS + 1)
  await identity.mounted.get('identity')!.runJob('forget-expired')
  expect(await identity.count('rehearsed_identifier')).toBe(0)
  expect(await again()).toEqual(['CREATED'])
})

test('an erased person is not brought back by a file', async () => {
  const number = phone()
  const id = await identity.registered(number)
  const { me } = await identity.ask<{ me: { number: string } }>(member(id), '{ me { number } }')
  await identity.mutate(member(id), 'eraseMember', 'EraseMemberInput', { number: me.number }, '__typename')
  expect(
    outcomes(await send([{ key: 'f-1', identities: [{ kind: 'PHONE', value: number }] }, { key: 'f-2' }])),
  ).toEqual(['IDENTITY_ERASED', 'CREATED'])
})

test('the same thousand by eight at once are a thousand members', async () => {
  const members = Array.from({ length: 200 }, (_, at) => ({
    key: `g-${at}`,
    identities: [{ kind: 'PHONE', value: `1340000${String(at).padStart(4, '0')}` }],
    profile: { name: `Person ${at}` },
  }))
  const before = await identity.count('member')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, at) => send(at % 2 === 0 ? members : members.toReversed())),
  )
  expect(await identity.count('member')).toBe(before + 200)
  const created = answers.flatMap((answer) => outcomes(answer)).filter((outcome) => outcome === 'CREATED')
  expect(created).toHaveLength(200)
})

test('pre-registered ones are told as such; who may not import does not', async () => {
  const { members } = await send([{ key: 'h-1', entry: 'PRE_REGISTERED' }, { key: 'h-2' }])
  const told = (await identity.events())
    .filter(({ type }) => type === 'identity.MembersRegistered')
    .slice(-2)
    .map(({ payload }) => payload)
  expect(told).toEqual([
    { channel: 'IMPORT', memberIds: [members![0]!.memberId], entry: 'PRE_REGISTERED' },
    { channel: 'IMPORT', memberIds: [members![1]!.memberId] },
  ])
  await expect(send([{ key: 'h-3' }], {}, clerk())).rejects.toThrow('no right')
  expect((await send([])).refusal?.code).toBe('IDENTIFIER_NOT_VALID')
})
