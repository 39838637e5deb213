import pg from 'pg'
import { expect, test } from 'vitest'
import { type Migration, migrate } from '../../../kernel/db/migrate.ts'
import { openTestDatabase } from '../../helpers/database.ts'

const creating = (name: string, table: string): Migration =>
  class {
    name = name
    up = async (runner: { query(sql: string): Promise<unknown> }) =>
      void (await runner.query(`create table ${table} (id integer)`))
    down = async () => {}
  } as Migration

const first = creating('First1790000000001', 'first')
const second = creating('Second1790000000002', 'second')
const otherSecond = creating('OtherSecond1790000000003', 'second')

const into = (url: string, migrations: readonly Migration[]) =>
  migrate({ url, schema: 'campaigns', migrations })

test('what is new is applied once, in order', async () => {
  await using database = await openTestDatabase()
  expect(await into(database.url, [first])).toEqual({ applied: ['First1790000000001'] })
  expect(await into(database.url, [first, second])).toEqual({ applied: ['Second1790000000002'] })
  expect(await into(database.url, [first, second])).toEqual({ applied: [] })
})

test('a former version starts beside a newer one', async () => {
  await using database = await openTestDatabase()
  await into(database.url, [first, second])
  expect(await into(database.url, [first])).toEqual({ applied: [] })
})

test('a schema of a version that went another way is refused by name, and left as it was', async () => {
  await using database = await openTestDatabase()
  await into(database.url, [first, second])
  await expect(into(database.url, [first, otherSecond])).rejects.toThrow(
    'the schema campaigns was made by another version (it has Second1790000000002, which this one does not know)',
  )
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>('select name from campaigns.migration order by id')
  await client.end()
  expect(rows.map(({ name }) => name)).toEqual(['First1790000000001', 'Second1790000000002'])
})
