import { expect, test } from 'vitest'
import { admin } from '../../helpers/graph.ts'
import { memberId, openLedger, RECORD, superMember } from '../open-ledger.ts'

test('a purchase of 120.50 yuan gives 120 points and 120 growth, and says which rule gave them', async () => {
  await using ledger = await openLedger()
  const { purchase, duplicate } = await ledger.buy('li', '120.50', '2026-01-10')
  expect(duplicate).toBe(false)
  expect(purchase).toMatchObject({
    points: 120,
    growth: 120,
    awards: [
      { rule: 'spend', line: 0, asset: 'POINTS', amount: 120 },
      { rule: 'growth', line: 0, asset: 'GROWTH', amount: 120 },
    ],
    skipped: [{ rule: 'vip-double', reason: 'CONDITION_NOT_MET' }],
    account: { points: { available: 120 }, growth: 120 },
  })
  const account = await ledger.account('li')
  expect(account.lots.edges).toEqual([{ node: { expiresOn: '2027-01-10', earned: 120, remaining: 120 } }])
  expect(account.tier.progress).toEqual({ next: { id: 'advanced' }, missing: 2880, by: '2027-01-10' })
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 1, accounts: 1 })
})

test('the same document again gets the stored answer; with other contents it is refused', async () => {
  await using ledger = await openLedger()
  const first = await ledger.buy('li', '50', '2026-01-10', 'bill-1')
  const again = await ledger.buy('li', '50', '2026-01-10', 'bill-1')
  expect(again).toEqual({ ...first, duplicate: true })
  const other = await ledger.buy('li', '51', '2026-01-10', 'bill-1')
  expect(other.refusal).toMatchObject({ code: 'DOCUMENT_CONFLICT', path: ['document'] })
  expect((await ledger.account('li')).points.available).toBe(50)
})

test('growth of 3,000 raises to advanced, 5,000 to VIP, and a VIP earns twice from the next purchase on', async () => {
  await using ledger = await openLedger()
  const bought = [
    await ledger.buy('li', '3000', '2026-01-01'),
    await ledger.buy('li', '2000', '2026-01-02'),
    await ledger.buy('li', '10', '2026-01-03'),
  ]
  expect(
    bought.map(({ purchase }) => [purchase!.tierBefore.id, purchase!.tierAfter.id, purchase!.points]),
  ).toEqual([
    ['ordinary', 'advanced', 3000],
    ['advanced', 'vip', 2000],
    ['vip', 'vip', 20],
  ])
  const { tier } = await ledger.account('li')
  expect(tier).toMatchObject({ tier: { id: 'vip' }, validUntil: '2027-01-02', progress: null })
  const events = await ledger.events()
  expect(events.filter((event) => event.type === 'ledger.TierChanged').map((event) => event.payload)).toEqual(
    [
      {
        program: 'super-member',
        sequence: 1,
        from: 'ordinary',
        to: 'advanced',
        reason: 'reached',
        direction: 'up',
      },
      {
        program: 'super-member',
        sequence: 2,
        from: 'advanced',
        to: 'vip',
        reason: 'reached',
        direction: 'up',
      },
    ],
  )
})

test('points can be spent through their last day and are gone after it, swept or not', async () => {
  await using ledger = await openLedger({ now: '2026-01-10T04:00:00Z' })
  await ledger.buy('li', '100', '2026-01-10')
  // 2027-01-10 in Shanghai ends at 16:00 UTC.
  ledger.clock.advanceTo(Date.parse('2027-01-10T15:59:59Z') as never)
  expect((await ledger.account('li')).points.available).toBe(100)
  ledger.clock.advanceTo(Date.parse('2027-01-10T16:00:00Z') as never)
  expect((await ledger.account('li')).points.available).toBe(0)
  await ledger.runJob('settle-due')
  const { statement, points } = await ledger.account('li')
  expect(points.available).toBe(0)
  expect(statement.edges[0]!.node).toMatchObject({
    kind: 'EXPIRE',
    points: -100,
    balance: 0,
    effectiveAt: '2027-01-10T16:00:00.000Z',
    document: null,
  })
  await ledger.runJob('settle-due')
  expect((await ledger.check()).clean).toBe(true)
})

