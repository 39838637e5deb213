import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { yearlyCost } from '../../../subgraphs/ledger/domain/forecast.ts'
import { yearlyPotential } from '../../../subgraphs/ledger/domain/potential.ts'
import { compiled } from '../rating.ts'

const source = readFileSync('programs/auto-brand.yaml', 'utf8')
const without = (...lines: string[]) => compiled(lines.reduce((text, line) => text.replace(line, ''), source))

describe('a year of activities', () => {
  test('gives at most 1,249 points: 365 of signing in, 384 of sharing, 500 of events', () => {
    const { rules, total } = yearlyPotential(compiled(source))
    expect(rules).toEqual([
      { rule: 'sign-in', points: 365n },
      { rule: 'share', points: 384n },
      { rule: 'event', points: 500n },
    ])
    expect(total).toBe(1_249n)
    expect(yearlyCost({ points: total!, redemption: '0.20', pointValue: '0.1' })).toBe('24.98')
  })

  test('is held down by a cap of all of them together', () => {
    const { total } = yearlyPotential(compiled(source.replace('points: 1249', 'points: 1000')))
    expect(total).toBe(1_000n)
  })

  test('counts the weeks where no year is capped', () => {
    const { rules } = yearlyPotential(
      without('  - { id: share-yearly, rules: [share], per: year, times: 192 }\n'),
    )
    expect(rules[1]).toEqual({ rule: 'share', points: 424n }) // 53 weeks begun × 4 × 2
  })

  test('is not known where nothing bounds a rule', () => {
    const { rules, total } = yearlyPotential(
      without(
        '  - { id: event-yearly, rules: [event], per: year, times: 10 }\n',
        '  - { id: activity-yearly, tag: activity, per: year, points: 1249 }\n',
      ),
    )
    expect(rules[2]).toEqual({ rule: 'event', points: undefined })
    expect(total).toBeUndefined()
  })
})
