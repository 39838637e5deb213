import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, anonymous, channelService, clerk, member } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

let identity: IdentityStory
let turn = 0
beforeAll(async () => {
  identity = await openIdentity()
})
afterAll(() => identity[Symbol.asyncDispose]())

const phone = () => `1360000${String(++turn).padStart(4, '0')}`
const statusOf = async (id: string) =>
  (
    await identity.ask<{ member: { status: string; activatedAt: string | null } }>(
      admin,
      'query ($id: ID!) { member(id: $id) { status activatedAt } }',
      { id },
    )
  ).member
const activations = async (id: string) =>
  (await identity.events())
    .filter(
      ({ type, payload }) => type === 'identity.MembersActivated' && JSON.stringify(payload).includes(id),
    )
    .map(({ payload }) => payload)
const activate = (as: Principal, input: Record<string, unknown> = {}) =>
  identity.mutate<{ member: { id: string } | null; refusal: Refused | null }>(
    as,
    'activateMember',
    'ActivateMemberInput',
    input,
    'member { id }',
  )

describe('a pre-registered member', () => {
  const preRegistered = async (number: string) =>
    (await identity.register(clerk(), [asserted('PHONE', number)], 'STORE', { entry: 'PRE_REGISTERED' }))
      .member!.id

  test('is told to siblings as such, and is active when the person comes with its phone', async () => {
    const number = phone()
    const id = await preRegistered(number)
    expect(await statusOf(id)).toEqual({ status: 'PRE_REGISTERED', activatedAt: null })
    const registered = (await identity.events()).find(
      ({ type, memberId }) => type === 'identity.MembersRegistered' && memberId === id,
    )
    expect(registered!.payload).toEqual({ channel: 'STORE', memberIds: [id], entry: 'PRE_REGISTERED' })
    const joinedAt = new Date(identity.clock.now()).toISOString()

    identity.clock.advance(30 * 86_400_000)
    const back = await identity.register(anonymous, [await identity.phoneProof(number)], 'APP')
    expect(back).toMatchObject({ created: false, member: { id } })
    expect((await statusOf(id)).status).toBe('ACTIVE')
    expect(await activations(id)).toEqual([{ from: 'PRE_REGISTERED', members: [{ memberId: id, joinedAt }] }])
  })

  test('is not made active by staff who see it again, but by a sign-in, or by being told to', async () => {
    const numbers = [phone(), phone(), phone()]
    const [seen, signedIn, told] = await Promise.all(numbers.map(preRegistered))
    await identity.register(clerk(), [asserted('PHONE', numbers[0]!), asserted('CARD', `A${turn}`)], 'STORE')
    expect((await statusOf(seen!)).status).toBe('PRE_REGISTERED')
    await identity.signIn(anonymous, await identity.phoneProof(numbers[1]!))
    expect((await statusOf(signedIn!)).status).toBe('ACTIVE')
    await Promise.all([
      activate(clerk(), { memberId: told }),
      activate(member(told!)),
      activate(member(told!)),
    ])
    expect(await activations(told!)).toHaveLength(1)
  })

  test('many are activated at once', async () => {
    const ids = await Promise.all([phone(), phone(), phone()].map(preRegistered))
    const many = (memberIds: string[]) =>
      identity.mutate<{ activated: number | null; refusal: Refused | null }>(
        admin,
        'activateMembers',
        'ActivateMembersInput',
        { memberIds },
        'activated',
      )
    expect((await many([...ids, 'nobody'])).activated).toBe(3)
    expect((await many(ids)).activated).toBe(0)
    expect((await many([])).refusal?.code).toBe('IDENTIFIER_NOT_VALID')
  })

  test('nobody pre-registers itself', async () => {
    const proof = await identity.phoneProof(phone())
    await expect(identity.register(anonymous, [proof], 'APP', { entry: 'PRE_REGISTERED' })).rejects.toThrow(
      'in full',
    )
  })
})

