import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

type Everything = Awaited<ReturnType<typeof openEverything>>

const PUBLISH = `mutation Publish($document: String!) {
  publishProgram(document: $document) { version refusal { code message } }
}`
const REGISTER = `mutation Register($input: RegisterMemberInput!) {
  registerMember(input: $input) { member { id } session { accessToken } refusal { code } }
}`
const CODE = 'mutation Code($input: RequestCodeInput!) { requestCode(input: $input) { challenge { code } } }'
const MONEY = `
  movement { id kind principal { amount currency } bonus { amount } pending { amount } }
  refusal { code message }`
const TRANSFER = `mutation Transfer($input: TransferPointsInput!) {
  transferPoints(input: $input) { transfer { points state } refusal { code message } }
}`
const MINE = `query Mine($program: ID) {
  me { account(program: $program) {
    points { available }
    storedValue { principal { amount } bonus { amount } available { amount } pending { amount } instalments { releaseOn } }
  } }
}`

interface Mine {
  me: {
    account: {
      points: { available: number }
      storedValue: Record<'principal' | 'bonus' | 'available' | 'pending', { amount: string }> & {
        instalments: { releaseOn: string }[]
      }
    }
  }
}

async function register(huitong: Everything, phone: string): Promise<{ id: string; token: string }> {
  huitong.clock.advance(61_000)
  const { requestCode } = await huitong.ask<{ requestCode: { challenge: { code: string } } }>(
    undefined,
    CODE,
    {
      input: { phone },
    },
  )
  const { registerMember } = await huitong.ask<{
    registerMember: { member: { id: string }; session: { accessToken: string } }
  }>(undefined, REGISTER, {
    input: { channel: 'APP', proofs: [{ phoneCode: { phone, code: requestCode.challenge.code } }] },
  })
  return { id: registerMember.member.id, token: registerMember.session.accessToken }
}

const mine = async (huitong: Everything, token: string, program: string) => {
  const { me } = await huitong.ask<Mine>(token, MINE, { program })
  const { points, storedValue } = me.account
  const { principal, bonus, available, pending } = storedValue
  return [points.available, ...[principal, bonus, available, pending].map(({ amount }) => amount)]
}

let huitong: Everything
beforeAll(async () => {
  huitong = await openEverything({ now: '2026-12-01T02:00:00Z' })
})
afterAll(() => huitong[Symbol.asyncDispose]())

test('a household that travels on prepaid money, and thanks that come month by month', async () => {
  const admin = await huitong.token({ kind: 'admin' })
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  for (const program of ['travel-agency', 'telecom-thanks']) {
    const document = readFileSync(new URL(`../../programs/${program}.yaml`, import.meta.url), 'utf8')
    const { publishProgram } = await huitong.ask<{ publishProgram: { refusal: object | null } }>(
      admin,
      PUBLISH,
      {
        document,
      },
    )
    expect(publishProgram.refusal).toBeNull()
  }
  const li = await register(huitong, '+8613800138001')
  const wang = await register(huitong, '+8613800138002')
  const zhao = await register(huitong, '+8613800138003')

  // Li and Wang become a household.
  await huitong.ask(li.token, 'mutation { createHousehold(input: { name: "Li" }) { refusal { code } } }')
  const { inviteToHousehold } = await huitong.ask<{ inviteToHousehold: { code: string } }>(
    li.token,
    'mutation { inviteToHousehold(input: { role: ADULT }) { code refusal { code } } }',
  )
  await huitong.ask(
    wang.token,
    'mutation Join($code: String!) { joinHousehold(input: { code: $code }) { refusal { code } } }',
    { code: inviteToHousehold.code },
  )

  // 100,000 yuan paid in at the counter bring 5,000 on top.
  const topUp = `mutation TopUp($input: TopUpInput!) { topUp(input: $input) { ${MONEY} } }`
  const source = { program: 'travel-agency', channel: 'store', document: 'receipt 1' }
  const paidIn = { ...source, memberId: li.id, amount: '100000.00', idempotencyKey: 'top-up' }
  expect(await huitong.ask(clerk, topUp, { input: paidIn })).toMatchObject({
    topUp: {
      movement: { principal: { amount: '100000.00', currency: 'CNY' }, bonus: { amount: '5000.00' } },
      refusal: null,
    },
  })
  // Li pays for a journey in the app; the counter records it, and it earns.
  const spend = `mutation Spend($input: SpendStoredValueInput!) { spendStoredValue(input: $input) { ${MONEY} } }`
  const journey = {
    ...source,
    channel: 'app',
    document: 'journey 1',
    amount: '1200.00',
    idempotencyKey: 'spend',
  }
  expect(await huitong.ask(li.token, spend, { input: journey })).toMatchObject({
    spendStoredValue: { movement: { kind: 'SPEND', principal: { amount: '-1200.00' } }, refusal: null },
  })
  await huitong.ask(
    clerk,
    `mutation Buy($input: RecordPurchaseInput!) { recordPurchase(input: $input) { refusal { code } } }`,
    {
      input: {
        program: 'travel-agency',
        member: { id: li.id },
        channel: 'store',
        document: 'journey 1',
        lines: [{ amount: '1200.00' }],
      },
    },
  )
  expect(await mine(huitong, li.token, 'travel-agency')).toEqual([
    1_200,
    ...['98800.00', '5000.00', '103800.00', '0.00'],
  ])

  // Points go to Wang, and to no stranger.
  const send = (to: string, idempotencyKey: string) =>
    huitong.ask<{ transferPoints: object }>(li.token, TRANSFER, {
      input: { program: 'travel-agency', to, points: 500, idempotencyKey },
    })
  expect(await send(wang.id, 'to Wang')).toEqual({
    transferPoints: { transfer: { points: 500, state: 'RECEIVED' }, refusal: null },
  })
  expect(await send(zhao.id, 'to Zhao')).toMatchObject({
    transferPoints: { transfer: null, refusal: { code: 'NOT_IN_HOUSEHOLD' } },
  })
  expect((await mine(huitong, wang.token, 'travel-agency'))[0]).toBe(500)

  // Wang is thanked by the telecom operator: 20 yuan a month for ten months.
  const gift = {
    channel: 'care',
    document: 'thanks',
    memberId: wang.id,
    plan: 'thanks-200',
    idempotencyKey: 'gift',
  }
  await huitong.ask(admin, topUp, { input: { ...gift, program: 'telecom-thanks' } })
  expect(await mine(huitong, wang.token, 'telecom-thanks')).toEqual([0, '0.00', '0.00', '0.00', '200.00'])

  const check = await huitong.ask<{ ledgerCheck: object }>(
    admin,
    '{ ledgerCheck { clean inTransit { points oldestAt } violations { check detail } } }',
  )
  expect(check.ledgerCheck).toEqual({ clean: true, inTransit: { points: 0, oldestAt: null }, violations: [] })
})

test('what only the staff does, members and partners cannot even name', async () => {
  const li = await register(huitong, '+8613800138004')
  const partner = await huitong.token({ kind: 'partner', partner: 'starlight-cinema' })
  for (const token of [li.token, partner]) {
    for (const query of [
      '{ adjustments { edges { node { id } } } }',
      '{ ledgerFlags { edges { node { id } } } }',
      '{ terminals { deviceId } }',
      'mutation { revokeTerminal(deviceId: "x") { secret } }',
    ]) {
      const { errors } = await huitong.tryAsk(token, query)
      expect(errors?.[0]?.extensions.code).toMatch(/FORBIDDEN|BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED/)
    }
  }
})
