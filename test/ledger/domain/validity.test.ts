import { expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import {
  lastDay,
  releaseDay,
  reminderDays,
  type ValidFrom,
  type Validity,
  validityStart,
} from '../../../subgraphs/ledger/domain/validity.ts'

const months = (months: number): Validity => ({ kind: 'rolling', months })
const days = (days: number): Validity => ({ kind: 'rolling', days })
const years = (years: number): Validity => ({ kind: 'calendar-year', years })

// biome-ignore format: aligned rows
test.each<[string, Validity, string, string]>([
  // what is tested                       validity                                  earned on     last day
  ['a year of months',                    months(12),                               '2026-01-10', '2027-01-10'],
  ['the 31st in a month of 30 days',      months(1),                                '2026-03-31', '2026-04-30'],
  ['the 31st in February',                months(1),                                '2026-01-31', '2026-02-28'],
  ['the 31st in a leap February',         months(1),                                '2028-01-31', '2028-02-29'],
  ['the leap day a year on',              months(12),                               '2028-02-29', '2029-02-28'],
  ['the leap day four years on',          months(48),                               '2028-02-29', '2032-02-29'],
  ['months over the end of a year',       months(2),                                '2026-12-31', '2027-02-28'],
  ['one day: through tomorrow',           days(1),                                  '2026-01-10', '2026-01-11'],
  ['days over the leap day',              days(30),                                 '2028-02-01', '2028-03-02'],
  ['a year of days in a leap year',       days(365),                                '2028-01-01', '2028-12-31'],
  ['the calendar year of earning',        years(1),                                 '2026-01-01', '2026-12-31'],
  ['its last day counts still',           years(1),                                 '2026-12-31', '2026-12-31'],
  ['the calendar year after',             years(2),                                 '2026-12-31', '2027-12-31'],
  ['a period, early in it',               { kind: 'period', endsOn: '2026-06-30' }, '2026-01-01', '2026-06-30'],
  ['a period, on its last day',           { kind: 'period', endsOn: '2026-06-30' }, '2026-06-30', '2026-06-30'],
  ['to the end of the month',             { kind: 'rolling', months: 1, until: 'month-end' }, '2026-01-05', '2026-02-28'],
  ['days to the end of the month',        { kind: 'rolling', days: 30, until: 'month-end' }, '2026-01-02', '2026-02-28'],
  ['a period, after it',                  { kind: 'period', endsOn: '2026-06-30' }, '2026-07-01', '2027-06-30'],
  ['never',                               { kind: 'never' },                        '2026-01-01', 'infinity'  ],
])('%s: %j from %s lasts through %s', (_, validity, earnedOn, expected) => {
  expect(lastDay(validity, earnedOn as LocalDate)).toBe(expected)
})

test('never is later than any day', () => {
  expect(lastDay({ kind: 'never' }, '2026-01-01' as LocalDate) > '9999-12-31').toBe(true)
})

// biome-ignore format: aligned rows
test.each<[ValidFrom, string | undefined, string | undefined, string | undefined]>([
  // valid from    activated on   released on    runs from, earned on 10 January
  ['earning',     undefined,     undefined,     '2026-01-10'],
  ['activation',  undefined,     undefined,     undefined   ], // pre-registered: not yet
  ['activation',  '2026-03-01',  undefined,     '2026-03-01'],
  ['activation',  '2025-03-01',  undefined,     '2026-01-10'], // active long before
  ['release',     undefined,     undefined,     undefined   ],
  ['release',     undefined,     '2026-01-24',  '2026-01-24'],
])('valid from %s, activated on %s, released on %s: from %s', (from, activatedOn, releasedOn, expected) => {
  const days = {
    earnedOn: '2026-01-10' as LocalDate,
    ...(activatedOn ? { activatedOn: activatedOn as LocalDate } : {}),
    ...(releasedOn ? { releasedOn: releasedOn as LocalDate } : {}),
  }
  expect(validityStart(from, days)).toBe(expected)
})

test('pending points come after their days, or with an event', () => {
  const earnedOn = '2026-01-20' as LocalDate
  expect(releaseDay(undefined, earnedOn)).toBe('2026-01-20')
  expect(releaseDay({ days: 14 }, earnedOn)).toBe('2026-02-03')
  expect(releaseDay({ until: 'delivered' }, earnedOn)).toBeUndefined()
})

test('reminders come one and two months before the last day, and never of what does not end', () => {
  expect(reminderDays('2026-12-31' as LocalDate, [30, 60])).toEqual(['2026-11-01', '2026-12-01'])
  expect(reminderDays('infinity' as LocalDate, [30])).toEqual([])
})