describe('a collector card', () => {
  const issue = (card: string, more: Record<string, unknown> = {}) =>
    identity.register(clerk(), [asserted('CARD', card)], 'STORE', { entry: 'COLLECTOR', ...more })

  test('is a number, and becomes a member with its history by a phone that is proved', async () => {
    const card = `C-${++turn}`
    const { member: holder } = await issue(card)
    expect(await statusOf(holder!.id)).toEqual({ status: 'COLLECTOR', activatedAt: null })
    expect((await activate(clerk(), { memberId: holder!.id })).refusal?.code).toBe('IDENTIFIER_NOT_VERIFIED')

    const number = phone()
    const proved = await identity.bind(
      clerk(),
      [{ phoneCode: { phone: number, code: await identity.code(number, 'BIND') } }],
      {
        memberId: holder!.id,
      },
    )
    expect(proved.refusal).toBeNull()
    expect((await statusOf(holder!.id)).status).toBe('ACTIVE')
    expect(await activations(holder!.id)).toMatchObject([{ from: 'COLLECTOR' }])
    const back = await identity.signIn(anonymous, await identity.phoneProof(number))
    expect(back.member?.id).toBe(holder!.id)
  })

  test('becomes a member at the counter, by card and phone together', async () => {
    const card = `C-${++turn}`
    const { member: holder } = await issue(card)
    const full = await identity.register(
      clerk(),
      [asserted('CARD', card), asserted('PHONE', phone())],
      'STORE',
      {
        profile: { name: '王五' },
      },
    )
    expect(full).toMatchObject({ created: false, member: { id: holder!.id } })
    expect((await statusOf(holder!.id)).status).toBe('ACTIVE')
  })

  test('that is out already leads to its holder; with a phone, or of an app, there is none', async () => {
    const card = `C-${++turn}`
    const first = await issue(card)
    expect(await issue(card)).toMatchObject({ created: false, member: { id: first.member!.id } })
    const withPhone = await identity.register(
      clerk(),
      [asserted('CARD', `C-${++turn}`), asserted('PHONE', phone())],
      'STORE',
      { entry: 'COLLECTOR' },
    )
    expect(withPhone.refusal?.code).toBe('IDENTIFIER_NOT_VALID')
    const ofApp = await identity.register(channelService('APP'), [asserted('APP_USER', 'u')], 'APP', {
      entry: 'COLLECTOR',
    })
    expect(ofApp.refusal?.code).toBe('IDENTIFIER_NOT_VALID')
  })
})

test('a product that is registered is told with its model and dealer, and without its number', async () => {
  const id = await identity.registered(phone())
  await identity.mutate(
    clerk('dealer-7'),
    'registerProduct',
    'RegisterProductInput',
    { memberId: id, product: { vin: 'LSVAA49J132047371' }, model: 'Estate', boughtOn: '2025-12-24' },
    'productId',
  )
  const event = (await identity.events()).find(({ type }) => type === 'identity.ProductRegistered')
  expect(event).toMatchObject({
    memberId: id,
    payload: { model: 'Estate', boughtOn: '2025-12-24', dealer: 'dealer-7', verified: true },
  })
  expect(JSON.stringify(event)).not.toContain('132047371')
})

test('a claim that a dealer finds right is told again, with what the member had said of it', async () => {
  const id = await identity.registered(phone())
  const product = { memberId: id, product: { vin: '1M8GDM9AXKP042788' } }
  const as = (caller: Principal, more: object) =>
    identity.mutate(caller, 'registerProduct', 'RegisterProductInput', { ...product, ...more }, 'productId')
  await as(member(id), { model: 'Coach' })
  await as(clerk('dealer-7'), {})
  const told = (await identity.events()).filter(
    ({ type, memberId }) => type === 'identity.ProductRegistered' && memberId === id,
  )
  expect(told.map(({ payload }) => payload)).toMatchObject([
    { model: 'Coach', verified: false },
    { model: 'Coach', verified: true },
  ])
})
