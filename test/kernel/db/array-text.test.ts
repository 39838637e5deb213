import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { arrayText } from '../../../kernel/db/array-text.ts'
import { openTestDatabase } from '../../helpers/database.ts'

test.each([
  ['nothing', [], '{}'],
  ['numbers', [1, -2n, 0.5], '{1,-2,0.5}'],
  ['nothing in a place', [null, undefined, 'null', ''], '{NULL,NULL,"null",""}'],
  ['plain words', ['a-b_c', '2026-01-01T00:00:00.000Z'], '{a-b_c,2026-01-01T00:00:00.000Z}'],
  ['what would end an element', ['a,b', '{', '}', ' '], '{"a,b","{","}"," "}'],
  ['quotes and backslashes', ['say "hi"', 'c:\\d'], '{"say \\"hi\\"","c:\\\\d"}'],
  ['bytes', [Buffer.from('ab')], '{"\\\\x6162"}'],
  ['lists', [[1], [2]], '{{1},{2}}'],
])('an array of %s', (_, values, text) => {
  expect(arrayText(values)).toBe(text)
})

test('an element that no array can hold is refused', () => {
  expect(() => arrayText([{ a: 1 }])).toThrow('an element of an array is text')
})

test('PostgreSQL reads back what was written, whatever the text and bytes', async () => {
  await using database = await openTestDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))), {
    minLength: 1,
  })
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.uint8Array(), { minLength: 1 }), async (words, bytes) => {
      const buffers = bytes.map((each) => Buffer.from(each))
      const { rows } = await client.query(
        'select to_json($1::text[]) as words, (select json_agg(encode(b, $3)) from unnest($2::bytea[]) b) as bytes',
        [arrayText(words), arrayText(buffers), 'hex'],
      )
      expect(rows[0].words).toEqual(words)
      expect(rows[0].bytes).toEqual(buffers.map((each) => each.toString('hex')))
    }),
    { numRuns: 200 },
  )
  await client.end()
})
