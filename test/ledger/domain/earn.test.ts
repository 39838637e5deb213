import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { applyRatio, type Rounding, ratioOf } from '../../../kernel/values/points.ts'
import type { Multiplier, PurchaseLine } from '../../../subgraphs/ledger/domain/earn.ts'
import { conditions } from '../../../subgraphs/ledger/domain/program.ts'
import { programWith, withRules } from '../program-of.ts'
import { type PurchaseToRate, ratePurchase } from '../rating.ts'

const line = (yuan: string, more: Partial<PurchaseLine> = {}): PurchaseLine => ({
  amount: BigInt(Math.round(Number(yuan) * 100)),
  quantity: 1,
  ...more,
})

const purchase = (lines: readonly PurchaseLine[], more: Partial<PurchaseToRate> = {}): PurchaseToRate => ({
  channel: 'store',
  store: 'store-1',
  // A Saturday, 12:00 in Shanghai.
  occurredAt: instant('2026-01-10T04:00:00Z'),
  lines,
  tier: 'ordinary',
  ...more,
})

const campaign = (factor: string, from: string, until: string, when?: string): Multiplier => ({
  campaign: 'double-day',
  from: instant(from),
  until: instant(until),
  factor: ratioOf(factor),
  when: when === undefined ? undefined : conditions.compile(when),
})

const always = (factor: string, when?: string) =>
  campaign(factor, '2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z', when)

const rate = (points: number, per: string, more = '') =>
  `  - { id: spend, on: purchase, asset: points, award: { points: ${points}, per: "${per}" }${more} }`

const pointsOf = (rules: string, of: PurchaseToRate, multipliers: readonly Multiplier[] = []) =>
  ratePurchase(programWith(withRules(rules)), of, multipliers).awards.reduce(
    (sum, award) => (award.asset === 'points' ? sum + award.amount : sum),
    0n,
  )

describe('the rates of the product', () => {
  // biome-ignore format: aligned rows
  test.each<[number, string, Rounding, string, bigint]>([
    // points per        rounding   bill          expected
    [  1,    '1.00',    'down',    '1.00',           1n],
    [  1,    '1.00',    'down',    '1.99',           1n],
    [  1,    '1.00',    'up',      '1.01',           2n],
    [  1,    '1.00',    'up',      '1.00',           1n],
    [  1,    '1.00',    'half-up', '1.49',           1n],
    [  1,    '1.00',    'half-up', '1.50',           2n],
    [  1,    '1.00',    'down',    '0.99',           0n],
    [  1,    '100.00',  'down',    '299.99',         2n],
    [  1,    '1000.00', 'down',    '1000.00',        1n], // service spend
    [  1,    '1000.00', 'down',    '999.99',         0n],
    [  3,    '2.00',    'down',    '1.00',           1n], // 1.5
    [  3,    '2.00',    'half-up', '1.00',           2n],
  ])('%i points for each %s yuan, rounded %s: %s yuan give %s', (points, per, rounding, bill, expected) => {
    expect(pointsOf(rate(points, per, `, rounding: ${rounding}`), purchase([line(bill)]))).toBe(expected)
  })
})

