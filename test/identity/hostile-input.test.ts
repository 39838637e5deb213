import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { admin, anonymous, channelService, clerk, member, partner } from '../helpers/graph.ts'
import { playServer } from './play-server.ts'
import { asserted, type IdentityStory, openIdentity, type Refused, wechat } from './story.ts'

type Answer = { refusal: Refused | null }

let identity: IdentityStory
let anna: string
beforeAll(async () => {
  identity = await openIdentity()
  anna = await identity.registered('13811110000')
})
afterAll(() => identity[Symbol.asyncDispose]())

const named = (name: string) =>
  identity.mutate<Answer>(
    member(anna),
    'updateProfile',
    'UpdateProfileInput',
    { profile: { name } },
    '__typename',
  )

describe('a name', () => {
  test.for<[string, string, string | null]>([
    ['of a megabyte', 'x'.repeat(1_000_000), 'TOO_LONG'],
    ['of 65 emoji', '😀'.repeat(65), 'TOO_LONG'],
    ['of 64 emoji', '😀'.repeat(64), null],
    ['of a family of emoji', '👩‍👩‍👧‍👦', null],
    ['from right to left', 'محمد بن سلمان', null],
    ['in Hebrew', 'שרה כהן', null],
    ['that turns the direction of writing', 'Anna \u202egnp.exe', 'CONTROL_CHARACTERS'],
    ['with a NUL', 'An\0na', 'CONTROL_CHARACTERS'],
    ['with half of a surrogate pair', 'A\ud83d', 'CONTROL_CHARACTERS'],
    ['of blanks', ' \u3000 ', 'EMPTY'],
    ['that is SQL', `'); drop table member; --`, null],
  ])('%s', async ([, name, reason]) => {
    const { refusal } = await named(name)
    expect(refusal?.code ?? null).toBe(reason && 'PROFILE_NOT_VALID')
    if (reason) expect(refusal!.details).toContainEqual({ name: 'reason', value: reason })
  })
})

test.for([
  '',
  '0',
  '12345',
  '1381111000',
  '138111100001',
  '+86 138 1111 000x',
  '+1',
  '٠١٢٣',
  "13811110000' or '1'='1",
  '1'.repeat(10_000),
  '😀😀😀😀😀😀😀😀😀😀😀',
])('the phone %s is PHONE_NOT_VALID wherever it comes', async (phone) => {
  const answers = [
    (await identity.requestCode(phone)).refusal,
    (await identity.signIn(anonymous, { phoneCode: { phone, code: '123456' } })).refusal,
    (await identity.register(clerk(), [asserted('PHONE', phone)], 'STORE')).refusal,
    (
      await identity.mutate<Answer>(
        member(anna),
        'updateProfile',
        'UpdateProfileInput',
        { profile: { phone } },
        '__typename',
      )
    ).refusal,
  ]
  expect(answers.map((refusal) => refusal?.code)).toEqual(Array(4).fill('PHONE_NOT_VALID'))
})

test('a vehicle that is registered is not registered to another', async () => {
  const bob = await identity.registered('13811110001')
  const register = (memberId: string, vin: string) =>
    identity.mutate<Answer>(
      clerk(),
      'registerProduct',
      'RegisterProductInput',
      { memberId, product: { vin } },
      '__typename',
    )
  expect((await register(anna, 'LSVAA49J132047371')).refusal).toBeNull()
  expect((await register(anna, 'lsvaa49j132047371')).refusal?.code).toBe('PRODUCT_ALREADY_REGISTERED')
  expect((await register(bob, 'LSVAA49J132047371')).refusal?.code).toBe('PRODUCT_OWNED_BY_ANOTHER')
  expect((await register(bob, 'LSVAA49J132047372')).refusal?.code).toBe('SERIAL_NOT_VALID')
  expect((await register(bob, 'x'.repeat(5_000))).refusal?.code).toBe('SERIAL_NOT_VALID')
})

test('a one-time code serves once, for its phone, for its purpose, and not after a newer one', async () => {
  const [phone, other] = ['13811110002', '13811110003']
  await identity.registered(phone)
  await identity.registered(other)
  const signIn = async (number: string, code: string) =>
    (await identity.signIn(anonymous, { phoneCode: { phone: number, code } })).refusal?.code ?? 'in'
  const code = await identity.code(phone)
  expect(await signIn(other, code)).toBe('CODE_NOT_VALID')
  expect(await signIn(phone, code)).toBe('in')
  expect(await signIn(phone, code)).toBe('CODE_NOT_VALID')
  const forBinding = await identity.code(phone, 'BIND')
  expect(await signIn(phone, forBinding)).toBe('CODE_NOT_VALID')
  const [older, newer] = [await identity.code(phone), await identity.code(phone)]
  if (older !== newer) expect(await signIn(phone, older)).toBe('CODE_NOT_VALID')
  expect(await signIn(phone, newer)).toBe('in')
})

