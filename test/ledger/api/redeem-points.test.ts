import { describe, expect, test } from 'vitest'
import { admin, anonymous, channelService, clerk, member, operator, partner } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { accountField, grant, publish, redeem, setClock, tryRedeem } from '../requests.ts'
import { shareLedger } from '../share-ledger.ts'

const shared = shareLedger()

const codeOf = (answer: { errors?: readonly { extensions?: { code?: unknown } }[] }) =>
  answer.errors?.[0]?.extensions?.code

test('100 points take one yuan off the bill', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '500', '2026-01-10')
  const redemption = await redeem(ledger, 'li', 100, {
    idempotencyKey: 'k-1',
    bill: '120.00',
    document: 'bill-7',
    store: 'store-3',
  })
  expect(redemption).toMatchObject({
    entry: {
      sequence: 2,
      kind: 'REDEEM',
      points: -100,
      balance: 400,
      document: { channel: 'store', number: 'bill-7', store: 'store-3', operator: 'staff:admin-1' },
    },
    offset: { amount: '1.00', currency: 'CNY' },
    refusal: null,
  })
  expect((await ledger.account('li')).points.available).toBe(400)
  expect((await ledger.check()).clean).toBe(true)
})

test('the soonest-expiring points go first, in whatever order they were earned', async () => {
  await using ledger = await openLedger({ now: '2026-05-01T04:00:00Z' })
  for (const [amount, on] of [
    ['30', '2026-03-01'],
    ['10', '2026-01-01'],
    ['20', '2026-02-01'],
  ] as const) {
    await ledger.buy('li', amount, on)
  }
  await redeem(ledger, 'li', 25, { idempotencyKey: 'k-1' })
  const { lots } = await ledger.account('li')
  expect(lots.edges.map(({ node }) => [node.expiresOn, node.remaining])).toEqual([
    ['2027-02-01', 5],
    ['2027-03-01', 30],
  ])
  expect((await ledger.check()).clean).toBe(true)
})

describe('refused by name, in order of precedence:', () => {
  // biome-ignore format: aligned rows
  test.each<[string, number, Record<string, unknown>, string]>([
    // of 500 points          points  what differs                 refusal
    ['an unknown programme',     0,  { program: 'none' },          'PROGRAM_NOT_FOUND'     ],
    ['an unknown member',        0,  { memberId: 'nobody' },       'MEMBER_NOT_FOUND'      ],
    ['half a fen on the bill',   0,  { bill: '100.005' },          'AMOUNT_NOT_VALID'      ],
    ['a negative bill',          0,  { bill: '-1' },               'AMOUNT_NOT_VALID'      ],
    ['no points',                0,  { bill: '1.00' },             'POINTS_NOT_POSITIVE'   ],
    ['negative points',       -100,  {},                           'POINTS_NOT_POSITIVE'   ],
    ['a bill below 100 yuan',  600,  { bill: '99.99' },            'BELOW_MINIMUM_SPEND'   ],
    ['more than the bill',  10_001,  { bill: '100.00' },           'EXCEEDS_BILL'          ],
    ['more than there is',     501,  {},                           'INSUFFICIENT_POINTS'   ],
  ])('%s', async (who, points, more, code) => {
    const ledger = shared()
    await ledger.buy(who, '500', '2026-01-10')
    const { refusal, entry } = await redeem(ledger, who, points, { idempotencyKey: 'k-1', ...more })
    expect([refusal?.code, entry]).toEqual([code, null])
    expect((await ledger.account(who)).points.available).toBe(500)
    expect((await ledger.check()).clean).toBe(true)
  })

  test('points that are not worth a whole fen', async () => {
    await using ledger = await openLedger({ program: documentWith(['points: 100 #', 'points: 300 #']) })
    await ledger.buy('li', '500', '2026-01-10')
    const { refusal } = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    expect(refusal).toMatchObject({ code: 'POINTS_NOT_CONVERTIBLE', path: ['points'] })
    expect((await redeem(ledger, 'li', 300, { idempotencyKey: 'k-2' })).offset!.amount).toBe('1.00')
  })

  test('a programme that does not take points for money', async () => {
    const burn = /\n {2}burn:[^g]*(?=\n\ngrowth:)/
    const program = documentWith().replace(burn, '')
    await using ledger = await openLedger({ program })
    await ledger.buy('li', '500', '2026-01-10')
    expect((await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).refusal!.code).toBe(
      'BURN_NOT_OFFERED',
    )
  })

  test('the refusal tells how many there are, in the language of the request', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '500', '2026-01-10')
    const { refusal } = await redeem(ledger, 'li', 501, { idempotencyKey: 'k-1' })
    expect(refusal).toEqual({
      code: 'INSUFFICIENT_POINTS',
      path: ['points'],
      message: 'There are not enough points: 500 are available.',
      details: [{ name: 'available', value: '500' }],
    })
  })
})

