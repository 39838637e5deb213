import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Rounding, roundRatio } from '../../../kernel/values/points.ts'
import { type EarnEvent, type EarnState, rate } from '../../../subgraphs/ledger/domain/earn.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { activityOn, fen, newMember, pointsOf, programOf, purchaseOn, rateAll } from '../rating.ts'

const at = '2026-01-10T04:00Z'
const rule = (award: string, more = '') =>
  `  - { id: rule, on: purchase, asset: points, award: ${award}${more} }`
const bought = (...yuan: string[]) =>
  purchaseOn(
    at,
    yuan.map((amount) => ({ yuan: amount })),
  )
const rated = (program: Program, event: EarnEvent, state: Partial<EarnState> = {}) => {
  const result = rate(program, event, { ...newMember, ...state }, [])
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}

describe('fixed awards', () => {
  const basket = purchaseOn(at, [
    { yuan: '10', category: 'tea', quantity: 3 },
    { yuan: '20', category: 'cake' },
    { yuan: '5', category: 'tea', quantity: 2 },
  ])
  const tea = `, when: 'line.category == "tea"'`

  // biome-ignore format: aligned rows
  test.each<[string, string, [number, bigint][]]>([
    // award                            condition  line and points
    ['{ points: 7 }',                   '',       [[-1, 7n]]                    ],
    ['{ points: 7, each: event }',      tea,      [[-1, 7n]]                    ],
    ['{ points: 7, each: line }',       '',       [[0, 7n], [1, 7n], [2, 7n]]   ],
    ['{ points: 7, each: line }',       tea,      [[0, 7n], [2, 7n]]            ],
    ['{ points: 7, each: quantity }',   tea,      [[0, 21n], [2, 14n]]          ],
  ])('%s%s', (award, when, expected) => {
    const { awards } = rated(programOf(rule(award, when)), basket)
    expect(awards.map(({ line, amount }) => [line, amount])).toEqual(expected)
  })

  test('of an activity count it once, or each of its pieces', () => {
    const activity = (award: string) =>
      programOf(`  - { id: rule, on: activity, activities: [share, post], asset: points, award: ${award} }`)
    const shared = activityOn(at, 'share', { quantity: 3, amount: fen('12.00') })
    expect(pointsOf(rated(activity('{ points: 2 }'), shared))).toBe(2n)
    expect(pointsOf(rated(activity('{ points: 2, each: quantity }'), shared))).toBe(6n)
    expect(pointsOf(rated(activity('{ points: 1, per: "5.00" }'), shared))).toBe(2n)
    expect(rated(activity('{ points: 2 }'), activityOn(at, 'unheard-of')).awards).toEqual([])
  })

  test('of an event are multiplied as a line without sku and category', () => {
    const rules = (when: string) => `${rule('{ points: 7 }')}
  - { id: twice, on: purchase, asset: points, multiplier: "2"${when} }`
    expect(pointsOf(rated(programOf(rules('')), basket))).toBe(14n)
    expect(pointsOf(rated(programOf(rules(tea)), basket))).toBe(7n)
  })
})

describe('rounding', () => {
  // biome-ignore format: aligned rows
  test.each<[Rounding, string, bigint[]]>([
    // rounding     round        points of lines of 0.50, 1.50 and 2.50 yuan
    ['down',       'purchase',  [0n, 2n, 2n]],
    ['half-even',  'purchase',  [0n, 2n, 2n]], // 0.5 -> 0, 2 -> 2, 4.5 -> 4
    ['half-up',    'purchase',  [1n, 1n, 3n]], // 0.5 -> 1, 2 -> 2, 4.5 -> 5
    ['down',       'line',      [0n, 1n, 2n]],
    ['half-even',  'line',      [0n, 2n, 2n]],
    ['half-up',    'line',      [1n, 2n, 3n]],
    ['up',         'line',      [1n, 2n, 3n]],
  ])('%s, once a %s', (rounding, round, expected) => {
    const program = programOf(rule('{ points: 1, per: "1.00" }', `, rounding: ${rounding}, round: ${round}`))
    const { awards } = rated(program, bought('0.50', '1.50', '2.50'))
    expect([0, 1, 2].map((line) => awards.find((award) => award.line === line)?.amount ?? 0n)).toEqual(expected)
  })
})

