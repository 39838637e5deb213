import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../../kernel/clock.ts'
import { type Db, openDatabase } from '../../../kernel/db/open-database.ts'
import { Consumer, type EventHandler } from '../../../kernel/events/consumer.ts'
import { databaseFeed, type EventFeed } from '../../../kernel/events/feed.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { silentLog } from '../../../kernel/log.ts'
import { instant } from '../../../kernel/values/instant.ts'
import { loadSubgraph, openTestDatabase, type TestDatabase } from '../../helpers/database.ts'

let database: TestDatabase
let writer: Db
let reader: Db

beforeAll(async () => {
  database = await openTestDatabase([await loadSubgraph.campaigns(), await loadSubgraph.benefits()])
  const open = (schema: 'campaigns' | 'benefits') =>
    openDatabase({ url: database.url, schema, tables: [], poolSize: 4 })
  writer = await open('campaigns')
  reader = await open('benefits')
})

afterAll(async () => {
  await writer.close()
  await reader.close()
  await database[Symbol.asyncDispose]()
})

const say = (text: string): Promise<void> =>
  writer.transaction((tx) =>
    publish(tx, [{ type: 'campaigns.Said', occurredAt: instant(0), payload: { text } }]),
  )

/** A reader of the log with a place of its own, that writes down what it hears. */
function listen(options: { source: string; feed?: EventFeed; handle?: EventHandler }) {
  const heard: string[] = []
  const write: EventHandler = async (tx, event) => {
    await options.handle?.(tx, event)
    heard.push((event.payload as { text: string }).text)
  }
  const consumer = new Consumer({
    db: reader,
    source: options.source,
    feed: options.feed ?? databaseFeed(writer),
    handlers: new Map([['campaigns.Said', write]]),
    clock: systemClock,
    log: silentLog,
  })
  return { heard, consumer }
}

/** An unrelated transaction that has written something and is not at its end. */
async function openTransaction(): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('begin')
  await client.query('select pg_current_xact_id()')
  return {
    async end() {
      await client.query('commit')
      await client.end()
    },
  }
}

test('an event that an open transaction hides is heard when that one ends, though nobody publishes again', async () => {
  const { heard, consumer } = listen({ source: 'hidden' })
  await consumer.drain()
  heard.length = 0
  const open = await openTransaction()
  await say('hidden')

  consumer.wake()
  expect(await consumer.pass()).toBe(0)
  expect(heard).toEqual([])
  await open.end()

  await vi.waitFor(() => expect(heard).toEqual(['hidden']), 5_000)
  await consumer.stop()
})

test('a log that could not be read is read when it can be, though nobody publishes again', async () => {
  const feed = databaseFeed(writer)
  let asked = 0
  const { heard, consumer } = listen({
    source: 'away',
    feed: {
      ...feed,
      hasNewer: async (after) => (++asked === 1 ? Promise.reject(new Error('away')) : feed.hasNewer(after)),
    },
  })
  await say('while away')
  consumer.wake()

  await vi.waitFor(() => expect(heard).toContain('while away'), 5_000)
  await consumer.stop()
})

test('two processes that follow one log take each event once', async () => {
  const one = listen({ source: 'shared' })
  const other = listen({ source: 'shared' })
  await one.consumer.drain()
  one.heard.length = 0
  const texts = Array.from({ length: 60 }, (_, index) => `event ${index}`)
  for (const text of texts) {
    await say(text)
    one.consumer.wake()
    other.consumer.wake()
  }

  await vi.waitFor(() => expect(one.heard.length + other.heard.length).toBe(60), 5_000)
  expect([...one.heard, ...other.heard].toSorted()).toEqual(texts.toSorted())
  await one.consumer.stop()
  await other.consumer.stop()
})

test('an event that cannot be handled is parked with its error, and the next ones are heard', async () => {
  const { heard, consumer } = listen({
    source: 'parked',
    handle: async (_, event) => {
      if ((event.payload as { text: string }).text === 'bad') throw new Error('cannot be handled')
    },
  })
  await consumer.drain()
  heard.length = 0
  await say('bad')
  await say('good')
  await consumer.drain()

  expect(heard.at(-1)).toBe('good')
  expect(heard).not.toContain('bad')
  const parked = await reader.query(`select type, payload, error from parked_event where source = 'parked'`)
  expect(parked).toEqual([
    { type: 'campaigns.Said', payload: { text: 'bad' }, error: 'Error: cannot be handled' },
  ])
})

test('two readers of each other, with one connection each, do not wait for each other', async () => {
  const open = (schema: 'campaigns' | 'benefits') =>
    openDatabase({ url: database.url, schema, tables: [], poolSize: 1 })
  await using campaigns = await open('campaigns')
  await using benefits = await open('benefits')
  const follow = (db: Db, of: Db) =>
    new Consumer({
      db,
      source: 'each other',
      feed: databaseFeed(of),
      handlers: new Map(),
      clock: systemClock,
      log: silentLog,
    })
  await say('to the other')
  const readers = [follow(campaigns, benefits), follow(benefits, campaigns)]
  for (let round = 0; round < 20; round++) await Promise.all(readers.map((reader) => reader.pass()))
})

test('a reader that is stopped waits for no transaction', async () => {
  const { consumer } = listen({ source: 'stopped' })
  const open = await openTransaction()
  await say('too late')
  consumer.wake()
  const drained = consumer.drain()

  await consumer.stop()
  await drained
  await open.end()
})