describe('the same key', () => {
  test('again gets the same answer, and burns nothing more', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '500', '2026-01-10')
    const first = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    await redeem(ledger, 'li', 200, { idempotencyKey: 'k-2' })
    expect(await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).toEqual(first)
    expect((await ledger.account('li')).points.available).toBe(200)
  })

  test('after a refusal gets that refusal, though there are enough points by now', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '50', '2026-01-10')
    const refused = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    expect(refused.refusal!.code).toBe('INSUFFICIENT_POINTS')
    await ledger.buy('li', '500', '2026-01-10', 'bill-2')
    expect(await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).toEqual(refused)
    expect((await redeem(ledger, 'li', 100, { idempotencyKey: 'k-2' })).refusal).toBeNull()
  })

  // biome-ignore format: aligned rows
  test.each([
    ['other points',    { points: 101 }        ],
    ['another bill',    { bill: '900.00' }     ],
    ['another channel', { channel: 'app' }     ],
    ['another number',  { document: 'bill-2' } ],
    ['another store',   { store: 'store-2' }   ],
    ['a refused one',   { points: 99_999 }     ],
  ])('with %s is refused', async (who, change) => {
    const ledger = shared()
    await ledger.buy(who, '500', '2026-01-10')
    await redeem(ledger, who, 100, { idempotencyKey: 'k-1' })
    const { refusal } = await redeem(ledger, who, 100, { idempotencyKey: 'k-1', ...change })
    expect(refusal).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', path: ['idempotencyKey'] })
  })

  test('for a grant and a redemption is refused', async () => {
    await using ledger = await openLedger()
    await grant(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    const { refusal } = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    expect(refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('in another programme is refused, also when it was refused there', async () => {
    await using ledger = await openLedger()
    await publish(ledger, documentWith(['program: super-member', 'program: tea-club']))
    const inClub = { idempotencyKey: 'k-1', program: 'tea-club' }
    const here = { idempotencyKey: 'k-1', program: 'super-member' }
    expect((await redeem(ledger, 'li', 100, here)).refusal!.code).toBe('INSUFFICIENT_POINTS')
    expect((await redeem(ledger, 'li', 100, inClub)).refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('of two members are two keys', async () => {
    await using ledger = await openLedger()
    for (const name of ['li', 'wang']) {
      await ledger.buy(name, '500', '2026-01-10')
      expect((await redeem(ledger, name, 100, { idempotencyKey: 'k-1' })).refusal).toBeNull()
    }
  })

  test('gets the offset of its day, though points are worth more, or nothing, by now', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '500', '2026-01-10')
    const first = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })
    await publish(ledger, documentWith(['version: 1', 'version: 2'], ['money: "1.00"', 'money: "2.00"']))
    expect(await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).toEqual(first)
    const withoutBurn = documentWith(['version: 1', 'version: 3']).replace(
      /\n {2}burn:[^g]*(?=\n\ngrowth:)/,
      '',
    )
    await publish(ledger, withoutBurn)
    expect(await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).toEqual(first)
  })
})

describe('who may redeem', () => {
  const key = { idempotencyKey: 'k-1', memberId: undefined }

  test('a member its own points, without naming itself', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '500', '2026-01-10')
    const redemption = await redeem(ledger, 'li', 100, key, member(memberId('li')))
    expect(redemption.entry!.document!.operator).toBe(`member:${memberId('li')}`)
  })

  // biome-ignore format: aligned rows
  test.each([
    // who                                  as whom                        what differs             error
    ['a member for another',                member(memberId('wang')),      {},                      'FORBIDDEN'      ],
    ['a clerk for another store',           clerk('store-1'),              { store: 'store-2' },    'FORBIDDEN'      ],
    ['a clerk who names nobody',            clerk('store-1'),              { memberId: undefined }, 'BAD_USER_INPUT' ],
    ['an operator',                         operator,                      {},                      'FORBIDDEN'      ],
    ['a partner',                           partner('starlight-cinema'),   {},                      'FORBIDDEN'      ],
    ['somebody who has not signed in',      anonymous,                     {},                      'UNAUTHENTICATED'],
  ])('%s may not', async (who, as, more, code) => {
    const ledger = shared()
    await ledger.buy(who, '500', '2026-01-10')
    expect(codeOf(await tryRedeem(ledger, as, who, 100, { idempotencyKey: 'k-1', ...more }))).toBe(code)
    expect((await ledger.account(who)).points.available).toBe(500)
  })

  test('a clerk in its own store, which need not be named; a channel for anybody', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '500', '2026-01-10')
    const inStore = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' }, clerk('store-1'))
    expect(inStore.entry!.document).toMatchObject({ store: 'store-1', operator: 'staff:clerk-1' })
    const inApp = await redeem(ledger, 'li', 100, { idempotencyKey: 'k-2' }, channelService('app'))
    expect(inApp.entry!.document).toMatchObject({ store: null, operator: 'service:app back end' })
  })
})

