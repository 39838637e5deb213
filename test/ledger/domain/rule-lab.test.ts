import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type EarnState, rate } from '../../../subgraphs/ledger/domain/earn.ts'
import { activityOn, compiled, fen, newMember, purchaseOn, rateAll } from '../rating.ts'

const program = compiled(readFileSync('programs/rule-lab.yaml', 'utf8'))

/** Thursday, so that no weekend counts. */
const thursday = '2026-01-15T04:00Z'

const earned = (yuan: string, state: Partial<EarnState>, asset = 'points', at = thursday) => {
  const result = rate(program, purchaseOn(at, [{ yuan }]), { ...newMember, tier: 'silver', ...state }, [])
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value.awards.reduce((sum, award) => (award.asset === asset ? sum + award.amount : sum), 0n)
}

// biome-ignore format: aligned rows
test.each<[string, string, string, bigint]>([
  // membership    tier       bill       points
  ['fixed-rate',  'silver',  '1234.56', 12n   ],
  ['fixed-rate',  'diamond', '1234.56', 12n   ], // whoever buys
  ['tier-rate',   'silver',  '1234.56', 1_234n],
  ['tier-rate',   'gold',    '1234.56', 1_851n],
  ['tier-rate',   'diamond', '1234.56', 2_469n],
  ['cash-back',   'silver',  '1234.56', 62n   ],
  ['cash-back',   'silver',  '50.00',   2n    ], // 2.5 to the even number
  ['cash-back',   'silver',  '70.00',   4n    ], // 3.5 to the even number
])('the three types of membership: %s, %s, %s yuan', (tag, tier, yuan, points) => {
  expect(earned(yuan, { tags: [`value/${tag}`], tier })).toBe(points)
})

test('weekends bring half as much again', () => {
  expect(earned('100', { tags: ['value/tier-rate'] }, 'points', '2026-01-17T04:00Z')).toBe(150n)
})

test('paid members grow half as much again', () => {
  expect(earned('100', {}, 'growth')).toBe(100n)
  expect(earned('100', { tags: ['lifecycle/paid'] }, 'growth')).toBe(150n)
})

test('stages of a quarter and of a year', () => {
  const state = { ...newMember, tier: 'silver', tags: ['value/staged'] }
  const at = ['2026-01-15', '2026-02-12', '2026-03-12', '2026-04-02'].map((day) => `${day}T04:00Z`)
  const bills = ['800', '400', '5000', '800']
  const { ratings } = rateAll(
    program,
    at.map((moment, index) => purchaseOn(moment, [{ yuan: bills[index]! }])),
    state,
  )
  const given = (rule: string) =>
    ratings.map((rating) =>
      rating!.awards.filter((award) => award.rule === rule).reduce((sum, { amount }) => sum + amount, 0n),
    )
  // 800 at 1; 200 at 1 and 200 at 2; 3,800 at 2 and 1,200 at 3; a new quarter: at 1, for each 10 yuan.
  expect(given('staged-rate')).toEqual([80n, 60n, 1_120n, 80n])
  expect(given('staged-fixed')).toEqual([5n, 5n, 20n, 20n])
})

describe('referrals', () => {
  const referral = (day: string, spent: string) =>
    activityOn(`${day}T04:00Z`, 'referral', { amount: fen(spent) })

  test('give 10 points and a share of what the newcomer spends', () => {
    const { ratings } = rateAll(program, [referral('2026-01-15', '499.99')], { ...newMember, tier: 'silver' })
    expect(ratings[0]!.awards).toEqual([
      { rule: 'referral', line: -1, asset: 'points', amount: 10n },
      { rule: 'referral-spend', line: -1, asset: 'points', amount: 9n },
    ])
  })

  test('a sixth in a month is refused; a month later what a cap held back comes, too', () => {
    const events = [
      ...Array(6).fill(referral('2026-01-15', '2000')),
      referral('2026-02-15', '0'),
      referral('2026-02-16', '50'),
    ]
    const { points, ratings } = rateAll(program, events, { ...newMember, tier: 'silver' })
    // 40 points of spend each, 100 a month; the rest comes with the next referral that brings something.
    expect(points).toEqual([50n, 50n, 30n, 10n, 10n, 0n, 10n, 10n + 1n + 99n])
    expect(ratings[5]).toBeUndefined()
  })
})

test('taking part gives 50 points a quarter at most', () => {
  const events = Array.from({ length: 12 }, () => activityOn(thursday, 'survey'))
  const next = activityOn('2026-04-01T04:00Z', 'workshop')
  const { points } = rateAll(program, [...events, next], { ...newMember, tier: 'silver' })
  expect(points).toEqual([...Array(10).fill(5n), 0n, 0n, 5n])
})
