import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clerk, member } from '../../helpers/graph.ts'
import { autoBrand, perform, tryPerform } from '../activities.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { accountField, type OpenLedger, publish, purchase, record, setClock } from '../requests.ts'

let ledger: OpenLedger
beforeAll(async () => {
  ledger = await openLedger({ now: '2027-12-31T10:00:00Z', program: autoBrand })
})
afterAll(() => ledger[Symbol.asyncDispose]())

const noon = (day: string) => `${day}T04:00:00Z`

test('an activity gives what its rule says, and says which', async () => {
  expect(await perform(ledger, 'li', 'event', { document: 'gala', occurredAt: noon('2027-03-02') })).toEqual({
    duplicate: false,
    activity: {
      id: expect.any(String),
      code: 'event',
      quantity: 1,
      document: 'gala',
      points: 50,
      growth: 0,
      awards: [{ rule: 'event', line: null, asset: 'POINTS', amount: 50 }],
      skipped: [],
      tierBefore: { id: 'ordinary' },
      tierAfter: { id: 'ordinary' },
    },
    refusal: null,
  })
  const { statement } = await accountField<{ statement: { edges: { node: unknown }[] } }>(
    ledger,
    'li',
    'statement { edges { node { kind points document { number channel awards { rule amount } } } } }',
  )
  expect(statement.edges[0]!.node).toEqual({
    kind: 'EARN',
    points: 50,
    document: { number: 'gala', channel: 'activity', awards: [{ rule: 'event', amount: 50 }] },
  })
})

test('the same again, by key or by document, gets the same answer and counts once', async () => {
  const at = { occurredAt: noon('2027-03-02') }
  const first = await perform(ledger, 'wang', 'sign-in', { document: 'd1', ...at })
  expect(first.activity!.points).toBe(1)
  expect(await perform(ledger, 'wang', 'sign-in', { document: 'd1', ...at })).toEqual({
    ...first,
    duplicate: true,
  })
  const otherKey = await perform(ledger, 'wang', 'sign-in', {
    document: 'd1',
    ...at,
    idempotencyKey: 'other',
  })
  expect(otherKey).toEqual({ ...first, duplicate: true })
  const second = await perform(ledger, 'wang', 'sign-in', { document: 'd2', ...at })
  expect(second.activity).toMatchObject({
    points: 0,
    skipped: [{ rule: 'sign-in', reason: 'CAP_REACHED' }],
  })
  // One sign-in is counted, and one more is possible on the next day.
  const next = await perform(ledger, 'wang', 'sign-in', { document: 'd3', occurredAt: noon('2027-03-03') })
  expect(next.activity!.points).toBe(1)
  // What a rule gave or did not give then is told the same later.
  expect(await perform(ledger, 'wang', 'sign-in', { document: 'd2', ...at })).toEqual({
    ...second,
    duplicate: true,
  })
  expect(await perform(ledger, 'wang', 'sign-in', { document: 'd1', ...at })).toEqual({
    ...first,
    duplicate: true,
  })
})

