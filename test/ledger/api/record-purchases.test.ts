import { describe, expect, test } from 'vitest'
import { admin, clerk, manager, member } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { accountField, publish, purchase, record, recordOne, tryRecord } from '../requests.ts'
import { shareLedger } from '../share-ledger.ts'

const shared = shareLedger()

const teaClub = documentWith(['program: super-member', 'program: tea-club'], ['per: "1.00"', 'per: "0.50"'])

test('a thousand at once are answered in their order', async () => {
  await using ledger = await openLedger()
  const results = await record(
    ledger,
    Array.from({ length: 1_000 }, (_, index) =>
      purchase(`member ${index % 100}`, String(index + 1), { document: `bill-${index}` }),
    ),
  )
  expect(results.map(({ purchase }) => purchase?.document)).toEqual(
    Array.from({ length: 1_000 }, (_, index) => `bill-${index}`),
  )
  // 1 + 101 + … + 901 of the first member: below 5,000 each yuan is a point.
  expect(await accountField(ledger, 'member 0', 'points { available } growth')).toEqual({
    points: { available: 4_510 },
    growth: 4_510,
  })
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 1_000, accounts: 100 })
})

test.each([0, 1_001])('%i at once are refused', async (count) => {
  await using ledger = await openLedger()
  const answer = await tryRecord(
    ledger,
    admin,
    Array.from({ length: count }, (_, index) => purchase('li', '1', { document: `bill-${index}` })),
  )
  expect(answer.errors![0]!.extensions!.code).toBe('BAD_USER_INPUT')
  expect(await ledger.sql('select from ledger.entry')).toHaveLength(0)
})

describe('inside one batch', () => {
  test('the same purchase twice is recorded once; with other contents it is refused', async () => {
    await using ledger = await openLedger()
    const results = await record(ledger, [
      purchase('li', '10', { document: 'bill-1' }),
      purchase('li', '10', { document: 'bill-1' }),
      purchase('li', '11', { document: 'bill-1' }),
      purchase('li', '10', { document: 'bill-2' }),
    ])
    expect(results.map((result) => [result.duplicate, result.refusal?.code])).toEqual([
      [false, undefined],
      [true, undefined],
      [false, 'DOCUMENT_CONFLICT'],
      [false, undefined],
    ])
    expect((await ledger.account('li')).points.available).toBe(20)
    expect((await ledger.check()).clean).toBe(true)
  })

  test('a key is used once', async () => {
    await using ledger = await openLedger()
    const results = await record(ledger, [
      purchase('li', '10', { document: 'bill-1', idempotencyKey: 'k-1' }),
      purchase('li', '10', { document: 'bill-1', idempotencyKey: 'k-1' }),
      purchase('li', '10', { document: 'bill-2', idempotencyKey: 'k-1' }),
      purchase('wang', '10', { document: 'bill-2', idempotencyKey: 'k-1' }),
    ])
    expect(results.map((result) => [result.duplicate, result.refusal?.code])).toEqual([
      [false, undefined],
      [true, undefined],
      [false, 'IDEMPOTENCY_KEY_REUSED'],
      [false, undefined],
    ])
  })

  test('what is refused does not touch the rest', async () => {
    await using ledger = await openLedger()
    const results = await record(ledger, [
      purchase('li', '10'),
      purchase('li', '10', { program: 'none' }),
      purchase('li', '10', { member: { id: 'nobody' } }),
      purchase('li', '10', { member: { identity: { kind: 'CARD', value: 'unknown' } } }),
      purchase('li', '10', { lines: [], document: 'no-lines' }),
      purchase('li', '10', { lines: [{ amount: '-1' }], document: 'negative' }),
      purchase('li', '10', { occurredAt: '2026-01-11T00:00:00Z', document: 'tomorrow' }),
      purchase('li', '20', { member: { identity: { kind: 'CARD', value: 'li' } } }),
      purchase('wang', '30'),
    ])
    expect(results.map(({ refusal, purchase }) => refusal?.code ?? purchase!.points)).toEqual([
      10,
      'PROGRAM_NOT_FOUND',
      'MEMBER_NOT_FOUND',
      'MEMBER_NOT_FOUND',
      'LINES_MISSING',
      'AMOUNT_NOT_VALID',
      'OCCURRED_IN_FUTURE',
      20,
      30,
    ])
    expect(results[5]!.refusal!.path).toEqual(['lines', '0', 'amount'])
    expect((await ledger.account('li')).points.available).toBe(30)
    expect((await ledger.check()).clean).toBe(true)
  })

  test('what the database refuses is named at its own place, and the rest is recorded and answered', async () => {
    await using ledger = await openLedger()
    const results = await record(ledger, [
      purchase('li', '10'),
      purchase('li', '20', { document: 'nul \u0000' }),
      purchase('li', '30'),
    ])
    expect(results.map(({ refusal, purchase }) => refusal?.code ?? purchase!.points)).toEqual([
      10,
      'NOT_RECORDED',
      30,
    ])
    expect((await ledger.account('li')).points.available).toBe(40)
    expect((await ledger.check()).clean).toBe(true)
  })

  test('a tier that one purchase reaches counts for the next of that member, and for nobody else', async () => {
    await using ledger = await openLedger()
    const results = await record(ledger, [
      purchase('li', '5000', { occurredAt: '2026-01-09T04:00:00Z' }),
      purchase('wang', '10'),
      purchase('li', '10'),
      purchase('li', '10.00', { occurredAt: '2026-01-08T04:00:00Z', document: 'the day before' }),
    ])
    expect(results.map(({ purchase }) => [purchase!.points, purchase!.tierAfter.id])).toEqual([
      [5_000, 'vip'],
      [10, 'ordinary'],
      [20, 'vip'],
      [10, 'ordinary'],
    ])
  })
})