describe('windows', () => {
  // biome-ignore format: aligned rows
  test.each([
    // window                                                           moment                      given
    ['from: "2026-01-10", until: "2026-01-10"',                         '2026-01-09T15:59:59.999Z', false],
    ['from: "2026-01-10", until: "2026-01-10"',                         '2026-01-09T16:00:00Z',     true ],
    ['from: "2026-01-10", until: "2026-01-10"',                         '2026-01-10T15:59:59.999Z', true ],
    ['from: "2026-01-10", until: "2026-01-10"',                         '2026-01-10T16:00:00Z',     false],
    ['from: "2026-01-10T12:00:00+08:00"',                               '2026-01-10T03:59:59Z',     false],
    ['from: "2026-01-10T12:00:00+08:00"',                               '2026-01-10T04:00:00Z',     true ],
    ['until: "2026-01-10T04:00:00Z"',                                   '2026-01-10T04:00:00Z',     false],
  ])('%s at %s', (window, moment, given) => {
    const rating = rated(programOf(rule('{ points: 1 }', `, ${window}`)), purchaseOn(moment, [{ yuan: '1' }]))
    expect(rating.awards.length > 0).toBe(given)
    expect(rating.skipped).toEqual(given ? [] : [{ rule: 'rule', reason: 'OUTSIDE_WINDOW' }])
  })
})

describe('order', () => {
  const group = (rules: readonly string[]) =>
    programOf(
      rules.map((more, index) => `  - { id: r${index}, on: purchase, asset: points, ${more} }`).join('\n'),
    )
  const given = (program: Program, event: EarnEvent) =>
    rated(program, event).awards.map(({ rule, line }) => `${rule} ${line}`)

  test('is by priority, then as in the document', () => {
    const one = 'award: { points: 1 }'
    const program = group([one, `${one}, priority: 5`, `${one}, priority: -1`, `${one}, priority: 5`])
    expect(given(program, bought('1'))).toEqual(['r1 -1', 'r3 -1', 'r0 -1', 'r2 -1'])
  })

  test('multipliers come last, whatever their priority', () => {
    const program = group(['multiplier: "3", priority: 1000', 'award: { points: 5 }'])
    expect(given(program, bought('1'))).toEqual(['r1 -1', 'r0 -1'])
  })

  test('of an exclusive group the first that matches has the line', () => {
    const rate = 'award: { points: 1, per: "1.00" }, exclusive: spend'
    const program = group([`${rate}, when: 'line.category == "tea"'`, rate])
    const basket = purchaseOn(at, [{ yuan: '2', category: 'tea' }, { yuan: '3' }])
    expect(given(program, basket)).toEqual(['r0 0', 'r1 1'])
    const tea = purchaseOn(at, [{ yuan: '2', category: 'tea' }])
    expect(rated(program, tea).skipped).toEqual([
      { rule: 'r1', reason: 'EXCLUDED', details: { group: 'spend' } },
    ])
  })

  test('a fixed award for the event has all of it', () => {
    const tea = `award: { points: 9 }, exclusive: spend, when: 'line.category == "tea"'`
    const program = group([tea, 'award: { points: 1, per: "1.00" }, exclusive: spend'])
    const basket = purchaseOn(at, [{ yuan: '2', category: 'tea' }, { yuan: '3' }])
    expect(given(program, basket)).toEqual(['r0 -1'])
  })

  test('of exclusive multipliers the first that matches gives', () => {
    const program = group([
      'award: { points: 10 }',
      `multiplier: "3", exclusive: times, when: '"vip" in member.tags'`,
      'multiplier: "2", exclusive: times',
    ])
    expect(pointsOf(rated(program, bought('1')))).toBe(20n)
    expect(pointsOf(rated(program, bought('1'), { tags: ['new', 'vip'] }))).toBe(30n)
  })

  test('a rule for a tag or a partner sees them', () => {
    const program = group([
      `award: { points: 1 }, when: '"lifecycle/paid" in member.tags && purchase.partner == "hotel"'`,
    ])
    const paid = { tags: ['lifecycle/paid'] }
    expect(pointsOf(rated(program, { ...bought('1'), partner: 'hotel' }, paid))).toBe(1n)
    expect(pointsOf(rated(program, { ...bought('1'), partner: 'hotel' }))).toBe(0n)
    expect(pointsOf(rated(program, bought('1'), paid))).toBe(0n)
  })
})

