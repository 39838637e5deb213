import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import type { PastEvent } from '../../../subgraphs/ledger/domain/dry-run.ts'
import { measuresOn } from '../../../subgraphs/ledger/domain/measures.ts'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { recounted } from '../../../subgraphs/ledger/domain/recount.ts'
import { Desk } from '../desk.ts'
import { labDocument } from '../lab-clubs.ts'
import { compiled } from '../rating.ts'

const YEARLY = `
  - { id: top, name: { en: T, zh-CN: 顶 }, reach: { all: [{ growth: 5000, in: calendar-year }, { points: 9000, in: calendar-year }] }, validMonths: 12 }`

const program = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
const at = (day: string) => instant(`${day}T04:00:00Z`)

const bought = (
  on: string,
  amount: bigint,
  points = 0n,
  kind: SourceDocument['kind'] = 'purchase',
): PastEvent => ({
  document: {
    kind,
    effectiveAt: at(on),
    amount,
    awards: points > 0n ? [{ rule: 'spend', line: 0, asset: 'points', amount: points }] : [],
  } as unknown as SourceDocument,
  burned: 0n,
})

test('what tiers count is counted once more, what caps count is left alone', () => {
  const events = [
    bought('2026-01-10', 400_000n, 40n),
    bought('2026-02-01', 0n, 900n, 'balance-sync'), // earned elsewhere
    bought('2026-02-10', 50_000n, 5n),
  ]
  const counters = recounted(program, { 'c:cap@y2026': 3n, 'm:spend/y2026': 1n }, events, [
    { at: at('2026-01-10'), promoted: true },
  ])
  expect(counters['c:cap@y2026']).toBe(3n)
  expect(measuresOn(program, counters, 0n, '2026-03-01' as LocalDate)).toEqual({
    'spend/purchase': 50_000n, // the promotion came between
    'spend/calendar-year': 450_000n,
    'spend/24-months': 450_000n,
    'points/24-months': 45n,
  })
})

test('growth that staff gave or took is counted once more as it was, points that staff corrects are not', () => {
  const yearly = compiled(
    labDocument('validity: { kind: never }', { tiers: YEARLY, more: 'downgrade: to-fit' }),
  )
  const desk = new Desk(yearly, '2026-01-10T04:00:00Z')
  desk.buy('a', '2026-01-10T04:00:00Z', [{ amount: '80.00' }])
  desk.at('2026-01-11T04:00:00Z').adjust('up', 50n, 'growth')
  desk.at('2026-01-12T04:00:00Z').adjust('down', -30n, 'growth')
  desk.at('2026-01-13T04:00:00Z').adjust('points', 20n)
  const events = desk.past.map(
    ({ document, entry }): PastEvent => ({
      document,
      burned: 0n,
      growthTaken: entry.kind === 'deduct' ? entry.moves[0]!.amount : 0n,
    }),
  )
  const day = '2026-02-01' as LocalDate
  const measured = (counters: Parameters<typeof measuresOn>[1]) => measuresOn(yearly, counters, 0n, day)
  expect(measured(desk.state.counters)).toEqual({ 'growth/calendar-year': 100n, 'points/calendar-year': 80n })
  expect(measured(recounted(yearly, {}, events, []))).toEqual(measured(desk.state.counters))
})

test('what came back is not counted, and what a return settles nobody has earned', () => {
  const visited = YEARLY.replace(
    'all: [',
    'all: [{ visits: 9, in: calendar-year }, { spend: "900.00", in: calendar-year }, { spend: "500.00", in: purchase }, ',
  )
  const club = compiled(
    labDocument('validity: { kind: rolling, days: 10 }, graceDays: 5', {
      tiers: visited,
      more: 'downgrade: to-fit\nreturns: { spent: cash }',
    }),
  )
  const desk = new Desk(club, '2026-01-10T04:00:00Z')
  const buy = (bill: string, day: string, amount: string) =>
    desk.at(`${day}T04:00:00Z`).buy(bill, `${day}T04:00:00Z`, [{ amount }])
  buy('a', '2026-01-10', '100.00')
  desk.at('2026-01-10T05:00:00Z').redeem('b', 70n)
  buy('b', '2026-01-11', '300.00')
  desk.at('2026-01-11T05:00:00Z').redeem('elsewhere', 20n)
  buy('c', '2026-01-12', '50.00')
  buy('d', '2026-01-12', '20.00')
  desk.at('2026-01-21T04:00:00Z').giveBack('b')
  desk.redeem('all', 140n)
  desk.giveBack('a', [{ amount: '30.00' }])
  desk.giveBack('c')
  const settled = desk.past.flatMap(({ document }) => document.awards.map(({ rule }) => rule))
  expect(settled).toEqual(expect.arrayContaining(['return:grace', 'return:cash', 'return:refund']))
  const events = desk.past.map(({ document }): PastEvent => ({ document, burned: 0n }))
  const measured = (counters: Parameters<typeof measuresOn>[1]) =>
    measuresOn(club, counters, 0n, '2026-02-01' as LocalDate)
  expect(measured(desk.state.counters)).toEqual({
    'growth/calendar-year': 90n,
    'points/calendar-year': 90n,
    'spend/calendar-year': 9_000n,
    'spend/purchase': 7_000n,
    'visits/calendar-year': 2n,
  })
  expect(measured(recounted(club, {}, events, []))).toEqual(measured(desk.state.counters))
})
