import { existsSync } from 'node:fs'
import pg from 'pg'
import type { EntitySchema, EntitySchemaColumnOptions } from 'typeorm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SUBGRAPH_NAMES } from '../../../kernel/config.ts'
import type { Subgraph } from '../../../kernel/subgraph.ts'
import { loadSubgraph, openTestDatabase, type TestDatabase } from '../../helpers/database.ts'

type Distribution = 'member' | 'lookup' | 'reference' | 'local'

interface Column {
  name: string
  type: string
  nullable: boolean
  primary: boolean
}

const FULL_NAMES: Record<string, string> = { timestamptz: 'timestamp with time zone' }

/** A column as its EntitySchema declares it. Enums are compared by their labels. */
const declared = (property: string, column: EntitySchemaColumnOptions): Column => {
  const type = String(column.type)
  const name = type === 'enum' ? [...(column.enum as string[])].join('|') : (FULL_NAMES[type] ?? type)
  return {
    name: column.name ?? property,
    type: column.array ? `${name}[]` : name,
    nullable: column.nullable ?? false,
    primary: column.primary === true,
  }
}

const declaredColumns = (table: EntitySchema): Column[] =>
  Object.entries(table.options.columns)
    .map(([property, column]) => declared(property, column as EntitySchemaColumnOptions))
    .sort(byName)

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

const tableName = (table: EntitySchema) => table.options.tableName ?? table.options.name

const subgraphs = SUBGRAPH_NAMES.filter((name) =>
  existsSync(new URL(`../../../subgraphs/${name}/index.ts`, import.meta.url)),
)

describe.each(subgraphs)('%s', (schema) => {
  let subgraph: Subgraph
  let distribution: Readonly<Record<string, Distribution>>
  let keysOfAllMembers: readonly string[]
  let database: TestDatabase
  let client: pg.Client

  beforeAll(async () => {
    subgraph = await loadSubgraph[schema]()
    const tables = await import(`../../../subgraphs/${schema}/store/tables.ts`)
    distribution = tables.distribution
    keysOfAllMembers = tables.keysOfAllMembers ?? []
    database = await openTestDatabase([subgraph])
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await database[Symbol.asyncDispose]()
  })

  const migratedColumns = async (table: string): Promise<Column[]> =>
    (
      await client.query<Column>(
        `select attname as name,
                coalesce((select string_agg(enumlabel, '|' order by enumsortorder) from pg_enum
                          where enumtypid = atttypid), format_type(atttypid, null)) as type,
                not attnotnull as nullable,
                exists (select from pg_index where indrelid = attrelid and indisprimary and attnum = any(indkey)) as primary
         from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
        [`${schema}."${table}"`],
      )
    ).rows.sort(byName)

  test('declares each table with the columns that the migrations made', async () => {
    for (const table of subgraph.tables) {
      const name = tableName(table)
      expect({ table: name, columns: declaredColumns(table) }).toEqual({
        table: name,
        columns: await migratedColumns(name),
      })
    }
  })

  test('says of every table how it would be spread over a cluster', async () => {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p')
         and relname <> 'migration' order by relname`,
      [schema],
    )
    expect(Object.keys(distribution).sort()).toEqual(rows.map((row) => row.name))
  })

  test('has the member in every unique key of a table that is spread by member, or says that it has not', async () => {
    const { rows } = await client.query<{ relation: string; key: string; columns: string[] }>(
      `select relation.relname as relation, key.relname as key,
              array_agg(attname::text order by attnum) as columns
       from pg_index
       join pg_class relation on relation.oid = indrelid
       join pg_class key on key.oid = indexrelid
       join pg_attribute on attrelid = indrelid and attnum = any(indkey)
       where relation.relnamespace = $1::regnamespace and indisunique
       group by 1, 2`,
      [schema],
    )
    const broken = rows.filter(
      ({ relation, columns }) => distribution[relation] === 'member' && !columns.includes('member_id'),
    )
    expect(broken.map(({ key }) => key)).toEqual(keysOfAllMembers)
  })

  test('points with no foreign key out of its schema', async () => {
    const { rows } = await client.query(
      `select conname from pg_constraint
       join pg_class target on target.oid = confrelid
       where contype = 'f' and connamespace = $1::regnamespace and target.relnamespace <> connamespace`,
      [schema],
    )
    expect(rows).toEqual([])
  })
})