describe('stages', () => {
  const steps = (unit: string) =>
    `stages: [{ from: ${unit === 'spend' ? '"0"' : 0}, points: 1, per: "1.00" }, { from: ${unit === 'spend' ? '"100.00"' : 100}, points: 2, per: "1.00" }]`
  const of = (measure: string, basis: string, more = '') =>
    programOf(rule(`{ of: ${measure}, in: year, basis: ${basis}, ${steps(measure)}${more} }`))

  // biome-ignore format: aligned rows
  test.each([
    // measure   basis        three purchases of 80, 80 and 40 yuan
    ['spend',   'marginal', [80n, 140n, 80n]], // 20 at 1 and 60 at 2
    ['spend',   'whole',    [80n, 160n, 80n]], // reaches 160: all at 2
    ['points',  'marginal', [80n, 140n, 80n]], // 20 yuan until 100 points
    ['points',  'whole',    [80n,  80n, 80n]], // stood at 80, then at 160
  ])('rate by %s, %s', (measure, basis, expected) => {
    const { points } = rateAll(of(measure, basis), [bought('80'), bought('80'), bought('40')])
    expect(points).toEqual(expected)
  })

  test('begin anew with the period', () => {
    const program = of('spend', 'marginal')
    const next = purchaseOn('2026-12-31T16:00:00Z', [{ yuan: '80' }])
    expect(rateAll(program, [bought('80'), bought('80'), next]).points).toEqual([80n, 140n, 80n])
  })

  // biome-ignore format: aligned rows
  test.each([
    // basis        five sign-ins
    ['marginal',   [1n, 1n, 1n, 5n, 5n]], // from: 3 had before
    ['whole',      [1n, 1n, 5n, 5n, 5n]], // from: 3 with this one
  ])('fixed by times, %s', (basis, expected) => {
    const program = programOf(
      `  - { id: rule, on: activity, activities: [go], asset: points, award: { of: times, basis: ${basis}, stages: [{ from: 0, points: 1 }, { from: 3, points: 5 }] } }`,
    )
    expect(rateAll(program, Array(5).fill(activityOn(at, 'go'))).points).toEqual(expected)
  })

  test('fixed by money spent before', () => {
    const program = programOf(
      rule('{ of: spend, stages: [{ from: "0", points: 0 }, { from: "100.00", points: 9 }] }'),
    )
    const { points, ratings } = rateAll(program, [bought('60'), bought('60'), bought('1')])
    expect(points).toEqual([0n, 0n, 9n])
    expect(ratings[0]!.skipped).toEqual([{ rule: 'rule', reason: 'STAGE_GIVES_NOTHING' }])
  })

  const marginal = fc.record({
    steps: fc.array(
      fc.record({ width: fc.integer({ min: 1, max: 400 }), points: fc.integer({ min: 0, max: 9 }) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    per: fc.integer({ min: 1, max: 300 }),
    purchases: fc.array(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 5,
    }),
    rounding: fc.constantFrom<Rounding>('down', 'up', 'half-up', 'half-even'),
  })
  const yuan = (amount: number) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

  test('marginal rates give what each single fen gives by its own stage', () => {
    fc.assert(
      fc.property(marginal, ({ steps, per, purchases, rounding }) => {
        let from = 0
        const stages = steps.map(({ width, points }) => {
          const stage = { from, points }
          from += width
          return stage
        })
        const written = stages.map(
          (stage) => `{ from: "${yuan(stage.from)}", points: ${stage.points}, per: "${yuan(per)}" }`,
        )
        const program = programOf(rule(`{ stages: [${written.join(', ')}] }`, `, rounding: ${rounding}`))
        let spent = 0
        const expected = purchases.map((lines) => {
          let points = 0n
          for (let fen = lines.reduce((sum, line) => sum + line, 0); fen > 0; fen--, spent++)
            points += BigInt(stages.findLast((stage) => stage.from <= spent)!.points)
          return roundRatio(points, BigInt(per), rounding)
        })
        expect(
          rateAll(
            program,
            purchases.map((lines) => bought(...lines.map(yuan))),
          ).points,
        ).toEqual(expected)
      }),
      { numRuns: 150 },
    )
  })

  test('marginal rates by points give what a climb in the smallest steps gives', () => {
    // At 3, then 1 point a yuan: 10 points are reached with the fourth yuan, in which 1/3 yuan still counts three times.
    const program = programOf(
      rule(
        '{ of: points, stages: [{ from: 0, points: 3, per: "1.00" }, { from: 10, points: 1, per: "1.00" }] }',
      ),
    )
    // 10 points cost 3 1/3 yuan; the other 6 2/3 give 6.67.
    expect(rateAll(program, [bought('10')]).points).toEqual([16n])
    expect(rateAll(program, [bought('3'), bought('1'), bought('1')]).points).toEqual([9n, 1n, 1n])
  })
})

test('the parts of the lines make up the whole, whatever the rules', () => {
  const awards = [
    '{ points: 3, per: "7.00" }',
    '{ points: 2, each: line }',
    '{ points: 2, each: quantity }',
    '{ stages: [{ from: "0", points: 1, per: "3.00" }, { from: "50.00", points: 7, per: "2.00" }] }',
    '{ basis: whole, stages: [{ from: "0", points: 1, per: "3.00" }, { from: "50.00", points: 7, per: "2.00" }] }',
    '{ of: times, stages: [{ from: 0, points: 5, per: "3.00" }, { from: 2, points: 1, per: "1.00" }] }',
    '{ of: points, stages: [{ from: 0, points: 5, per: "3.00" }, { from: 20, points: 1, per: "1.00" }] }',
  ]
  const programs = awards.flatMap((award) =>
    ['down', 'up', 'half-up', 'half-even'].map((rounding) => ({
      each: programOf(rule(award, `, rounding: ${rounding}`)),
      capped: programOf(
        rule(award, `, rounding: ${rounding}`),
        'caps: [{ id: cap, rules: [rule], per: year, points: 40 }]',
      ),
    })),
  )
  const lines = fc.array(
    fc.record({ amount: fc.integer({ min: 0, max: 9_999 }), quantity: fc.integer({ min: 1, max: 5 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  fc.assert(
    fc.property(fc.constantFrom(...programs), lines, ({ each, capped }, basket) => {
      const event = purchaseOn(
        at,
        basket.map(({ amount, quantity }) => ({ yuan: (amount / 100).toFixed(2), quantity })),
      )
      for (const program of [each, capped]) {
        const rating = rated(program, event)
        const [working] = rating.workings
        expect(pointsOf(rating)).toBe(working?.amount ?? 0n)
        for (const { amount } of rating.awards) expect(amount).toBeGreaterThan(0n)
      }
      const [free] = rated(each, event).workings
      const limited = pointsOf(rated(capped, event))
      expect(limited).toBe(free === undefined ? 0n : free.amount < 40n ? free.amount : 40n)
    }),
    { numRuns: 300 },
  )
})
