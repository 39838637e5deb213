import { expect, test } from 'vitest'
import { DateReader } from '../../cli/import/purchase-date.ts'
import { readPurchase } from '../../cli/import/purchase-line.ts'

const SHANGHAI = 'Asia/Shanghai'
const iso = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString()

test.each([
  ['19970101', SHANGHAI, '1997-01-01T04:00:00.000Z', 'YYYYMMDD'],
  ['1997-01-01', SHANGHAI, '1997-01-01T04:00:00.000Z', 'YYYY-MM-DD'],
  ['2026-07-01', 'Europe/Berlin', '2026-07-01T10:00:00.000Z', 'YYYY-MM-DD'],
  // The clocks go forward at 02:00 of this day: noon is noon all the same.
  ['2026-03-29', 'Europe/Berlin', '2026-03-29T10:00:00.000Z', 'YYYY-MM-DD'],
  ['2026-07-01T08:30:00Z', SHANGHAI, '2026-07-01T08:30:00.000Z', 'RFC 3339'],
  ['2026-07-01 08:30:00.250+08:00', SHANGHAI, '2026-07-01T00:30:00.250Z', 'RFC 3339'],
  ['2026-07-01 08:30:00', SHANGHAI, '2026-07-01T00:30:00.000Z', 'YYYY-MM-DD hh:mm:ss'],
  ['2026-07-01T08:30', SHANGHAI, '2026-07-01T00:30:00.000Z', 'YYYY-MM-DD hh:mm:ss'],
])('the date %s in %s is %s', (text, zone, expected, format) => {
  const dates = new DateReader(zone)
  expect(iso(dates.read(text))).toBe(expected)
  expect(dates.format).toBe(format)
})

test.each([
  '',
  '1997',
  '19970230',
  '1997-13-01',
  '01/02/1997',
  '2026-07-01T25:00:00Z',
  '2026-02-30 10:00:00',
  'x',
])('"%s" is no date and settles no format', (text) => {
  const dates = new DateReader(SHANGHAI)
  expect(dates.read(text)).toBeUndefined()
  expect(dates.format).toBeUndefined()
})

test('the first good date settles the format of the file', () => {
  const dates = new DateReader(SHANGHAI)
  dates.read('x')
  dates.read('19970101')
  expect(dates.read('1997-01-02')).toBeUndefined()
  expect(iso(dates.read('19970102'))).toBe('1997-01-02T04:00:00.000Z')
  expect(new DateReader(SHANGHAI, 'YYYY-MM-DD').read('19970101')).toBeUndefined()
})

const places = { member: 0, date: 1, amount: 2, quantity: 3 }
const read = (fields: string[] | undefined, scale = 2) =>
  readPurchase(
    { line: 7, text: 'as it stands', fields, next: { offset: 0, line: 7 } },
    { places, width: 4, scale, dates: new DateReader(SHANGHAI) },
  )

test('a good line is a purchase whose document is its line', () => {
  expect(read(['00001', '19970101', '11.77', '1'])).toEqual({
    item: {
      line: 7,
      text: 'as it stands',
      member: '00001',
      document: 'line-7',
      occurredAt: '1997-01-01T04:00:00.000Z',
      amount: 1177n,
      quantity: 1,
    },
  })
})

test.each([
  ['11.77', 2, 1177n],
  ['0.00', 2, 0n],
  ['5', 2, 500n],
  ['5.5', 2, 550n],
  ['5.500', 2, 550n],
  ['-0.00', 2, 0n],
  ['1200', 0, 1200n],
  ['123456789012345.99', 2, 12345678901234599n],
])('the amount %s with %i decimals is %d', (text, scale, amount) => {
  expect(read(['a', '19970101', text, '1'], scale)).toMatchObject({ item: { amount } })
})

test.each([
  [undefined, 2, 'QUOTES_NOT_VALID', 'the quotes of this line do not fit'],
  [['a', '19970101', '1.00'], 2, 'WRONG_NUMBER_OF_FIELDS', '3 fields instead of 4'],
  [['a', '19970101', '1.00', '1', ''], 2, 'WRONG_NUMBER_OF_FIELDS', '5 fields instead of 4'],
  [['a\uFFFD', '19970101', '1.00', '1'], 2, 'NOT_TEXT', 'field 1 holds bytes that are no UTF-8 text'],
  [['a\0', '19970101', '1.00', '1'], 2, 'NOT_TEXT', 'field 1 holds bytes that are no UTF-8 text'],
  [['', '19970101', '1.00', '1'], 2, 'MEMBER_MISSING', 'the line names no member'],
  [
    ['x'.repeat(129), '19970101', '1.00', '1'],
    2,
    'MEMBER_NOT_VALID',
    "the member's id is longer than 128 characters",
  ],
  [['a', '', '1.00', '1'], 2, 'DATE_NOT_VALID', '"" is not a date'],
  [['a', '19970231', '1.00', '1'], 2, 'DATE_NOT_VALID', '"19970231" is not a date'],
  [['a', '19970101', '', '1'], 2, 'AMOUNT_NOT_VALID', '"" is not an amount with at most 2 decimals'],
  [['a', '19970101', '1,5', '1'], 2, 'AMOUNT_NOT_VALID', '"1,5" is not an amount with at most 2 decimals'],
  [
    ['a', '19970101', '1.005', '1'],
    2,
    'AMOUNT_NOT_VALID',
    '"1.005" is not an amount with at most 2 decimals',
  ],
  [['a', '19970101', '1.5', '1'], 0, 'AMOUNT_NOT_VALID', '"1.5" is not an amount without decimals'],
  [['a', '19970101', '1e3', '1'], 2, 'AMOUNT_NOT_VALID', '"1e3" is not an amount with at most 2 decimals'],
  [['a', '19970101', '-3.10', '1'], 2, 'AMOUNT_NEGATIVE', 'the amount is -3.10'],
  [['a', '19970101', '1.00', '0'], 2, 'QUANTITY_NOT_VALID', '"0" is not a whole number from 1 on'],
  [['a', '19970101', '1.00', '1.5'], 2, 'QUANTITY_NOT_VALID', '"1.5" is not a whole number from 1 on'],
])('%j (%i decimals) is bad: %s', (fields, scale, code, reason) => {
  expect(read(fields, scale)).toEqual({ bad: { line: 7, code, reason, text: 'as it stands' } })
})

test('an optional field without content is as good as absent; a document number is not optional', () => {
  expect(read(['a', '19970101', '1.00', ''])).toMatchObject({ item: { quantity: undefined } })
  const withDocument = readPurchase(
    { line: 7, text: '', fields: ['a', '19970101', '1.00', ''], next: { offset: 0, line: 7 } },
    {
      places: { member: 0, date: 1, amount: 2, document: 3 },
      width: 4,
      scale: 2,
      dates: new DateReader(SHANGHAI),
    },
  )
  expect(withDocument).toMatchObject({ bad: { code: 'DOCUMENT_MISSING' } })
})
