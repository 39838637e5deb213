import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Db, openDatabase } from '../../../kernel/db/open-database.ts'
import { lastOf, Patience } from '../../../kernel/values/patience.ts'
import { loadSubgraph, openTestDatabase, type TestDatabase } from '../../helpers/database.ts'

const POOL = 2
/** Ends within a test only if it is cancelled. */
const LONG = '/* long */ select pg_sleep(50)'
const PATIENT = { timeout: 20_000, interval: 20 }

let database: TestDatabase
let db: Db
/** Sees what all connections are at. */
let owner: pg.Client

beforeAll(async () => {
  database = await openTestDatabase([await loadSubgraph.ledger()])
  db = await openDatabase({ url: database.url, schema: 'ledger', tables: [], poolSize: POOL })
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
  await database?.[Symbol.asyncDispose]()
})

/** How many such statements the server is at. */
const underWay = async (): Promise<number> => {
  const { rows } = await owner.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where state = 'active' and query like '/* long */%' and datname = current_database()`,
  )
  return rows[0]!.count
}

test('a statement for which nobody waits any more is cancelled at the server, and its place is free again', async () => {
  const patience = new Patience()
  const asked = expect(db.within(patience)(LONG)).rejects.toMatchObject({ code: '57014' })
  await vi.waitFor(async () => expect(await underWay()).toBe(1), PATIENT)
  patience.end()
  await asked
  await vi.waitFor(async () => expect(await underWay()).toBe(0), PATIENT)
  const all = Array.from({ length: POOL * 2 }, () => db.within(new Patience())('select 1 as one'))
  expect(await Promise.all(all)).toEqual(Array(POOL * 2).fill([{ one: 1 }]))
})

test('what others ask meanwhile is not touched', async () => {
  for (let round = 0; round < 20; round++) {
    const patience = new Patience()
    const mine = db
      .within(patience)('select 1')
      .catch(() => 'late')
    const others = Promise.all(Array.from({ length: 4 }, () => db.query('select 2 as two')))
    patience.end()
    expect(await others).toEqual(Array(4).fill([{ two: 2 }]))
    await mine
  }
})

test('after it has passed nothing is asked at all; a statement that fails by itself says why', async () => {
  const patience = new Patience()
  await expect(db.within(patience)('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
  patience.end()
  await expect(db.within(patience)(LONG)).rejects.toMatchObject({ code: '57014' })
  expect(await underWay()).toBe(0)
})

test('what several ask together is let go when the last of them has gone', () => {
  const [one, two] = [new Patience(), new Patience()]
  const last = lastOf([one, two, one])!
  one.end()
  expect(last.isOver).toBe(false)
  two.end()
  expect(last.isOver).toBe(true)
  expect(lastOf([one, undefined])).toBeUndefined()
  expect(lastOf([one, one])).toBe(one)
  expect(lastOf([])).toBeUndefined()
})

test('who listens is told once, also too late, and not after it has stopped', () => {
  const told = vi.fn()
  const patience = new Patience()
  patience.onEnd(told)
  const stopped = vi.fn()
  patience.onEnd(stopped)()
  patience.end()
  patience.end()
  patience.onEnd(told)
  expect(told).toHaveBeenCalledTimes(2)
  expect(stopped).not.toHaveBeenCalled()
})