test('a VIP who buys nothing for a year falls to the tier that fits, at the end of the last day', async () => {
  await using ledger = await openLedger({ now: '2026-01-10T04:00:00Z' })
  await ledger.buy('li', '5000', '2026-01-01')
  ledger.clock.advanceTo(Date.parse('2027-02-01T00:00:00Z') as never)
  await ledger.buy('li', '3500', '2026-12-01')
  await ledger.runJob('settle-due')
  const { tier, growth } = await ledger.account('li')
  expect(growth).toBe(3500)
  expect(tier).toMatchObject({
    tier: { id: 'advanced' },
    validUntil: '2028-01-01',
    history: [
      { from: { id: 'vip' }, to: { id: 'advanced' }, at: '2027-01-01T16:00:00.000Z' },
      { from: { id: 'ordinary' }, to: { id: 'vip' }, at: '2026-01-01T04:00:00.000Z' },
    ],
  })
  expect((await ledger.check()).clean).toBe(true)
})

test('fifty purchases of one member at once are all there, in a chain without a gap', async () => {
  await using ledger = await openLedger()
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => ledger.buy('li', '2', '2026-01-10', `bill-${index}`)),
  )
  expect((await ledger.account('li')).points.available).toBe(100)
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 50 })
})

test.each([
  ['an unknown programme', { program: 'none' }, 'PROGRAM_NOT_FOUND'],
  ['an unknown card', { member: { identity: { kind: 'CARD', value: 'unknown' } } }, 'MEMBER_NOT_FOUND'],
  ['no lines', { lines: [] }, 'LINES_MISSING'],
  ['a negative amount', { lines: [{ amount: '-1' }] }, 'AMOUNT_NOT_VALID'],
  ['half a fen', { lines: [{ amount: '1.005' }] }, 'AMOUNT_NOT_VALID'],
  ['more than any till takes', { lines: [{ amount: '10000000000.01' }] }, 'AMOUNT_NOT_VALID'],
  ['minus one coat', { lines: [{ amount: '1', quantity: -1 }] }, 'QUANTITY_NOT_POSITIVE'],
  ['tomorrow', { occurredAt: '2026-01-11T04:00:00Z' }, 'OCCURRED_IN_FUTURE'],
])('%s is refused by name and leaves nothing behind', async (_, change, code) => {
  await using ledger = await openLedger()
  const input = {
    member: { id: memberId('li') },
    channel: 'store',
    document: 'bill-1',
    lines: [{ amount: '1' }],
    ...change,
  }
  const { recordPurchase } = await ledger.ask<{ recordPurchase: { refusal: { code: string } } }>(
    admin,
    RECORD,
    { input },
  )
  expect(recordPurchase.refusal.code).toBe(code)
  expect(await ledger.sql('select from ledger.entry')).toHaveLength(0)
})

test('who reads a tier after its last day sees the one that follows, swept or not', async () => {
  await using ledger = await openLedger({ now: '2026-01-10T04:00:00Z' })
  await ledger.buy('li', '5000', '2026-01-01')
  ledger.clock.advanceTo(Date.parse('2027-01-01T16:00:00Z') as never)
  const unswept = await ledger.account('li')
  expect(unswept.tier).toMatchObject({
    tier: { id: 'ordinary' },
    since: '2027-01-01T16:00:00.000Z',
    validUntil: null,
    progress: { next: { id: 'advanced' }, missing: 3000 },
  })
  await ledger.runJob('settle-due')
  expect((await ledger.account('li')).tier).toEqual(unswept.tier)
})

test('what is earned after the end of a yearly period is good to the end of the next', async () => {
  const program = superMember.replace(
    'points:\n  validity: { kind: rolling, months: 12 }',
    'points:\n  validity: { kind: period, endsOn: "2026-06-30" }',
  )
  await using ledger = await openLedger({ now: '2026-07-10T04:00:00Z', program })
  await ledger.buy('li', '10', '2026-06-30')
  await ledger.buy('li', '20', '2026-07-01')
  const { points, lots } = await ledger.account('li')
  expect(points.available).toBe(20)
  expect(lots.edges.map(({ node }) => node.expiresOn)).toEqual(['2027-06-30'])
})

test('a bill is one member’s: nobody else can claim it, not even at the same moment', async () => {
  await using ledger = await openLedger()
  const claims = await Promise.all(
    Array.from({ length: 20 }, (_, index) => ledger.buy(`member-${index}`, '80', '2026-01-10', 'bill-1')),
  )
  expect(claims.filter(({ purchase }) => purchase)).toHaveLength(1)
  expect(claims.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(
    Array.from({ length: 19 }, () => 'DOCUMENT_CONFLICT'),
  )
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 1 })
})

test('an idempotency key that was not filled in is named as a mistake', async () => {
  await using ledger = await openLedger()
  const input = {
    member: { id: memberId('li') },
    channel: 'store',
    document: 'bill-1',
    lines: [{ amount: '1' }],
    idempotencyKey: ' ',
  }
  const { errors } = await ledger.tryAsk(admin, RECORD, { input })
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
})
