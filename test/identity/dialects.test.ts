import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { anonymous, channelService, clerk, partner, service } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity } from './story.ts'

let identity: IdentityStory
beforeAll(async () => {
  identity = await openIdentity()
})
afterAll(() => identity[Symbol.asyncDispose]())

const come = (as: Principal, channel: string, account: object, more: object[] = []) =>
  identity.register(as, [{ account }, ...(more as never[])], channel)
const found = async (kind: string, value: string, scope = '') =>
  (
    await identity.ask<{ resolveMembers: (string | null)[] }>(
      service('ledger'),
      'query ($of: [IdentityInput!]!) { resolveMembers(identities: $of) }',
      { of: [{ kind, value, scope }] },
    )
  ).resolveMembers[0]

test('one person in two apps of WeChat, a marketplace and a store is one member', async () => {
  const wechat = channelService('WECHAT')
  const mini = await come(wechat, 'WECHAT', { wechat: { appId: 'wx-mini', openid: 'o-1', unionid: 'u-1' } })
  expect(mini.created).toBe(true)
  const id = mini.member!.id
  const official = await come(
    wechat,
    'WECHAT',
    { wechat: { appId: 'wx-official', openid: 'o-9', unionid: 'u-1' } },
    [asserted('PHONE', '13833330000')],
  )
  expect(official).toMatchObject({ created: false, member: { id } })
  expect([
    await found('WECHAT_OPENID', 'o-1', 'wx-mini'),
    await found('WECHAT_OPENID', 'o-9', 'wx-official'),
  ]).toEqual([id, id])

  const shop = await come(partner('tmall'), 'PARTNER', { marketplace: { brand: 'tea', buyerId: 'b-1' } }, [
    asserted('PHONE', '13833330000'),
  ])
  expect(shop).toMatchObject({ created: false, member: { id } })
  expect(await found('PARTNER_CUSTOMER', 'tea:b-1', 'tmall')).toBe(id)

  const till = await come(clerk(), 'STORE', { store: { cardNumber: 'A 100-7' } }, [
    asserted('PHONE', '13833330000'),
  ])
  expect(till).toMatchObject({ created: false, member: { id } })
  expect(await found('CARD', 'a1007')).toBe(id)
})

test('one buyer id of two brands, or of two marketplaces, is two persons', async () => {
  const buyer = async (marketplace: string, brand: string) =>
    (await come(partner(marketplace), 'PARTNER', { marketplace: { brand, buyerId: 'same' } })).member!.id
  const ids = [await buyer('tmall', 'tea'), await buyer('tmall', 'coffee'), await buyer('jd', 'tea')]
  expect(new Set(ids).size).toBe(3)
  expect(await buyer('tmall', 'tea')).toBe(ids[0])
})

test.for<[string, Principal, string, object, string]>([
  [
    'a till that speaks for WeChat',
    clerk(),
    'STORE',
    { wechat: { appId: 'a', openid: 'o' } },
    'ASSERTION_NOT_ALLOWED',
  ],
  ['a stranger', anonymous, 'WEB', { store: { cardNumber: '1' } }, 'ASSERTION_NOT_ALLOWED'],
  [
    'a channel in a marketplace',
    channelService('APP'),
    'APP',
    { marketplace: { brand: 'b', buyerId: 'x' } },
    'ASSERTION_NOT_ALLOWED',
  ],
  [
    'no buyer',
    partner('tmall'),
    'PARTNER',
    { marketplace: { brand: 'tea', buyerId: ' ' } },
    'IDENTIFIER_NOT_VALID',
  ],
  ['no card', clerk(), 'STORE', { store: { cardNumber: ' - ' } }, 'IDENTIFIER_NOT_VALID'],
])('%s is refused', async ([, as, channel, account, code]) => {
  expect((await come(as, channel, account)).refusal?.code).toBe(code)
})
