import { expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { admin, clerk, member } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { explain, returnInput, TAKE_BACK, takeBack } from '../order-requests.ts'
import { documentWith } from '../program-of.ts'
import { accountField, purchase, record, redeem } from '../requests.ts'

test('a return takes back what its lines have brought, and gives back the lots that were burned on the bill', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '200', '2026-01-05', 'before')
  await ledger.buy('li', '300.50', '2026-01-10', 'b-1')
  await redeem(ledger, 'li', 150, { idempotencyKey: 'k', document: 'b-1' })
  expect((await ledger.account('li')).points.available).toBe(350)

  const half = await takeBack(ledger, 'b-1', 'r-1', { lines: [{ line: 0, amount: '150.25' }] })
  expect(half).toMatchObject({
    duplicate: false,
    refusal: null,
    purchaseReturn: {
      reason: 'faulty',
      points: 150,
      growth: 150,
      refunded: 75,
      cashDue: null,
      total: { amount: '150.25' },
      lines: [{ line: 0, quantity: 0, amount: { amount: '150.25' } }],
      account: { points: { available: 275 } },
    },
  })
  expect(await takeBack(ledger, 'b-1', 'r-1', { lines: [{ line: 0, amount: '150.25' }] })).toEqual({
    ...half,
    duplicate: true,
  })
  expect((await takeBack(ledger, 'b-1', 'r-1')).refusal!.code).toBe('DOCUMENT_CONFLICT')

  expect((await takeBack(ledger, 'b-1', 'r-2')).purchaseReturn!).toMatchObject({ points: 150, refunded: 75 })
  const account = await ledger.account('li')
  expect([account.points, account.growth]).toMatchObject([{ available: 200 }, 200])
  expect(account.lots.edges.map(({ node }) => [node.expiresOn, node.remaining])).toEqual([
    ['2027-01-05', 200],
  ])
  expect((await takeBack(ledger, 'b-1', 'r-3')).refusal!.code).toBe('ALREADY_RETURNED')
  expect((await ledger.check()).violations).toEqual([])
})

test.each([
  ['debt', { available: 0, debt: 60 }, null],
  ['negative', { available: -60, debt: 0 }, null],
  ['cash', { available: 0, debt: 0 }, { amount: '0.60', currency: 'CNY' }],
])('points that are spent already are a matter of policy: %s', async (policy, points, cashDue) => {
  const document = documentWith(['downgrade: to-fit', `downgrade: to-fit\nreturns: { spent: ${policy} }`])
  await using ledger = await openLedger({ program: document })
  await ledger.buy('li', '100', '2026-01-10', 'b-1')
  await redeem(ledger, 'li', 60, { idempotencyKey: 'k', document: 'another bill' })
  const { purchaseReturn } = await takeBack(ledger, 'b-1', 'r-1')
  expect(purchaseReturn).toMatchObject({ points: 100, cashDue })
  expect(await accountField(ledger, 'li', 'points { available debt }')).toEqual({ points })
  await ledger.buy('li', '70', '2026-01-10', 'b-2')
  const left = policy === 'cash' ? 70 : 10
  expect(await accountField(ledger, 'li', 'points { available debt }')).toEqual({
    points: { available: left, debt: 0 },
  })
  expect((await ledger.check()).violations).toEqual([])
})

test('a returned purchase had never led to a tier', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '5000', '2026-01-05', 'big')
  expect((await ledger.buy('li', '10', '2026-01-06', 'small')).purchase!.points).toBe(20)
  expect((await takeBack(ledger, 'big', 'r-1')).purchaseReturn).toMatchObject({
    points: 5_010,
    tierBefore: { id: 'vip' },
    tierAfter: { id: 'ordinary' },
  })
  expect((await ledger.account('li')).points.available).toBe(10)
  const changes = (await ledger.events()).filter(({ type }) => type === 'ledger.TierChanged')
  expect(changes.map(({ payload }) => (payload as { to: string }).to)).toEqual(['vip', 'ordinary'])
})

test('what came late, or was returned, is explained', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '10', '2026-01-06', 'small')
  await ledger.buy('li', '5000', '2026-01-05', 'big')
  const explained = await explain(ledger, 'li', 'small')
  expect(explained).toMatchObject([
    {
      entry: { kind: 'EARN', points: 10 },
      cause: 'DOCUMENT',
      rules: [
        { rule: 'spend', asset: 'POINTS', amount: 10, text: '1 per 1.00 on 10.00' },
        { rule: 'growth', asset: 'GROWTH', amount: 10 },
      ],
      skipped: [{ rule: 'vip-double', reason: 'CONDITION_NOT_MET' }],
      lots: [{ expiresOn: '2027-01-06', points: 10 }],
      awardsNow: [
        { rule: 'spend', amount: 10 },
        { rule: 'growth', amount: 10 },
        { rule: 'vip-double', amount: 10 },
      ],
    },
  ])
  expect(await explain(ledger, 'li', 'big')).toMatchObject([
    { entry: { kind: 'CORRECT', points: 10, document: { number: 'big' } }, cause: 'LATE_DOCUMENT' },
    { entry: { kind: 'EARN', points: 5_000 }, cause: 'DOCUMENT' },
  ])
  await takeBack(ledger, 'big', 'r-1')
  expect(await explain(ledger, 'li', 'r-1')).toMatchObject([
    { entry: { kind: 'REVERSE', points: -5_010 }, cause: 'RETURN' },
  ])
  expect((await ledger.check()).violations).toEqual([])
})

test('only who records purchases takes them back', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '10', '2026-01-06', 'b-1')
  const answer = await ledger.tryAsk(member(memberId('li')), TAKE_BACK, { input: returnInput('b-1', 'r') })
  expect(answer.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
})

test('a purchase is found by its number, with what of each line is left to take back', async () => {
  await using ledger = await openLedger()
  const lines = [
    { sku: 'shoe', category: 'shoes', quantity: 3, amount: '90.00' },
    { sku: 'lace', amount: '5.00' },
  ]
  await record(ledger, [purchase('li', '0', { document: 'b-1', lines })])
  const found = async (as: Principal, document: string) => {
    const answer = await ledger.ask<{ purchase: Record<string, unknown> | null }>(
      as,
      `query ($document: String!) { purchase(channel: "store", document: $document) {
        document points lines { line sku category quantity amount { amount } left { quantity amount { amount } } }
      } }`,
      { document },
    )
    return answer.purchase
  }
  const shoe = { line: 0, sku: 'shoe', category: 'shoes', quantity: 3, amount: { amount: '90.00' } }
  const lace = { line: 1, sku: 'lace', category: null, quantity: 1, amount: { amount: '5.00' } }
  const left = (quantity: number, amount: string) => ({ left: { quantity, amount: { amount } } })
  expect(await found(clerk('store-9'), 'b-1')).toEqual({
    ...{ document: 'b-1', points: 95 },
    lines: [
      { ...shoe, ...left(3, '90.00') },
      { ...lace, ...left(1, '5.00') },
    ],
  })
  await takeBack(ledger, 'b-1', 'r-1', {
    lines: [
      { line: 0, quantity: 1 },
      { line: 1, quantity: 1 },
    ],
  })
  await takeBack(ledger, 'b-1', 'r-2', { lines: [{ line: 0, amount: '10.00' }] })
  expect(await found(admin, 'b-1')).toMatchObject({
    lines: [
      { ...shoe, ...left(2, '50.00') },
      { ...lace, ...left(0, '0.00') },
    ],
  })
  expect(await found(admin, 'b-2')).toBeNull()
  await expect(found(member(memberId('li')), 'b-1')).rejects.toThrow()
})
