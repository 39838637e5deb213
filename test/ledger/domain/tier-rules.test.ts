import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'
import {
  directUpgrade,
  type Measures,
  progress,
  reviewed,
  tierFor,
  tierOf,
  upgrade,
} from '../../../subgraphs/ledger/domain/tiers.ts'
import { compiled } from '../rating.ts'

const source = readFileSync('programs/auto-brand.yaml', 'utf8')
const autoBrand = compiled(source)
const ruleLab = compiled(readFileSync('programs/rule-lab.yaml', 'utf8'))
const day = (text: string) => text as LocalDate

// biome-ignore format: aligned rows
test.each<[Measures, string]>([
  [{},                                                                    'ordinary'],
  [{ 'spend/purchase': 299_999n, 'spend/calendar-year': 499_999n },       'ordinary'],
  [{ 'spend/purchase': 300_000n },                                        'advanced'], // 3,000 yuan at once
  [{ 'spend/calendar-year': 500_000n },                                   'advanced'], // 5,000 yuan a year
  [{ 'points/24-months': 4_999n, 'spend/purchase': 300_000n },            'advanced'],
  [{ 'points/24-months': 5_000n },                                        'vip'     ],
])('%o reaches %s', (measures, tier) => {
  expect(tierFor(autoBrand, measures).id).toBe(tier)
})

test('a programme says what has to be counted', () => {
  expect(autoBrand.measures.map(({ key }) => key)).toEqual([
    'spend/purchase',
    'spend/calendar-year',
    'spend/24-months',
    'points/24-months',
  ])
  expect(ruleLab.measures.map(({ key }) => key)).toEqual([
    'growth',
    'visits/since-upgrade',
    'activity:workshop/calendar-year',
  ])
})

test('a tier that needs approval is proposed, the one below is reached at once', () => {
  const measures = { 'spend/purchase': 300_000n, 'points/24-months': 5_000n }
  const { instant, toApprove } = upgrade(autoBrand, tierOf(autoBrand, 'ordinary'), measures)
  expect([instant?.id, toApprove?.id]).toEqual(['advanced', 'vip'])
  const none = upgrade(autoBrand, tierOf(autoBrand, 'vip'), measures)
  expect([none.instant, none.toApprove]).toEqual([undefined, undefined])
})

test('an activity leads to its tier at once, and never down', () => {
  const from = (tier: string, activity: string) =>
    directUpgrade(autoBrand, tierOf(autoBrand, tier), activity)?.id
  expect(from('ordinary', 'vehicle-handover')).toBe('advanced')
  expect(from('ordinary', 'share')).toBeUndefined()
  expect(from('vip', 'vehicle-handover')).toBeUndefined()
})

// biome-ignore format: aligned rows
test.each<[string, Measures, string]>([
  // tier        at the end of its validity        then
  ['advanced', { 'spend/24-months': 300_000n },    'advanced'], // kept by another measure than reached
  ['advanced', { 'spend/24-months': 299_999n },    'ordinary'],
  ['vip',      { 'points/24-months': 5_000n },     'vip'     ],
  ['vip',      {},                                 'advanced'], // one step
  ['ordinary', {},                                 'ordinary'],
])('%s with %o stands at %s after its review', (tier, measures, expected) => {
  expect(reviewed(autoBrand, tierOf(autoBrand, tier), measures).id).toBe(expected)
})

test('a review that fits never leads up', () => {
  const gold = tierOf(ruleLab, 'gold')
  expect(reviewed(ruleLab, gold, { growth: 0n, 'visits/since-upgrade': 50n }).id).toBe('silver')
})

describe('progress', () => {
  test('says of each measure what is missing, and by when', () => {
    const standing = {
      tier: tierOf(autoBrand, 'ordinary'),
      measures: { 'spend/purchase': 90_000n, 'spend/calendar-year': 380_000n },
      today: day('2026-09-01'),
    }
    const { next, mode, missing } = progress(autoBrand, standing)!
    expect([next.id, mode]).toEqual(['advanced', 'any'])
    expect(missing.map(({ measure, missing, by }) => [measure.key, missing, by])).toEqual([
      ['spend/purchase', 210_000n, undefined],
      ['spend/calendar-year', 120_000n, '2026-12-31'], // 1,200 more by 31 December
    ])
  })

  test('ends at the top', () => {
    expect(
      progress(autoBrand, { tier: tierOf(autoBrand, 'vip'), measures: {}, today: day('2026-09-01') }),
    ).toBeUndefined()
  })

  test('takes the last day of growth and of the tier from the books', () => {
    const { missing } = progress(ruleLab, {
      tier: tierOf(ruleLab, 'gold'),
      measures: { growth: 12_000n, 'visits/since-upgrade': 8n },
      today: day('2026-09-01'),
      tierUntil: day('2027-03-01'),
      growthUntil: day('2026-12-31'),
    })!
    expect(missing.map(({ missing, by }) => [missing, by])).toEqual([
      [0n, '2026-12-31'],
      [42n, '2027-03-01'],
      [12n, '2026-12-31'],
    ])
  })
})

describe('faults', () => {
  const faultsWith = (old: string, fresh: string) => {
    expect(source).toContain(old)
    return readProgram(source.replace(old, fresh)).faults.map(({ path, message }) => `${path}: ${message}`)
  }

  // biome-ignore format: aligned rows
  test.each([
    ['zh-CN: 普通会员 }',             'zh-CN: 普通会员 }\n    reach: { any: [{ points: 1 }] }', 'tiers[0].reach: goes: the first tier is the base'],
    ['    approval: required',       '    growth: 10\n    approval: required',                'tiers[2].growth: either growth or reach'],
    ['{ points: 5000, in: { months: 24 } }', '{ points: 5000, times: 2 }',                   'tiers[2].reach.all[0].times: goes with activity'],
    ['spend: "3000.00", in: purchase',  'visits: 3, in: purchase',                           'tiers[1].reach.any[0].in: one purchase has spend and points only'],
    ['spend: "3000.00", in: purchase',  'spend: "0.00", in: purchase',                       'tiers[1].reach.any[0].spend: must be more than 0'],
    ['tiers: [advanced, vip]',       'tiers: [advanced, gold]',                              'rewards[1].tiers[1]: is not a tier of this programme'],
    ['旗舰], tier: advanced }',       '旗舰], tier: gold }',                                   'entryTiers[0].tier: is not a tier of this programme'],
    ['旗舰], tier: advanced }',       '旗舰], tier: ordinary }',                               'entryTiers[0].tier: is the base, which everybody has'],
    ['withinMonths: 3',              'withinMonths: -1',                                     'welcome.withinMonths: must be >= 0'],
    ['    tier: advanced\n',         '',                                                     'rewards[2].kind: tier goes with a tier to rise to'],
    ['    multiple: 10',             '    tiers: { gold: { points: 1, money: "1.00" } }',     'points.burn.tiers.gold: is not a tier of this programme'],
    ['    multiple: 10',             '    shareRounding: up',                                 'points.burn.shareRounding: goes with maximumShare'],
    ['purchase.channel == "dealer"', 'purchase.chanel == "dealer"',                          'points.burn.when: No such key: chanel (at character 50)'],
    ['minimum: "0.2", maximum: "0.6"', 'minimum: "0.7", maximum: "0.6"',                     'health[2].maximum: is less than the minimum'],
    ['id: child-seat',               'id: car-wash',                                         'rewards[1].id: car-wash is there already'],
  ])('%s -> %s', (old, fresh, expected) => {
    expect(faultsWith(old, fresh)).toContain(expected)
  })
})
