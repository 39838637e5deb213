import fc from 'fast-check'
import { expect, test } from 'vitest'
import { momentFrom } from '../../../kernel/db/parsers.ts'

/** As a connection in UTC writes a moment: without the zeros behind the seconds. */
const written = (at: Date): string => {
  const [day, time] = at.toISOString().slice(0, -1).split('T')
  return `${day} ${time!.replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros.replace(/0+$/, '')))}+00`
}

test.each([
  ['2026-11-30 02:45:08.123+00', '2026-11-30T02:45:08.123Z'],
  ['2026-11-30 02:45:08.12+00', '2026-11-30T02:45:08.120Z'],
  ['2026-11-30 02:45:08.1+00', '2026-11-30T02:45:08.100Z'],
  ['2026-11-30 02:45:08+00', '2026-11-30T02:45:08.000Z'],
  ['2024-02-29 23:59:59.999+00', '2024-02-29T23:59:59.999Z'],
  ['1970-01-01 00:00:00+00', '1970-01-01T00:00:00.000Z'],
  ['1969-12-31 23:59:59.5+00', '1969-12-31T23:59:59.500Z'],
])('%s is %s', (text, iso) => {
  expect(new Date(momentFrom(text)).toISOString()).toBe(iso)
})

test('any moment of the calendar is read as it was', () => {
  const from = new Date('1900-01-01T00:00:00Z')
  const until = new Date('2200-01-01T00:00:00Z')
  fc.assert(
    fc.property(fc.date({ min: from, max: until, noInvalidDate: true }), (at) => {
      expect(momentFrom(written(at))).toBe(at.getTime())
    }),
  )
})

test('what is no moment is refused', () => {
  expect(() => momentFrom('infinity')).toThrow('not a moment')
})