describe('all at once', () => {
  test('64 redemptions of the same 100 points: one succeeds, 63 are told that there are none', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-10')
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => redeem(ledger, 'li', 100, { idempotencyKey: `k-${index}` })),
    )
    const codes = answers.map((answer) => answer.refusal?.code ?? 'redeemed').sort()
    expect(codes).toEqual([...Array(63).fill('INSUFFICIENT_POINTS'), 'redeemed'])
    expect((await ledger.account('li')).points.available).toBe(0)
    expect(await ledger.check()).toMatchObject({ clean: true, entries: 2 })
  })

  test('the same key 20 times: one redemption, 20 equal answers', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-10')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => redeem(ledger, 'li', 30, { idempotencyKey: 'k-1' })),
    )
    expect(answers[0]!.entry!.balance).toBe(70)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect((await ledger.account('li')).points.available).toBe(70)
  })

  test('20 redemptions of ten while purchases bring 100: as many succeed as there are points for', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '60', '2026-01-09')
    const [answers] = await Promise.all([
      Promise.all(
        Array.from({ length: 20 }, (_, index) => redeem(ledger, 'li', 10, { idempotencyKey: `k-${index}` })),
      ),
      Promise.all(
        Array.from({ length: 4 }, (_, index) => ledger.buy('li', '10', '2026-01-10', `b-${index}`)),
      ),
    ])
    const redeemed = answers.filter((answer) => answer.entry).length
    expect(redeemed).toBeGreaterThanOrEqual(6)
    expect(redeemed).toBeLessThanOrEqual(10)
    expect((await ledger.account('li')).points.available).toBe(100 - 10 * redeemed)
    expect((await ledger.check()).clean).toBe(true)
  })
})

describe('points that ran out', () => {
  test('cannot be spent, though no sweep has been there', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-10')
    setClock(ledger, '2027-01-10T15:59:59.999Z') // The last millisecond of their last day.
    expect((await redeem(ledger, 'li', 1, { idempotencyKey: 'k-1' })).refusal).toBeNull()
    setClock(ledger, '2027-01-10T16:00:00Z')
    const { refusal } = await redeem(ledger, 'li', 1, { idempotencyKey: 'k-2' })
    expect(refusal).toMatchObject({
      code: 'INSUFFICIENT_POINTS',
      details: [{ name: 'available', value: '0' }],
    })
    expect((await ledger.check()).clean).toBe(true)
  })

  test('are written off by the refused redemption, at their own moment', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-10')
    setClock(ledger, '2027-05-01T00:00:00Z')
    await redeem(ledger, 'li', 1, { idempotencyKey: 'k-1' })
    const { statement } = await ledger.account('li')
    expect(statement.edges.map(({ node }) => [node.kind, node.points, node.effectiveAt])).toEqual([
      ['EXPIRE', -100, '2027-01-10T16:00:00.000Z'],
      ['EARN', 100, '2026-01-10T04:00:00.000Z'],
    ])
  })

  test('do not run out early because a till is four minutes ahead of midnight', async () => {
    await using ledger = await openLedger({ now: '2027-01-10T15:57:00Z' })
    await ledger.buy('li', '100', '2026-01-10')
    await ledger.ask(
      admin,
      `mutation { recordPurchase(input: { member: { id: "${memberId('li')}" } channel: "store" document: "ahead"
         occurredAt: "2027-01-10T16:01:00Z" lines: [{ amount: "5" }] }) { refusal { code } } }`,
    )
    expect(await accountField(ledger, 'li', 'points { available }')).toEqual({ points: { available: 105 } })
    expect((await redeem(ledger, 'li', 100, { idempotencyKey: 'k-1' })).refusal).toBeNull()
    expect((await ledger.check()).clean).toBe(true)
  })
})
