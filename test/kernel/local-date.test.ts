import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { isLocalDate } from '../../kernel/values/instant.ts'

const isDayOfTemporal = (text: string): boolean => {
  try {
    return Temporal.PlainDate.from(text).toString() === text
  } catch {
    return false
  }
}

test.for([
  ['2024-02-29', true],
  ['2023-02-29', false],
  ['2000-02-29', true],
  ['1900-02-29', false],
  ['2024-04-31', false],
  ['2024-00-10', false],
  ['2024-13-10', false],
  ['2024-01-00', false],
  ['2024-1-1', false],
  ['20240101', false],
  ['2024-01-01T00:00', false],
  ['infinity', false],
  ['', false],
] as const)('%s is a day of the calendar: %s', ([text, expected]) => {
  expect(isLocalDate(text)).toBe(expected)
})

test('whatever the figures, a day is what Temporal takes for one', () => {
  const figures = (max: number, length: number) =>
    fc.integer({ min: 0, max }).map((value) => String(value).padStart(length, '0'))
  fc.assert(
    fc.property(figures(9_999, 4), figures(14, 2), figures(33, 2), (year, month, day) => {
      const text = `${year}-${month}-${day}`
      expect(isLocalDate(text)).toBe(isDayOfTemporal(text))
    }),
    { numRuns: 3_000 },
  )
})