describe('the same purchase in other words', () => {
  // biome-ignore format: aligned rows
  test.each<[string, Record<string, unknown>]>([
    ['with decimals',           { lines: [{ amount: '50.00' }] }                                            ],
    ['with a quantity of one',  { lines: [{ amount: '50', quantity: 1 }] }                                  ],
    ['with nulls for nothing',  { occurredAt: null, store: null, lines: [{ amount: '50', sku: null, category: null }] }],
    ['by card',                 { member: { identity: { kind: 'CARD', value: 'by card' } } }                ],
    ['with the programme named', { program: 'super-member' }                                                ],
  ])('%s is a duplicate', async (who, words) => {
    const ledger = shared()
    const bill = purchase(who, '50', { document: who })
    await recordOne(ledger, bill)
    expect(await recordOne(ledger, { ...bill, ...words })).toMatchObject({ duplicate: true, refusal: null })
    expect((await ledger.account(who)).points.available).toBe(50)
  })

  // biome-ignore format: aligned rows
  test.each<[string, Record<string, unknown>]>([
    ['another amount',     { lines: [{ amount: '50.01' }] }                      ],
    ['two lines',          { lines: [{ amount: '25' }, { amount: '25' }] }       ],
    ['another quantity',   { lines: [{ amount: '50', quantity: 2 }] }            ],
    ['another category',   { lines: [{ amount: '50', category: 'tea' }] }        ],
    ['another store',      { store: 'store-9' }                                  ],
    ['another time',       { occurredAt: '2026-01-09T04:00:00Z' }                ],
  ])('%s is another purchase, and a conflict', async (who, words) => {
    const ledger = shared()
    const bill = purchase(who, '50', { document: who })
    await recordOne(ledger, bill)
    expect(await recordOne(ledger, { ...bill, ...words })).toMatchObject({ refusal: { code: 'DOCUMENT_CONFLICT' } })
  })

  test('the stored answer is that of the rules of its day', async () => {
    await using ledger = await openLedger()
    const bill = purchase('li', '50', { document: 'bill-1' })
    const first = await recordOne(ledger, bill)
    await publish(
      ledger,
      documentWith(
        ['version: 1', 'version: 2'],
        ['- id: vip-double', '- id: vip-twice'],
        ['currency: CNY', 'currency: EUR'],
      ),
    )
    expect(await recordOne(ledger, bill)).toEqual({ ...first, duplicate: true })
  })
})

