import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { parsers } from '../../../kernel/db/parsers.ts'
import { bytesField, listField, plainListField, rowsText, textField } from '../../../kernel/db/row-text.ts'
import { openTestDatabase } from '../../helpers/database.ts'

const word = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.includes('\0'))
const number = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array))
const row = fc.record({
  id: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  word: fc.option(word),
  number: fc.option(number),
  bytes: fc.option(bytes),
  numbers: fc.option(fc.array(number)),
  words: fc.option(fc.array(word)),
  yes: fc.option(fc.boolean()),
})

test('whatever rows hold, PostgreSQL reads them as they were', async () => {
  await using database = await openTestDatabase([])
  const client = new pg.Client({ connectionString: database.url, types: parsers })
  await client.connect()
  await client.query(
    'create table kept (id integer, word text, number bigint, bytes bytea, numbers bigint[], words text[], yes boolean)',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
      const texts = rowsText(
        rows.map(({ id, word, number, bytes, numbers, words, yes }) =>
          [
            id,
            textField(word),
            number ?? '',
            bytes ? bytesField(bytes.toString('hex')) : '',
            numbers ? plainListField(numbers) : '',
            words ? listField(words) : '',
            yes ?? '',
          ].join(','),
        ),
      )
      const read = await client.query('select * from unnest($1::kept[])', [texts])
      expect(read.rows).toEqual(rows)
    }),
  )
  await client.end()
})
