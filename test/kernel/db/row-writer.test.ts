import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parsers } from '../../../kernel/db/parsers.ts'
import { RowWriter } from '../../../kernel/db/row-writer.ts'
import { type Instant, type LocalDate, NEVER } from '../../../kernel/values/instant.ts'
import { openTestDatabase, type TestDatabase } from '../../helpers/database.ts'

const absentOr = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const word = fc
  .string({ unit: 'binary', maxLength: 60 })
  .filter((text) => !text.includes('\0') && text.isWellFormed())
const number = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const day = fc.oneof(
  fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10) as LocalDate),
  fc.constant(NEVER),
)
const moment = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.getTime() as Instant)
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array))
const row = fc.record({
  id: absentOr(fc.uuid()),
  small: absentOr(fc.integer({ min: -32_768, max: 32_767 })),
  whole: absentOr(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  large: absentOr(number),
  word: absentOr(word),
  mood: absentOr(fc.constantFrom('glad', 'sad')),
  bytes: absentOr(bytes),
  hashed: bytes,
  day: absentOr(day),
  at: absentOr(moment),
  numbers: absentOr(fc.array(number)),
  days: absentOr(fc.array(day)),
  words: absentOr(fc.array(word)),
})
type Row = typeof row extends fc.Arbitrary<infer R> ? R : never
const COLUMNS = 13

let database: TestDatabase
let client: pg.Client
let types: { kept: number; mood: number }

beforeAll(async () => {
  database = await openTestDatabase([])
  client = new pg.Client({ connectionString: database.url, types: parsers, options: '-c timezone=UTC' })
  await client.connect()
  await client.query(`
    create type mood as enum ('glad', 'sad');
    create table kept (
      id uuid, small smallint, whole integer, large bigint, word text, mood mood, bytes bytea, hashed bytea, day date,
      at timestamptz, numbers bigint[], days date[], words text[]
    )`)
  const { rows } = await client.query(`select 'kept'::regtype::oid as kept, 'mood'::regtype::oid as mood`)
  types = rows[0]
})
afterAll(async () => {
  await client.end()
  await database[Symbol.asyncDispose]()
})

function written(rows: readonly Row[]): Buffer {
  const writer = new RowWriter(types.kept, COLUMNS, rows.length)
  for (const { id, small, whole, large, word, mood, bytes, hashed, day, at, numbers, days, words } of rows) {
    writer.beginRow()
    writer.uuid(id)
    writer.int2(small)
    writer.int4(whole)
    writer.int8(large)
    writer.text(word)
    writer.text(mood, types.mood)
    writer.bytes(bytes)
    writer.hex(hashed.toString('hex'))
    writer.day(day)
    writer.moment(at)
    writer.int8s(numbers)
    writer.days(days)
    writer.texts(words)
  }
  return writer.end()
}

/** As parameters that the driver puts into words itself, one a column. */
async function asTheDriverSays(rows: readonly Row[]): Promise<string[]> {
  const texts: string[] = []
  for (const { at, hashed, id, small, whole, large, word, mood, bytes, day, numbers, days, words } of rows) {
    const moment = at === undefined ? undefined : new Date(at).toISOString()
    const values = [id, small, whole, large, word, mood, bytes, hashed, day, moment, numbers, days, words]
    const answer = await client.query(
      `select row($1::uuid, $2::smallint, $3::integer, $4::bigint, $5::text, $6::mood, $7::bytea, $8::bytea, $9::date,
                  $10::timestamptz, $11::bigint[], $12::date[], $13::text[])::kept::text as row`,
      values,
    )
    texts.push(answer.rows[0].row)
  }
  return texts
}

test('whatever rows hold, PostgreSQL reads them as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
      const { rows: read } = await client.query('select kept::text as row from unnest($1::kept[]) as kept', [
        written(rows),
      ])
      expect(read.map((one) => one.row)).toEqual(await asTheDriverSays(rows))
    }),
  )
})

describe('what is no value of its column is refused before anything is sent', () => {
  const one = (write: (writer: RowWriter) => void) => () => {
    const writer = new RowWriter(types.kept, 1, 1)
    writer.beginRow()
    write(writer)
    writer.end()
  }
  test.each<[string, (writer: RowWriter) => void]>([
    ['a word for an id', (writer) => writer.uuid('nobody')],
    ['an id with a letter that is no digit', (writer) => writer.uuid('0000000g-0000-4000-8000-000000000000')],
    ['an id with dashes elsewhere', (writer) => writer.uuid('000000000-000-4000-8000-000000000000')],
    ['an id with more behind it', (writer) => writer.uuid('00000000-0000-4000-8000-0000000000000')],
    ['digits of another script', (writer) => writer.hex('٠١')],
    ['half a byte', (writer) => writer.hex('abc')],
    ['a day that there is not', (writer) => writer.day('2026-13-01' as LocalDate)],
    ['a sum past 64 bits', (writer) => writer.int8(2n ** 63n)],
    ['a sum past 64 bits in a list', (writer) => writer.int8s([1n, -(2n ** 63n) - 1n])],
    ['a number past 32 bits', (writer) => writer.int4(2 ** 31)],
    ['a number past 16 bits', (writer) => writer.int2(32_768)],
    ['half a number', (writer) => writer.int4(1.5)],
    ['fewer columns than the row has', () => {}],
    ['more columns than the row has', (writer) => [1, 2].forEach((value) => void writer.int4(value))],
  ])('%s', (_, write) => {
    expect(one(write)).toThrow()
  })

  test('fewer rows than were to come', () => {
    expect(() => new RowWriter(types.kept, 1, 1).end()).toThrow('as many rows')
  })
})