describe('rounding', () => {
  test('happens once a purchase: three lines of 0.50 are one point, not none', () => {
    const { awards } = ratePurchase(
      programWith(withRules(rate(1, '1.00'))),
      purchase([line('0.50'), line('0.50'), line('0.50')]),
      [],
    )
    expect(awards).toEqual([{ rule: 'spend', line: 1, asset: 'points', amount: 1n }])
  })

  test('up happens once, too: three lines of 0.10 are one point, not three', () => {
    const lines = [line('0.10'), line('0.10'), line('0.10')]
    expect(pointsOf(rate(1, '1.00', ', rounding: up'), purchase(lines))).toBe(1n)
  })

  test('shared over the lines, the sum is exact and no line gives less than nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(0n, 10_000_000n), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 999 }),
        fc.bigInt(1n, 100_000n),
        fc.constantFrom<Rounding>('down', 'up', 'half-up'),
        (amounts, points, per, rounding) => {
          const yuan = `${per / 100n}.${String(per % 100n).padStart(2, '0')}`
          const { awards } = ratePurchase(
            programWith(withRules(rate(points, yuan, `, rounding: ${rounding}`))),
            purchase(amounts.map((amount) => ({ amount, quantity: 1 }))),
            [],
          )
          const total = amounts.reduce((sum, amount) => sum + amount, 0n)
          const expected = applyRatio(total, { numerator: BigInt(points), denominator: per }, rounding)
          expect(awards.reduce((sum, award) => sum + award.amount, 0n)).toBe(expected)
          for (const award of awards) expect(award.amount).toBeGreaterThan(0n)
          // No line gets more than its own money gives, rounded up.
          for (const { line, amount } of awards) {
            const alone = applyRatio(amounts[line]!, { numerator: BigInt(points), denominator: per }, 'up')
            expect(amount).toBeLessThanOrEqual(alone + 1n)
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('multipliers', () => {
  const twice = `${rate(1, '1.00')}
  - { id: vip-double, on: purchase, asset: points, multiplier: "2", when: 'member.tier == "vip"' }`
  const vip = { tier: 'vip' }

  // biome-ignore format: aligned rows
  test.each<[string, string, Partial<PurchaseToRate>, Multiplier[], string, bigint]>([
    // what is tested                      rules             purchase  campaigns                     bill      expected
    ['once without any',                   rate(1, '1.00'),  {},       [],                           '100.00', 100n],
    ['twice for a VIP',                    twice,            vip,      [],                           '100.00', 200n],
    ['not for the rest',                   twice,            {},       [],                           '100.00', 100n],
    ['twice on a double day',              twice,            {},       [always('2')],                '100.00', 200n],
    ['three times for both: they add up',  twice,            vip,      [always('2')],                '100.00', 300n],
    ['half as much again',                 rate(1, '1.00'),  {},       [always('1.5')],              '5.00',     7n],
    ['two campaigns add up',               rate(1, '1.00'),  {},       [always('1.5'), always('3')], '10.00',   35n],
    ['a factor of one adds nothing',       rate(1, '1.00'),  {},       [always('1')],                '10.00',   10n],
    ['a factor below one takes nothing',   rate(1, '1.00'),  {},       [always('0.5')],              '10.00',   10n],
    ['only where its condition holds',     rate(1, '1.00'),  {},       [always('2', 'line.category == "x"')], '10.00', 10n],
  ])('%s', (_, rules, more, campaigns, bill, expected) => {
    expect(pointsOf(rules, purchase([line(bill)], more), campaigns)).toBe(expected)
  })

  test('multiply the points of the lines that they match, and growth not at all', () => {
    const { awards } = ratePurchase(
      programWith(),
      purchase([line('10', { category: 'tea' }), line('20', { category: 'cake' })]),
      [always('2', 'line.category == "cake"')],
    )
    expect(awards.map(({ rule, line, asset, amount }) => [rule, line, asset, amount])).toEqual([
      ['spend', 0, 'points', 10n],
      ['spend', 1, 'points', 20n],
      ['growth', 0, 'growth', 10n],
      ['growth', 1, 'growth', 20n],
      ['campaign:double-day', 1, 'points', 20n],
    ])
  })

  // The twelfth of December in Shanghai.
  const day = campaign('2', '2026-12-11T16:00:00Z', '2026-12-12T16:00:00Z')
  test.each([
    ['the millisecond before', '2026-12-11T15:59:59.999Z', 10n],
    ['the first moment', '2026-12-11T16:00:00.000Z', 20n],
    ['the last millisecond', '2026-12-12T15:59:59.999Z', 20n],
    ['the first moment after', '2026-12-12T16:00:00.000Z', 10n],
  ])('of a day begin and end with it: %s', (_, at, expected) => {
    expect(pointsOf(rate(1, '1.00'), purchase([line('10')], { occurredAt: instant(at) }), [day])).toBe(
      expected,
    )
  })
})

describe('conditions', () => {
  const at = (iso: string) => ({ occurredAt: instant(iso) })
  const oneLine = [line('10', { category: 'tea', sku: 'T-1', quantity: 3 })]

  // biome-ignore format: aligned rows
  test.each<[string, Partial<PurchaseToRate>, boolean]>([
    // condition                                   purchase                                holds
    ['line.category == "tea"',                     {},                                     true ],
    ['line.category == "cake"',                    {},                                     false],
    ['line.sku == "T-1" && line.quantity == 3',    {},                                     true ],
    ['line.amount >= 1000',                        {},                                     true ], // in fen
    ['line.amount > 1000',                         {},                                     false],
    ['purchase.store == "store-1"',                {},                                     true ],
    ['purchase.store == "store-2"',                {},                                     false],
    ['purchase.store == ""',                       { store: undefined },                   true ],
    ['purchase.channel in ["app", "store"]',       {},                                     true ],
    ['member.tier == "vip"',                       { tier: 'vip' },                        true ],
    ['purchase.date == "2026-01-10"',              {},                                     true ],
    ['purchase.date == "2026-01-11"',              at('2026-01-10T16:00:00Z'),             true ], // midnight there
    ['purchase.weekday == 6',                      {},                                     true ], // Saturday
    ['purchase.weekday == 7',                      at('2026-01-10T16:00:00Z'),             true ], // Sunday there
    ['purchase.weekday == 1',                      at('2026-01-12T04:00:00Z'),             true ], // Monday
    ['purchase.hour == 12',                        {},                                     true ],
    ['purchase.hour == 0',                         at('2026-01-10T16:00:00Z'),             true ],
    ['purchase.hour == 23',                        at('2026-01-10T15:59:59.999Z'),         true ],
    ['purchase.total == 1000',                     {},                                     true ],
    ['line.quantity / 0 == 1',                     {},                                     false], // an error holds not
  ])('%s of %j: %s', (when, more, holds) => {
    const rules = `  - id: spend\n    on: purchase\n    asset: points\n    award: { points: 1, per: "1.00" }\n    when: '${when}'`
    expect(pointsOf(rules, purchase(oneLine, more))).toBe(holds ? 10n : 0n)
  })

  test('a condition on the total sees the whole bill, not the line', () => {
    const rules = rate(1, '1.00', ", when: 'purchase.total >= 3000'")
    expect(pointsOf(rules, purchase([line('10'), line('20')]))).toBe(30n)
    expect(pointsOf(rules, purchase([line('10'), line('19.99')]))).toBe(0n)
  })

  test('a rate counts only the lines that it matches', () => {
    const rules = rate(1, '1.00', ', when: \'line.category == "tea"\'')
    const lines = [line('0.60', { category: 'tea' }), line('5'), line('0.60', { category: 'tea' })]
    expect(pointsOf(rules, purchase(lines))).toBe(1n)
  })
})

describe('the hour is that of the clock on the wall, also on the days on which it is changed', () => {
  // biome-ignore format: aligned rows
  test.each([
    // moment                  hour in Berlin
    ['2026-03-29T00:30:00Z',    1], // before clocks go forward
    ['2026-03-29T01:00:00Z',    3], // there is no hour of two
    ['2026-03-29T10:00:00Z',   12],
    ['2026-03-29T21:59:59Z',   23],
    ['2026-10-25T00:30:00Z',    2], // the first time
    ['2026-10-25T01:30:00Z',    2], // and again
    ['2026-10-25T11:00:00Z',   12],
    ['2026-10-25T22:59:59Z',   23],
    ['2026-07-01T10:00:00Z',   12], // a day like others
  ])('%s is in the hour of %i', (at, hour) => {
    const program = programWith(['Asia/Shanghai', 'Europe/Berlin'], withRules(rate(1, '1.00', `, when: 'purchase.hour == ${hour}'`)))
    const { awards } = ratePurchase(program, purchase([line('10')], { occurredAt: instant(at) }), [])
    expect(awards).toHaveLength(1)
  })
})

test('a rule that gave nothing says why', () => {
  const { skipped } = ratePurchase(programWith(), purchase([line('0.99')]), [])
  expect(skipped).toEqual([
    { rule: 'spend', reason: 'ROUNDED_TO_ZERO' },
    { rule: 'growth', reason: 'ROUNDED_TO_ZERO' },
    { rule: 'vip-double', reason: 'CONDITION_NOT_MET' },
  ])
})
