import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { Counters } from '../../../subgraphs/ledger/domain/earn-counters.ts'
import {
  counted,
  countedAnew,
  type Happening,
  measuresOn,
} from '../../../subgraphs/ledger/domain/measures.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { programWith } from '../program-of.ts'
import { compiled } from '../rating.ts'

const autoBrand = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
const ruleLab = compiled(readFileSync('programs/rule-lab.yaml', 'utf8'))
const day = (text: string) => text as LocalDate

type On = readonly [on: string, happening: Omit<Happening, 'day'>]
const counting = (program: Program, events: readonly On[], start: Counters = {}): Counters =>
  events.reduce(
    (counters, [on, happening]) => counted(program, counters, { ...happening, day: day(on) }),
    start,
  )

describe('spend', () => {
  const events: On[] = [
    ['2024-09-01', { spend: 100n }],
    ['2025-12-31', { spend: 20n }],
    ['2026-01-01', { spend: 3n, points: 7n }],
    ['2026-09-01', { spend: 4n }],
  ]
  // biome-ignore format: aligned rows
  test.each([
    // on           of the year  of 24 months  the greatest  points
    ['2025-12-31',  20n,         120n,         100n,         0n],
    ['2026-08-31',  3n,          123n,         100n,         7n],
    ['2026-09-01',  7n,          27n,          100n,         7n], // this month and the 23 before it
    ['2027-11-30',  0n,          27n,          100n,         7n],
    ['2027-12-31',  0n,          7n,           100n,         7n],
    ['2028-01-01',  0n,          4n,           100n,         0n],
  ])('on %s', (on, year, months, most, points) => {
    const upTo = counting(autoBrand, events.filter(([at]) => at <= on))
    expect(measuresOn(autoBrand, upTo, 0n, day(on))).toEqual({
      'spend/purchase': most,
      'spend/calendar-year': year,
      'spend/24-months': months,
      'points/24-months': points,
    })
  })

  test('months and years on which nothing looks back any more are forgotten', () => {
    const counters = counting(autoBrand, [...events, ['2029-01-01', { spend: 5n }]])
    expect(Object.keys(counters).sort()).toEqual(['m:spend/m2029-01', 'm:spend/most', 'm:spend/y2029'])
  })

  test('what is undone counts no more, and never less than nothing', () => {
    const counters = counting(autoBrand, [
      ['2026-02-01', { spend: 100n }],
      ['2026-02-01', { spend: -30n }],
      ['2026-02-02', { spend: -5n }],
    ])
    const measures = measuresOn(autoBrand, counters, 0n, day('2026-02-02'))
    expect([measures['spend/24-months'], measures['spend/calendar-year']]).toEqual([65n, 65n])
  })
})

describe('visits', () => {
  test('are days with a purchase', () => {
    const counters = counting(ruleLab, [
      ['2026-02-01', { visit: true }],
      ['2026-02-01', { visit: true }],
      ['2026-02-02', { visit: true }],
      ['2026-02-03', { spend: 10n }],
    ])
    expect(measuresOn(ruleLab, counters, 12n, day('2026-02-03'))).toMatchObject({
      growth: 12n,
      'visits/since-upgrade': 2n,
    })
  })

  test('since the last change of tier begin anew with it, a year goes on', () => {
    const start = counting(ruleLab, [
      ['2026-02-01', { visit: true }],
      ['2026-02-01', { activity: { code: 'workshop', times: 2n } }],
    ])
    const anew = countedAnew({ ...ruleLab, onPromotion: 'keep' }, start, true)
    expect(measuresOn(ruleLab, anew, 0n, day('2026-02-02'))).toMatchObject({
      'visits/since-upgrade': 0n,
      'activity:workshop/calendar-year': 2n,
    })
  })
})

describe('a promotion', () => {
  const start = counting(autoBrand, [['2026-02-01', { spend: 10n, points: 5n }]])
  test.each([
    ['keep', true, 10n],
    ['reset', true, 0n],
    ['reset', false, 10n],
  ] as const)('%s, promoted: %s', (onPromotion, promoted, expected) => {
    const program = { ...autoBrand, onPromotion }
    const measures = measuresOn(program, countedAnew(program, start, promoted), 0n, day('2026-02-02'))
    expect(measures['spend/calendar-year']).toBe(expected)
  })
})

test('a programme whose tiers ask for growth counts nothing', () => {
  const counters: Counters = { 'c:cap@y2026': 1n }
  expect(counting(programWith(), [['2026-02-01', { spend: 5n, points: 5n, visit: true }]], counters)).toBe(
    counters,
  )
  expect(countedAnew(programWith(), counters, true)).toBe(counters)
})

test('counts of caps are left alone', () => {
  const counters: Counters = { 'c:cap@y2020': 1n, 's:rule@e': 2n }
  const reset = { ...autoBrand, onPromotion: 'reset' as const }
  const both = counting(reset, [['2026-02-01', { spend: 5n }]], counters)
  expect(countedAnew(reset, both, true)).toEqual(counters)
})