describe('refusals in order of precedence', () => {
  const future = '2028-01-01T04:00:00Z'
  // biome-ignore format: aligned rows
  test.each([
    // what                                                                  code                      path
    [{ program: 'none',  code: 'dance'                                     }, 'PROGRAM_NOT_FOUND',      'program'   ],
    [{ code: 'dance',    amount: '-1', quantity: 0, occurredAt: future     }, 'ACTIVITY_NOT_KNOWN',     'code'      ],
    [{ code: 'sign-in',  amount: '-1', quantity: 0, occurredAt: future     }, 'AMOUNT_NOT_VALID',       'amount'    ],
    [{ code: 'sign-in',  amount: '1.234'                                   }, 'AMOUNT_NOT_VALID',       'amount'    ],
    [{ code: 'sign-in',  quantity: 0, occurredAt: future                   }, 'QUANTITY_NOT_POSITIVE',  'quantity'  ],
    [{ code: 'sign-in',  occurredAt: future                                }, 'OCCURRED_IN_FUTURE',     'occurredAt'],
  ])('%o: %s', async (more, code, path) => {
    const answer = await perform(ledger, 'zhao', more.code, { document: JSON.stringify(more), ...more })
    expect([answer.refusal?.code, answer.refusal?.path]).toEqual([code, [path]])
    expect(answer.activity).toBeNull()
  })

  test('a document of other contents conflicts, a key of other contents is reused', async () => {
    await perform(ledger, 'sun', 'share', { document: 's1', idempotencyKey: 'k1' })
    const other = { document: 's1', quantity: 2 }
    expect((await perform(ledger, 'sun', 'share', { ...other, idempotencyKey: 'k2' })).refusal?.code).toBe(
      'DOCUMENT_CONFLICT',
    )
    expect((await perform(ledger, 'sun', 'share', { ...other, idempotencyKey: 'k1' })).refusal?.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
  })

  test('who may not give points may not record activities', async () => {
    for (const principal of [member(memberId('li')), clerk('store-1')])
      expect((await tryPerform(ledger, principal, 'li')).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  })
})

const rejecting = `
program: strict
version: 1
name: { en: Strict, zh-CN: 严 }
currency: CNY
timeZone: Asia/Shanghai
points: { validity: { kind: never } }
growth: { validity: { kind: never } }
tiers: [{ id: base, name: { en: Base, zh-CN: 基础 }, growth: 0 }]
earn:
  - { id: share, on: activity, activities: [share], asset: points, award: { points: 2 } }
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
caps:
  - { id: daily, rules: [share], per: day, times: 1, over: reject }
  - { id: spend-month, rules: [spend], per: month, points: 100, over: reject }
`

test('a cap that refuses says when it opens again, and refuses nothing that it has taken', async () => {
  expect((await publish(ledger, rejecting)).refusal).toBeNull()
  const at = (day: string, document: string) => ({ program: 'strict', document, occurredAt: noon(day) })
  const first = await perform(ledger, 'qian', 'share', at('2027-05-01', 'a'))
  expect(first.activity!.points).toBe(2)
  const refused = await perform(ledger, 'qian', 'share', at('2027-05-01', 'b'))
  expect(refused).toMatchObject({
    activity: null,
    refusal: { code: 'CAP_REACHED', message: expect.stringContaining('2027-05-01T16:00:00.000Z') },
  })
  expect(Object.fromEntries(refused.refusal!.details.map(({ name, value }) => [name, value]))).toEqual({
    rule: 'share',
    cap: 'daily',
    limit: '1',
    opensAt: '2027-05-01T16:00:00.000Z',
  })
  expect(await perform(ledger, 'qian', 'share', at('2027-05-01', 'a'))).toEqual({ ...first, duplicate: true })
  expect((await perform(ledger, 'qian', 'share', at('2027-05-02', 'c'))).activity!.points).toBe(2)
})

test('many purchases of one member in one batch fill a cap once', async () => {
  const bills = ['60', '30', '20', '10', '1'].map((amount, index) =>
    purchase('batch', amount, { program: 'strict', document: `b${index}`, occurredAt: noon('2027-06-01') }),
  )
  const told = (await record(ledger, bills)).map(({ purchase, refusal }) => purchase?.points ?? refusal!.code)
  expect(told).toEqual([60, 30, 'CAP_REACHED', 10, 'CAP_REACHED'])
  // Sent again: what was recorded is a duplicate, and what was refused is refused still.
  const again = await record(ledger, bills)
  expect(again.map(({ duplicate, refusal }) => (duplicate ? 'duplicate' : refusal!.code))).toEqual([
    'duplicate',
    'duplicate',
    'CAP_REACHED',
    'duplicate',
    'CAP_REACHED',
  ])
  const july = bills.map((bill) => ({
    ...bill,
    document: `${bill.document} of July`,
    occurredAt: noon('2027-07-01'),
  }))
  expect((await record(ledger, july)).filter(({ purchase }) => purchase)).toHaveLength(3)
})

test('sixteen sign-ins of one day at once: one point', async () => {
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      perform(ledger, 'race', 'sign-in', {
        document: `r${index}`,
        program: 'auto-brand',
        occurredAt: noon('2027-08-01'),
      }),
    ),
  )
  expect(answers.reduce((sum, { activity }) => sum + activity!.points, 0)).toBe(1)
})

test('a year of a diligent motorist: 365 + 384 + 500 = 1,249 points, and no more', async () => {
  setClock(ledger, '2028-12-31T10:00:00Z')
  const days = Array.from({ length: 366 }, (_, day) =>
    new Date(Date.UTC(2028, 0, 1 + day)).toISOString().slice(0, 10),
  )
  const sums: Record<string, number> = {}
  for (const [index, day] of days.entries()) {
    const codes = [
      'sign-in',
      'sign-in',
      ...Array.from({ length: 5 }, () => 'share'),
      ...(index % 10 === 0 ? ['event'] : []),
    ]
    // Those of one day come together, as a batch.
    const answers = await Promise.all(
      codes.map((code, nth) =>
        perform(ledger, 'diligent', code, {
          program: 'auto-brand',
          document: `${day} ${nth}`,
          occurredAt: `${day}T0${nth}:00:00Z`,
        }),
      ),
    )
    for (const { activity } of answers) sums[activity!.code] = (sums[activity!.code] ?? 0) + activity!.points
  }
  expect(sums).toEqual({ 'sign-in': 365, share: 384, event: 500 })
  const { points } = await accountField<{ points: { lifetimeEarned: number } }>(
    ledger,
    'diligent',
    'points { lifetimeEarned }',
    'auto-brand',
  )
  expect(points.lifetimeEarned).toBe(1_249)
  // What is counted stays small: days and weeks that are long past are forgotten.
  const [row] = await ledger.sql<{ size: number }>(
    `select length(counters::text) as size from ledger.account where member_id = $1`,
    [memberId('diligent')],
  )
  expect(row!.size).toBeLessThan(800)
})

test('the books are right after all this', async () => {
  expect((await ledger.check()).violations).toEqual([])
})
