import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

const PHONE = '+8613800138000'

const REQUEST_CODE = `mutation RequestCode($input: RequestCodeInput!) {
  requestCode(input: $input) { challenge { code } refusal { code } }
}`
const REGISTER = `mutation Register($input: RegisterMemberInput!) {
  registerMember(input: $input) { created member { id } session { accessToken } refusal { code message } }
}`
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { session { accessToken } refusal { code } }
}`
const BIND = `mutation Bind($input: BindIdentityInput!) {
  bindIdentity(input: $input) { member { id } refusal { code } }
}`
const TAG = `mutation Tag($input: SetTagsInput!) { setTags(input: $input) { refusal { code } } }`
const BUY = `mutation Buy($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) {
    purchase { points tierBefore { id } tierAfter { id } account { points { available } } }
    refusal { code }
  }
}`
const MEMBER_360 = `
  id number
  identities { kind }
  tags { name source }
  account { points { available } growth tier { tier { id } progress { next { id } missing } } }
  entitlements { edges { node { state usesLeft code benefit { name } } } }
  tasks { campaign { id } available completedToday }`
const VERIFY = `query Verify($input: VerifyInput!) {
  verifyEntitlement(input: $input) { valid entitlement { usesLeft } refusal { code } }
}`
const WRITE_OFF = `mutation WriteOff($input: WriteOffEntitlementInput!) {
  writeOffEntitlement(input: $input) { writeOff { id } entitlement { usesLeft } refusal { code message } }
}`
const COMPLETE = `mutation Complete($input: CompleteTaskInput!) {
  completeTask(input: $input) { participation { state } refusal { code } }
}`

interface Member360 {
  id: string
  number: string
  identities: { kind: string }[]
  tags: { name: string; source: string }[]
  account: { points: { available: number }; growth: number; tier: { tier: { id: string } } }
  entitlements: {
    edges: { node: { state: string; usesLeft: number; code: string; benefit: { name: string } } }[]
  }
  tasks: { campaign: { id: string }; available: boolean; completedToday: number }[]
}

type Everything = Awaited<ReturnType<typeof openEverything>>

/** A minute apart, as codes for one phone are. */
async function codeFor(huitong: Everything, phone: string): Promise<string> {
  huitong.clock.advance(61_000)
  const { requestCode } = await huitong.ask<{ requestCode: { challenge: { code: string } } }>(
    undefined,
    REQUEST_CODE,
    {
      input: { phone },
    },
  )
  return requestCode.challenge.code
}

test('one person in the app, in WeChat, in a store and at a partner is one member with one balance', async () => {
  await using huitong = await openEverything({ now: '2026-12-01T02:00:00Z' })
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  const cinema = await huitong.token({ kind: 'partner', partner: 'starlight-cinema' })
  const otherPartner = await huitong.token({ kind: 'partner', partner: 'moon-spa' })

  // Registers in the app, with a code sent to the phone.
  const { registerMember } = await huitong.ask<{
    registerMember: { created: boolean; member: { id: string }; session: { accessToken: string } }
  }>(undefined, REGISTER, {
    input: {
      channel: 'APP',
      proofs: [{ phoneCode: { phone: PHONE, code: await codeFor(huitong, PHONE) } }],
      profile: { name: 'Li Lei' },
    },
  })
  expect(registerMember.created).toBe(true)
  const app = registerMember.session.accessToken
  const memberId = registerMember.member.id

  // Binds WeChat, then signs in there.
  const bound = await huitong.ask<{ bindIdentity: { member: { id: string } } }>(app, BIND, {
    input: { proofs: [{ wechatCode: { code: 'sandbox-lilei' } }] },
  })
  expect(bound.bindIdentity.member.id).toBe(memberId)
  const inWeChat = await huitong.ask<{ signIn: { session: { accessToken: string } } }>(undefined, SIGN_IN, {
    input: { proof: { wechatCode: { code: 'sandbox-lilei' } } },
  })
  const weChat = inWeChat.signIn.session.accessToken

  // At the partner, the same phone leads to the same member; nobody new is made.
  const atPartner = await huitong.ask<{ registerMember: { created: boolean } }>(cinema, REGISTER, {
    input: {
      channel: 'PARTNER',
      proofs: [
        { asserted: { kind: 'PARTNER_CUSTOMER', scope: 'starlight-cinema', value: 'c-77' } },
        { asserted: { kind: 'PHONE', value: PHONE } },
      ],
    },
  })
  expect(atPartner.registerMember.created).toBe(false)
  const partnerSession = await huitong.ask<{ signIn: { session: { accessToken: string } } }>(
    undefined,
    SIGN_IN,
    {
      input: {
        channel: 'PARTNER',
        proof: { phoneCode: { phone: PHONE, code: await codeFor(huitong, PHONE) } },
      },
    },
  )
  const partnerApp = partnerSession.signIn.session.accessToken

  // Buys in the store, known by the phone number; the tier rises and its benefits come with it.
  const buy = (document: string, amount: string) =>
    huitong.ask<{ recordPurchase: { purchase: { points: number; tierAfter: { id: string } } } }>(
      clerk,
      BUY,
      {
        input: {
          channel: 'store',
          document,
          member: { identity: { kind: 'PHONE', value: PHONE } },
          lines: [{ category: 'shoes', amount }],
        },
      },
      { prefer: 'wait=10' },
    )
  expect((await buy('bill-1', '3000.00')).recordPurchase.purchase.tierAfter.id).toBe('advanced')
  expect((await buy('bill-2', '2000.00')).recordPurchase.purchase.tierAfter.id).toBe('vip')
  expect((await buy('bill-3', '100.00')).recordPurchase.purchase.points).toBe(200)

  // Tags from three sources.
  for (const [token, name] of [
    [clerk, 'likes-running'],
    [cinema, 'goes-to-the-cinema'],
  ] as const) {
    const tagged = await huitong.ask<{ setTags: { refusal: unknown } }>(token, TAG, {
      input: { memberId, tags: [{ dimension: 'INTEREST', name }] },
    })
    expect(tagged.setTags.refusal).toBeNull()
  }

  // Every channel sees the same member: 3,000 + 2,000 + 2 x 100 points.
  const seen = new Map<string, Member360>()
  for (const [channel, token] of [
    ['app', app],
    ['WeChat', weChat],
    ['partner', partnerApp],
  ] as const) {
    seen.set(channel, (await huitong.ask<{ me: Member360 }>(token, `{ me { ${MEMBER_360} } }`)).me)
  }
  const inStore = await huitong.ask<{ memberBy: Member360 }>(
    clerk,
    `query Counter($identity: IdentityInput!) { memberBy(identity: $identity) { ${MEMBER_360} } }`,
    { identity: { kind: 'PHONE', value: PHONE } },
  )
  seen.set('store', inStore.memberBy)
  const me = seen.get('app')!
  for (const member of seen.values()) expect(member).toEqual(me)
  expect(me).toMatchObject({
    id: memberId,
    account: { points: { available: 5200 }, growth: 5100, tier: { tier: { id: 'vip' }, progress: null } },
    tasks: [
      { campaign: { id: expect.stringContaining('daily-sign-in') }, available: true, completedToday: 0 },
    ],
  })
  expect(me.identities.map(({ kind }) => kind).sort()).toEqual(
    ['PARTNER_CUSTOMER', 'PHONE', 'WECHAT_OPENID', 'WECHAT_UNIONID'].sort(),
  )
  expect(me.tags.map(({ name }) => name).sort()).toEqual(['goes-to-the-cinema', 'likes-running'])

  // The sign-in task gives a point, once a day.
  const complete = (key: string) =>
    huitong.ask<{
      completeTask: { participation: { state: string } | null; refusal: { code: string } | null }
    }>(weChat, COMPLETE, { input: { campaign: 'daily-sign-in', idempotencyKey: key } })
  expect((await complete('today')).completeTask.participation).toEqual({ state: 'REWARDED' })
  expect((await complete('today again')).completeTask.refusal).toEqual({ code: 'DAILY_LIMIT_REACHED' })
  const after = await huitong.ask<{ me: Member360 }>(app, `{ me { ${MEMBER_360} } }`)
  expect(after.me.account.points.available).toBe(5201)

  // VIP brought two cinema tickets, advanced had brought one; the partner verifies and writes off.
  const tickets = after.me.entitlements.edges.filter(({ node }) => node.benefit.name === 'Cinema ticket')
  expect(tickets.map(({ node }) => node.usesLeft).sort()).toEqual([1, 2])
  const { code } = tickets.find(({ node }) => node.usesLeft === 1)!.node
  const verified = await huitong.ask<{ verifyEntitlement: { valid: boolean } }>(cinema, VERIFY, {
    input: { code },
  })
  expect(verified.verifyEntitlement).toEqual({ valid: true, entitlement: { usesLeft: 1 }, refusal: null })

  interface Answer {
    writeOffEntitlement: {
      writeOff: { id: string } | null
      entitlement: { usesLeft: number } | null
      refusal: { code: string; message: string } | null
    }
  }
  const writeOff = async (token: string, key: string, language = 'en') =>
    (
      await huitong.ask<Answer>(
        token,
        WRITE_OFF,
        { input: { code, idempotencyKey: key } },
        { 'accept-language': language },
      )
    ).writeOffEntitlement
  expect((await writeOff(otherPartner, 'scan-0')).refusal).toMatchObject({ code: 'ENTITLEMENT_NOT_FOUND' })
  const first = await writeOff(cinema, 'scan-1')
  expect(first).toMatchObject({ entitlement: { usesLeft: 0 }, refusal: null })
  expect(await writeOff(cinema, 'scan-1')).toEqual(first)
  expect((await writeOff(cinema, 'scan-2')).refusal).toMatchObject({ code: 'ENTITLEMENT_USED_UP' })
  expect((await writeOff(cinema, 'scan-3', 'zh-CN')).refusal!.message).toMatch(/[\u4e00-\u9fff]/)

  // And the books are right.
  const admin = await huitong.token({ kind: 'admin' })
  const { ledgerCheck } = await huitong.ask<{ ledgerCheck: object }>(
    admin,
    '{ ledgerCheck { clean violations { detail } } }',
  )
  expect(ledgerCheck).toEqual({ clean: true, violations: [] })
})

test('a purchase on the double-points day earns twice, and says which campaign gave the rest', async () => {
  await using huitong = await openEverything({ now: '2026-12-12T02:00:00Z' })
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  const member = await huitong.token({ kind: 'member' })
  const { me } = await huitong.ask<{ me: { id: string } }>(member, '{ me { id } }')
  const buy = async (occurredAt: string, document: string) =>
    (
      await huitong.ask<{
        recordPurchase: { purchase: { points: number; awards: { rule: string; amount: number }[] } }
      }>(
        clerk,
        `mutation Buy($input: RecordPurchaseInput!) {
          recordPurchase(input: $input) { purchase { points awards { rule amount } } refusal { code } }
        }`,
        {
          input: { channel: 'store', document, occurredAt, member: { id: me.id }, lines: [{ amount: '10' }] },
        },
      )
    ).recordPurchase.purchase
  expect((await buy('2026-12-11T15:59:59Z', 'the day before')).points).toBe(10)
  const doubled = await buy('2026-12-11T16:00:00Z', 'the first moment')
  expect(doubled.points).toBe(20)
  expect(doubled.awards).toContainEqual({ rule: 'campaign:double-day', amount: 10 })
})
