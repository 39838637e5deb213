import { describe, expect, test } from 'vitest'
import { admin, channelService, clerk, member, operator, service } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { grant, redeem, setClock, tryGrant } from '../requests.ts'
import { shareLedger } from '../share-ledger.ts'

const shared = shareLedger()

test('granted points say where they come from, bring no growth, and expire like the rest', async () => {
  await using ledger = await openLedger()
  const { entry, refusal } = await grant(ledger, 'li', 100, { idempotencyKey: 'k-1', source: 'INITIAL' })
  expect(refusal).toBeNull()
  expect(entry).toEqual({
    sequence: 1,
    kind: 'GRANT',
    points: 100,
    balance: 100,
    effectiveAt: '2026-01-10T04:00:00.000Z',
    document: {
      channel: 'initial',
      number: 'case-1',
      operator: 'staff:admin-1',
      awards: [{ rule: 'spring-run', line: null, amount: 100 }],
    },
  })
  const account = await ledger.account('li')
  expect(account).toMatchObject({ growth: 0, points: { available: 100, lifetimeEarned: 100 } })
  expect(account.lots.edges).toEqual([{ node: { expiresOn: '2027-01-10', earned: 100, remaining: 100 } }])
  expect((await ledger.check()).clean).toBe(true)
})

test('growth comes with points, or alone, and lifts the tier', async () => {
  await using ledger = await openLedger()
  const part = service('campaigns')
  const { entry } = await grant(ledger, 'li', 50, { idempotencyKey: 'k-1', growth: 2_900 }, part)
  expect(entry).toMatchObject({ points: 50, document: { awards: [{ amount: 50 }, { amount: 2_900 }] } })
  const alone = await grant(ledger, 'li', 0, { idempotencyKey: 'k-2', growth: 100 }, part)
  expect(alone.refusal).toBeNull()
  expect(await grant(ledger, 'li', 0, { idempotencyKey: 'k-2', growth: 100 }, part)).toEqual(alone)
  const other = await grant(ledger, 'li', 0, { idempotencyKey: 'k-2', growth: 101 }, part)
  expect(other.refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  expect(await ledger.account('li')).toMatchObject({
    growth: 3_000,
    points: { available: 50, lifetimeEarned: 50 },
    tier: { tier: { id: 'advanced' }, history: [{ reason: 'REACHED' }] },
  })
  // A purchase that comes late is placed before both, and they are given once more.
  await ledger.buy('li', '10', '2026-01-09')
  expect(await ledger.account('li')).toMatchObject({ growth: 3_010, points: { available: 60 } })
  expect((await ledger.check()).violations).toEqual([])
})

test('a grant for last month goes to the lot of its day', async () => {
  await using ledger = await openLedger()
  await grant(ledger, 'li', 50, { idempotencyKey: 'k-1', occurredAt: '2025-12-10T04:00:00Z' })
  const { lots } = await ledger.account('li')
  expect(lots.edges.map(({ node }) => node.expiresOn)).toEqual(['2026-12-10'])
})

test('a grant that comes after its points ran out gives nothing to spend', async () => {
  await using ledger = await openLedger()
  await grant(ledger, 'li', 50, { idempotencyKey: 'k-1', occurredAt: '2024-12-10T04:00:00Z' })
  expect((await ledger.account('li')).points).toMatchObject({ available: 0, lifetimeEarned: 50 })
  expect((await redeem(ledger, 'li', 1, { idempotencyKey: 'k-2' })).refusal!.code).toBe('INSUFFICIENT_POINTS')
  expect((await ledger.check()).clean).toBe(true)
})

describe('refused by name:', () => {
  // biome-ignore format: aligned rows
  test.each([
    ['an unknown programme',     100, { program: 'none' },                                        'PROGRAM_NOT_FOUND'  ],
    ['an unknown member',        100, { memberId: 'nobody' },                                     'MEMBER_NOT_FOUND'   ],
    ['tomorrow',                   0, { occurredAt: '2026-01-11T04:00:00Z' },                     'OCCURRED_IN_FUTURE' ],
    ['no points',                  0, {},                                                         'POINTS_NOT_POSITIVE'],
    ['negative points',           -1, {},                                                         'POINTS_NOT_POSITIVE'],
    ['negative points and growth', -1, { growth: 5 },                                             'POINTS_NOT_POSITIVE'],
    ['negative growth',            5, { growth: -1 },                                             'GROWTH_NOT_POSITIVE'],
    ['too much growth',            5, { growth: 2e12 },                                           'AMOUNT_NOT_VALID'   ],
  ])('%s', async (who, points, more, code) => {
    const ledger = shared()
    const answer = await grant(ledger, who, points, { idempotencyKey: 'k-1', ...more }, service('campaigns'))
    expect(answer.refusal!.code).toBe(code)
    expect((await ledger.account(who)).points.lifetimeEarned).toBe(0)
  })
})

describe('the same key', () => {
  test('again gives once and answers the same, also much later', async () => {
    await using ledger = await openLedger()
    const first = await grant(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    setClock(ledger, '2026-06-01T00:00:00Z')
    expect(await grant(ledger, 'li', 100, { idempotencyKey: 'k-1' })).toEqual(first)
    expect((await ledger.account('li')).points.available).toBe(100)
  })

  test('in parallel gives once', async () => {
    await using ledger = await openLedger()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => grant(ledger, 'li', 100, { idempotencyKey: 'k-1' })),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect((await ledger.account('li')).points.available).toBe(100)
  })

  test.each([
    ['other points', { points: 101 }],
    ['another source', { source: 'OTHER' }],
    ['another reason', { reason: 'autumn-run' }],
    ['another document', { document: 'case-2' }],
    ['another time', { occurredAt: '2026-01-09T00:00:00Z' }],
  ])('with %s is refused', async (who, change) => {
    const ledger = shared()
    await grant(ledger, who, 100, { idempotencyKey: 'k-1' })
    const { refusal } = await grant(ledger, who, 100, { idempotencyKey: 'k-1', ...change })
    expect(refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })
})

test.each([
  ['a member, not even to itself', member(memberId('li'))],
  ['a clerk', clerk()],
  ['an operator', operator],
  ['a channel', channelService('app')],
])('%s may not grant', async (_, as) => {
  expect((await tryGrant(shared(), as, 'li')).errors![0]!.extensions!.code).toBe('FORBIDDEN')
})

test('nobody on the staff gives growth with points: that is a correction, with its limits and its second pair of eyes', async () => {
  const ledger = shared()
  for (const growth of [1, 5_000]) {
    const answer = await tryGrant(ledger, admin, 'by hand', { growth })
    expect(answer.errors![0]!.extensions!.code).toBe('FORBIDDEN')
  }
  expect(await ledger.account('by hand')).toMatchObject({ growth: 0, points: { available: 0 } })
  expect((await tryGrant(ledger, admin, 'by hand', { growth: 0 })).errors).toBeUndefined()
})