describe('two programmes', () => {
  test('are two accounts of one member, also in one batch', async () => {
    await using ledger = await openLedger()
    await publish(ledger, teaClub)
    const results = await record(ledger, [
      purchase('li', '10', { program: 'super-member', document: 'bill-1' }),
      purchase('li', '10', { program: 'tea-club', document: 'bill-1' }),
      purchase('li', '5', { program: 'tea-club', document: 'bill-2' }),
      purchase('li', '5', { document: 'bill-3' }),
    ])
    expect(results.map(({ purchase, refusal }) => purchase?.points ?? refusal!.code)).toEqual([
      10,
      20,
      10,
      'PROGRAM_NOT_FOUND', // Which one is not said.
    ])
    for (const [program, available] of [
      ['super-member', 10],
      ['tea-club', 30],
    ] as const) {
      expect(await accountField(ledger, 'li', 'points { available }', program)).toEqual({
        points: { available },
      })
    }
    expect(await ledger.check()).toMatchObject({ clean: true, accounts: 2 })
  })

  test('share a member’s keys: what one programme used the other may not', async () => {
    await using ledger = await openLedger()
    await publish(ledger, teaClub)
    const bill = purchase('li', '10', { idempotencyKey: 'k-1' })
    const results = await record(ledger, [
      { ...bill, program: 'super-member' },
      { ...bill, program: 'tea-club' },
    ])
    expect(results.map((result) => result.refusal?.code)).toEqual([undefined, 'IDEMPOTENCY_KEY_REUSED'])
    const [later] = await record(ledger, [{ ...bill, program: 'tea-club' }])
    expect(later!.refusal!.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })
})

test('one key in two programmes at once: one is recorded, the other refused, time and again', async () => {
  await using ledger = await openLedger()
  await publish(ledger, teaClub)
  for (let round = 0; round < 10; round++) {
    const bill = purchase('li', '10', { document: `bill-${round}`, idempotencyKey: `k-${round}` })
    const answers = await Promise.all(
      ['super-member', 'tea-club'].map((program) => record(ledger, [{ ...bill, program }])),
    )
    const codes = answers.flat().map((answer) => answer.refusal?.code ?? 'recorded')
    expect(codes.sort()).toEqual(['IDEMPOTENCY_KEY_REUSED', 'recorded'])
  }
  expect((await ledger.check()).clean).toBe(true)
})

test('batches of the same members in opposite orders, twenty at once: none fails, none is lost', async () => {
  await using ledger = await openLedger()
  const names = Array.from({ length: 40 }, (_, index) => `member ${index}`)
  const batches = await Promise.all(
    Array.from({ length: 20 }, (_, batch) => {
      const order = batch % 2 === 0 ? names : names.toReversed()
      return record(
        ledger,
        order.map((name) => purchase(name, '1', { document: `${name}-${batch}` })),
      )
    }),
  )
  for (const results of batches) for (const { purchase } of results) expect(purchase!.points).toBe(1)
  const rows = await ledger.sql<{ available: string }>(
    `select distinct available::text from ledger.wallet where asset = 'points'`,
  )
  expect(rows).toEqual([{ available: '20' }])
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 800 })
})

test('the same batch ten times at once is recorded once', async () => {
  await using ledger = await openLedger()
  const batch = Array.from({ length: 50 }, (_, index) => purchase(`member ${index}`, '7'))
  const answers = await Promise.all(Array.from({ length: 10 }, () => record(ledger, batch)))
  const fresh = answers.flat().filter((result) => !result.duplicate)
  expect(fresh).toHaveLength(50)
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 50 })
})

test('a word that is no kind of identity is named, and nothing is recorded', async () => {
  await using ledger = await openLedger()
  const { errors } = await tryRecord(ledger, admin, [
    purchase('li', '1'),
    purchase('li', '2', { member: { identity: { kind: 'PHON', value: '13800138000' } } }),
  ])
  expect(errors).toMatchObject([
    {
      message: expect.stringMatching(/^An identity's kind is one of PHONE, .*, not PHON\.$/),
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ])
  expect(await ledger.sql('select from ledger.entry')).toHaveLength(0)
})

test('who is placed in the organisation records in the stores of its part, and says in which', async () => {
  await using ledger = await openLedger()
  const city = manager('shanghai', ['store-1', 'store-2'])
  const codes = []
  for (const [as, store] of [
    [manager('store-1'), undefined],
    [city, 'store-2'],
    [city, undefined],
    [city, 'store-3'],
    [manager('store-1'), 'store-2'],
    [manager('country', []), 'store-1'],
  ] as const) {
    const number = String(codes.length)
    const { errors } = await tryRecord(ledger, as, [
      purchase('li', number, store === undefined ? {} : { store }),
    ])
    codes.push(errors?.[0]?.extensions?.code ?? 'recorded')
  }
  expect(codes).toEqual(['recorded', 'recorded', 'BAD_USER_INPUT', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
})

test('a clerk records for its own store, a member for nobody', async () => {
  await using ledger = await openLedger()
  const own = await tryRecord(ledger, clerk('store-1'), [purchase('li', '10')])
  expect(own.errors).toBeUndefined()
  expect(
    await ledger.sql('select store, operator from ledger.entry join ledger.origin using (origin_key)'),
  ).toEqual([{ store: 'store-1', operator: 'staff:clerk-1' }])
  const other = [purchase('li', '1'), purchase('li', '20', { store: 'store-2' })]
  for (const [as, purchases] of [
    [clerk('store-1'), other],
    [member(memberId('li')), [purchase('li', '30')]],
  ] as const) {
    expect((await tryRecord(ledger, as, purchases)).errors![0]!.extensions!.code).toBe('FORBIDDEN')
  }
  expect((await ledger.account('li')).points.available).toBe(10)
})
