import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { explain, pendingOf } from '../../../subgraphs/ledger/domain/explain.ts'
import { activityOn, compiled, newMember, programOf, purchaseOn, rateAll } from '../rating.ts'

const at = '2026-01-10T04:00Z'
const rule = (more: string) => `  - { id: rule, on: purchase, asset: points, ${more} }`

// biome-ignore format: aligned rows
test.each([
  ['award: { points: 1, per: "100.00" }',                         '1 per 100.00 on 256.00, rounded down from 2.56'       ],
  ['award: { points: 1, per: "100.00" }, rounding: half-even',    '1 per 100.00 on 256.00, rounded half-even from 2.56'  ],
  ['award: { points: 1, per: "3.00" }',                           '1 per 3.00 on 256.00, rounded down from 85.3333'      ],
  ['award: { points: 1, per: "1.00" }',                           '1 per 1.00 on 256.00'                                 ],
  ['award: { points: 5, each: quantity }',                        '5 each quantity on 3'                                 ],
  ['award: { stages: [{ from: "0", points: 1, per: "100.00" }] }', 'stages of spend from 0.00 on 256.00, rounded down from 2.56'],
])('%s: %s', (award, expected) => {
  const program = programOf(rule(award))
  const [rating] = rateAll(program, [purchaseOn(at, [{ yuan: '256', quantity: 3 }])]).ratings
  expect(explain(program, rating!.workings[0]!)).toBe(expected)
})

test('a multiplier, a cap and what was carried over', () => {
  const program = programOf(
    `${rule('award: { points: 1, per: "1.00" }')}
  - { id: half, on: purchase, asset: points, multiplier: "1.5" }`,
    'caps: [{ id: cap, rules: [rule], per: day, points: 101, over: carry-over }]',
  )
  const days = ['2026-01-10', '2026-01-11'].map((day, index) =>
    purchaseOn(`${day}T04:00Z`, [{ yuan: index === 0 ? '131' : '10' }]),
  )
  const { ratings } = rateAll(program, days)
  expect(ratings.map((rating) => rating!.workings.map((working) => explain(program, working)))).toEqual([
    ['1 per 1.00 on 131.00; 30 withheld by cap cap', 'times 1.5 on 101, rounded down from 50.5'],
    ['1 per 1.00 on 10.00; 30 carried over from before', 'times 1.5 on 40'],
  ])
})

test('a rule may have a pending time of its own', () => {
  const program = compiled(readFileSync('programs/rule-lab.yaml', 'utf8'))
  expect(pendingOf(program, 'fixed-rate')).toEqual({ days: 14 })
  expect(pendingOf(program, 'referral-spend')).toEqual({ days: 30 })
  expect(pendingOf(program, 'take-part')).toEqual({ days: 0 })
  expect(pendingOf(program, 'campaign:double-day')).toEqual({ days: 14 })
  const [rating] = rateAll(program, [activityOn(at, 'survey')], newMember).ratings
  expect(explain(program, rating!.workings[0]!)).toBe('5 each event on 1')
})
