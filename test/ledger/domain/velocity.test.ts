import { expect, test } from 'vitest'
import { instant, toIso } from '../../../kernel/values/instant.ts'
import {
  counted,
  exceeded,
  type VelocityLimit,
  type VelocitySubject,
} from '../../../subgraphs/ledger/domain/velocity.ts'

const calendar = { timeZone: 'Asia/Shanghai', keptDays: 7 }
const limits: VelocityLimit[] = [
  { id: 'hourly', on: 'redemption', per: 'hour', most: 2, over: 'reject' },
  { id: 'daily', on: 'points', per: 'day', most: 100, over: 'flag' },
]

const count = (counters: Record<string, bigint>, on: VelocitySubject, n: bigint, at: string) =>
  counted(limits, counters, { counts: { [on]: n }, at: instant(at) }, calendar)
const over = (counters: Record<string, bigint>, on: VelocitySubject, at: string, more = 1n) =>
  exceeded(limits, counters, { counts: { [on]: more }, at: instant(at) }, calendar).map(
    ({ limit, window, opensAt }) => [limit.id, window, toIso(opensAt)],
  )

test('after two in an hour no third is possible, and the next hour is a new one', () => {
  const one = count({}, 'redemption', 1n, '2026-01-10T04:00:00Z')
  expect(over(one, 'redemption', '2026-01-10T04:59:59Z')).toEqual([])
  const two = count(one, 'redemption', 1n, '2026-01-10T04:59:59Z')
  expect(over(two, 'redemption', '2026-01-10T04:59:59.999Z')).toEqual([
    ['hourly', '2026-01-10T04', '2026-01-10T05:00:00.000Z'],
  ])
  expect(over(two, 'redemption', '2026-01-10T05:00:00Z')).toEqual([])
  expect(over(two, 'points', '2026-01-10T04:59:59.999Z')).toEqual([])
})

test('a day is one of the programme', () => {
  const all = count({}, 'points', 100n, '2026-01-10T15:59:59Z')
  expect(over(all, 'points', '2026-01-10T15:59:59Z')).toEqual([
    ['daily', '2026-01-10', '2026-01-10T16:00:00.000Z'],
  ])
  expect(over(all, 'points', '2026-01-10T16:00:00Z')).toEqual([])
  expect(over(count({}, 'points', 99n, '2026-01-10T15:59:59Z'), 'points', '2026-01-10T15:59:59Z')).toEqual([])
})

test('what comes late counts in its own day, and old counters are forgotten', () => {
  const first = count({ 'c:cap@y2026': 5n }, 'points', 60n, '2026-01-10T04:00:00Z')
  const next = count(first, 'points', 60n, '2026-01-12T04:00:00Z')
  expect(
    over(count(next, 'points', 50n, '2026-01-10T05:00:00Z'), 'points', '2026-01-10T04:00:00Z'),
  ).toHaveLength(1)
  expect(count(next, 'points', 1n, '2026-01-25T04:00:00Z')).toEqual({
    'c:cap@y2026': 5n,
    'v:daily#2026-01-25': 1n,
  })
})

test('what no limit speaks of leaves the counters as they are', () => {
  const counters = { a: 1n }
  expect(count(counters, 'purchase', 1n, '2026-01-10')).toBe(counters)
})
