import { expect, test } from 'vitest'
import { admin, clerk, service } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity } from './story.ts'

interface Registration {
  members: { memberId: string; created: boolean }[] | null
  refusal: { code: string; path: string[]; message: string } | null
}

const tryRegisterAll = async (identity: IdentityStory, members: unknown[], source = 'crm') =>
  (
    await identity.ask<{ registerMembers: Registration }>(
      admin,
      `mutation ($input: RegisterMembersInput!) {
        registerMembers(input: $input) { members { memberId created } refusal { code path message } }
      }`,
      { input: { source, members } },
    )
  ).registerMembers

const registerAll = async (identity: IdentityStory, members: unknown[], source = 'crm') =>
  (await tryRegisterAll(identity, members, source)).members!

const external = (value: string) => ({
  identity: { kind: 'EXTERNAL', value },
  joinedAt: '2019-05-01T08:00:00Z',
})

test('history is imported once, however often it comes', async () => {
  await using identity = await openIdentity()
  const file = Array.from({ length: 1_000 }, (_, index) => external(`buyer-${index}`))
  const first = await registerAll(identity, file)
  expect(first.every(({ created }) => created)).toBe(true)
  expect(new Set(first.map(({ memberId }) => memberId)).size).toBe(1_000)
  const second = await registerAll(identity, file)
  expect(second).toEqual(first.map(({ memberId }) => ({ memberId, created: false })))
  // The same values from another source are other people.
  const [other] = await registerAll(identity, file.slice(0, 1), 'shop')
  expect(other).toMatchObject({ created: true })

  expect(await identity.count('member')).toBe(1_001)
  const events = await identity.events()
  expect(events.map(({ type }) => type)).toEqual(['identity.MembersRegistered', 'identity.MembersRegistered'])
  expect(events[0]!.payload).toMatchObject({
    channel: 'IMPORT',
    memberIds: expect.arrayContaining([first[7]!.memberId]),
  })
  const answer = await identity.ask(
    clerk(),
    'query ($id: ID!) { member(id: $id) { joinedAt joinedChannel number identities { scope maskedValue channel } } }',
    { id: first[7]!.memberId },
  )
  expect(answer).toEqual({
    member: {
      joinedAt: '2019-05-01T08:00:00.000Z',
      joinedChannel: 'IMPORT',
      number: expect.stringMatching(/^\d{10}$/),
      identities: [{ scope: 'crm', maskedValue: '****', channel: 'IMPORT' }],
    },
  })
})

test('one buyer in two lines, and one who is a member already', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234')
  const answer = await registerAll(identity, [
    external('twice'),
    { identity: { kind: 'PHONE', value: '138 1234 1234' } },
    external('twice'),
    { identity: { kind: 'PHONE', value: '13900001111' }, channel: 'STORE' },
  ])
  expect(answer.map(({ created }) => created)).toEqual([true, false, false, true])
  expect(answer[2]!.memberId).toBe(answer[0]!.memberId)
  expect(answer[1]!.memberId).toBe(anna)
  const known = await identity.register(clerk(), [asserted('PHONE', '13900001111')], 'STORE')
  expect(known).toMatchObject({ created: false, member: { id: answer[3]!.memberId } })
})

test('imports and registrations of one person at once make one member', async () => {
  await using identity = await openIdentity()
  const lines = Array.from({ length: 20 }, (_, index) => ({
    identity: { kind: 'PHONE', value: `139000000${String(index + 10)}` },
  }))
  await Promise.all([
    ...Array.from({ length: 4 }, (_, turn) => registerAll(identity, turn % 2 ? lines : lines.toReversed())),
    ...lines.map(({ identity: { value } }) =>
      identity.register(clerk(), [asserted('PHONE', value)], 'STORE'),
    ),
  ])
  expect(await identity.count('member')).toBe(20)
})

test('a line that is not valid refuses the call and is named', async () => {
  await using identity = await openIdentity()
  const wrong = [external('a'), { identity: { kind: 'PHONE', value: '12' } }]
  expect((await tryRegisterAll(identity, wrong)).refusal).toEqual({
    code: 'PHONE_NOT_VALID',
    path: ['members', '1', 'identity'],
    message: 'This is not a phone number.',
  })
  const tooMany = Array.from({ length: 1_001 }, (_, i) => external(`${i}`))
  for (const members of [[], tooMany]) {
    expect((await tryRegisterAll(identity, members)).refusal).toMatchObject({ path: ['members'] })
  }
  expect(await identity.count('member')).toBe(0)
})

test('each of ten thousand imported members is found by its identity', async () => {
  await using identity = await openIdentity()
  for (let batch = 0; batch < 10; batch++) {
    await registerAll(
      identity,
      Array.from({ length: 1_000 }, (_, index) => external(`${batch}-${index}`)),
    )
  }
  const identities = Array.from({ length: 1_000 }, (_, index) => ({
    kind: 'EXTERNAL',
    scope: 'crm',
    value: `5-${index}`,
  }))
  const { resolveMembers } = await identity.ask<{ resolveMembers: (string | null)[] }>(
    service(),
    'query ($identities: [IdentityInput!]!) { resolveMembers(identities: $identities) }',
    { identities },
  )
  expect(resolveMembers.every(Boolean)).toBe(true)
})

test('an import brings nobody back who was erased, and leaves nothing behind', async () => {
  await using identity = await openIdentity()
  const [anna] = await registerAll(identity, [external('1')])
  const { number } = (await identity.sql<{ number: string }>('select number from identity.member'))[0]!
  const erased = await identity.mutate<{ refusal: unknown }>(
    admin,
    'eraseMember',
    'EraseMemberInput',
    { memberId: anna!.memberId, number },
    'memberId',
  )
  expect(erased.refusal).toBeNull()
  const again = await tryRegisterAll(identity, [external('2'), external('1')])
  expect(again.refusal).toMatchObject({ code: 'IDENTITY_ERASED', path: ['members', '1', 'identity'] })
  expect(await identity.count('member')).toBe(1)
  expect(await identity.sql("select kind from identity.identifier where kind <> 'MEMBER_NUMBER'")).toEqual([])
})