test.for([
  ['no JSON', 'not json', 'WECHAT_UNAVAILABLE'],
  ['nothing', '', 'WECHAT_UNAVAILABLE'],
  ['no openid', '{"unionid":"u-1"}', 'WECHAT_UNAVAILABLE'],
  ['an empty openid', '{"openid":"","unionid":"u-1"}', 'WECHAT_UNAVAILABLE'],
  ['an openid that is none', '{"openid":{"$ne":1}}', 'WECHAT_UNAVAILABLE'],
  ['an error beside an openid', '{"errcode":40029,"openid":"o-1","unionid":"u-1"}', 'WECHAT_CODE_NOT_VALID'],
  ['another error beside an openid', '{"errcode":-1,"openid":"o-1"}', 'WECHAT_UNAVAILABLE'],
  ['an error as text', '{"errcode":"40029"}', 'WECHAT_UNAVAILABLE'],
] as const)('an answer in the name of WeChat that holds %s signs nobody in', async ([, body, code]) => {
  await using forger = await playServer((_, response) => response.end(body))
  await using victim = await openIdentity({
    WECHAT_BASE_URL: forger.url,
    WECHAT_APP_ID: 'wx-1',
    WECHAT_APP_SECRET: 's',
  })
  expect((await victim.register(anonymous, [wechat('x')], 'WECHAT')).refusal?.code).toBe(code)
  expect(await victim.count('member')).toBe(0)
})

test('10,000 guesses at a code open nothing, and each is a named refusal', async () => {
  const phone = '13811110004'
  await identity.registered(phone)
  const right = await identity.code(phone)
  const refused = new Map<string, number>()
  const guess = async (turn: number): Promise<void> => {
    const code = String((Number(right) + 1 + turn) % 1_000_000).padStart(6, '0')
    const address = `198.51.${Math.floor(turn / 250) % 4}.${turn % 250}`
    const { refusal, session } = await identity.from<{ session: object | null } & Answer>(
      address,
      'signIn',
      'SignInInput',
      { proof: { phoneCode: { phone, code } } },
      'session { accessToken }',
    )
    expect(session).toBeNull()
    refused.set(refusal!.code, (refused.get(refusal!.code) ?? 0) + 1)
  }
  for (let from = 0; from < 10_000; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, at) => guess(from + at)))
  }
  expect([...refused.values()].reduce((a, b) => a + b)).toBe(10_000)
  expect(refused.get('CODE_NOT_VALID')).toBe(3)
  expect([...refused.keys()].toSorted()).toEqual(
    expect.arrayContaining(['CODE_NOT_VALID', 'CODE_TRIES_EXHAUSTED']),
  )
  // The right one comes too late.
  const late = await identity.signIn(anonymous, { phoneCode: { phone, code: right } })
  expect(late.refusal?.code).toBe('CODE_TRIES_EXHAUSTED')
}, 300_000)

test('a wrong kind of word is refused by name, whoever says it', async () => {
  const answers = await Promise.all([
    identity.register(partner('cinema'), [asserted('PARTNER_CUSTOMER', 'c', 'bakery')], 'PARTNER'),
    identity.register(channelService('APP'), [asserted('WECHAT_UNIONID', 'u')], 'APP'),
    identity.register(clerk(), [asserted('APP_USER', 'u')], 'STORE'),
    identity.register(admin, [asserted('MEMBER_NUMBER', '1')], 'STORE'),
    identity.register(admin, [asserted('COMPANY', '91350100M000100Y43')], 'STORE'),
  ])
  expect(answers.map(({ refusal }) => refusal?.code)).toEqual(Array(5).fill('ASSERTION_NOT_ALLOWED'))
  const none = await identity.register(clerk(), [], 'STORE')
  expect(none.refusal?.code).toBe('IDENTIFIER_NOT_VERIFIED')
  const long = await identity.register(clerk(), [asserted('CARD', '9'.repeat(500))], 'STORE')
  expect(long.refusal?.code).toBe('IDENTIFIER_NOT_VALID')
})
