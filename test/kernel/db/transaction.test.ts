import { expect, test } from 'vitest'
import { openDatabase } from '../../../kernel/db/open-database.ts'
import { loadSubgraph, openTestDatabase } from '../../helpers/database.ts'

async function openLedgerDatabase() {
  const ledger = await loadSubgraph.ledger()
  const database = await openTestDatabase([ledger])
  const db = await openDatabase({ url: database.url, schema: 'ledger', tables: [], poolSize: 2 })
  return Object.assign(db, {
    [Symbol.asyncDispose]: async () => {
      await db.close()
      await database[Symbol.asyncDispose]()
    },
  })
}

const claim = 'insert into program (id, version) values ($1, 1)'
const id = 'huitong'

test('of statements that are sent together the one that failed is named, not those that fell with it', async () => {
  await using db = await openLedgerDatabase()
  await db.query(claim, [id])
  const together = db.transaction((tx) =>
    Promise.all([
      Promise.all([tx.query('select 1'), Promise.all([tx.query(claim, [id])])]),
      tx.query('select 2'),
    ]),
  )
  await expect(together).rejects.toMatchObject({ code: '23505', constraint: 'program_id_once' })
})

test('a transaction that fails leaves nothing behind, and its connection serves on', async () => {
  await using db = await openLedgerDatabase()
  await expect(
    db.transaction(async (tx) => {
      await tx.query(claim, [id])
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await db.query('select from program')).toEqual([])
})

test('a transaction is not used after its end', async () => {
  await using db = await openLedgerDatabase()
  const leaked = await db.transaction(async (tx) => tx)
  await expect(leaked.query('select 1')).rejects.toThrow('not used after its end')
})

test('effects run after the commit, in order, and not after a rollback', async () => {
  await using db = await openLedgerDatabase()
  const done: string[] = []
  await db.transaction(async (tx) => {
    tx.onCommit(() => done.push('first'))
    tx.onCommit(() => done.push('second'))
    expect(done).toEqual([])
  })
  await db
    .transaction(async (tx) => {
      tx.onCommit(() => done.push('never'))
      throw new Error('no')
    })
    .catch(() => {})
  expect(done).toEqual(['first', 'second'])
})

test('a statement that is sent with the commit fails the whole transaction, and says why', async () => {
  await using db = await openLedgerDatabase()
  await db.query(claim, [id])
  const done: string[] = []
  const sent = db.transaction(async (tx) => {
    tx.onCommit(() => done.push('committed'))
    tx.send(claim, ['mall'])
    tx.send(claim, [id])
    tx.send('select 1')
  })
  await expect(sent).rejects.toMatchObject({ code: '23505', constraint: 'program_id_once' })
  expect(await db.query('select from program')).toHaveLength(1)
  expect(done).toEqual([])
})

test('statements take effect in the order in which they were given, whether waited for or not', async () => {
  await using db = await openLedgerDatabase()
  const [row] = await db.transaction(async (tx) => {
    tx.send('create temp table told (word text)')
    const first = tx.query(`insert into told values ('one') returning word`)
    tx.send(`insert into told values ('two')`)
    await first
    return tx.query<{ words: string }>(`select string_agg(word, ' ') as words from told`)
  })
  expect(row).toEqual({ words: 'one two' })
})

test('a write does not go out before the transaction is known to be open', async () => {
  await using db = await openLedgerDatabase()
  const client = await db.pool.connect()
  const query = client.query.bind(client)
  // An interrupted begin: the server goes on with the next statement, outside of any transaction.
  client.query = ((text: unknown, ...rest: never[]) =>
    text === 'begin'
      ? Promise.reject(Object.assign(new Error('canceling statement'), { code: '57014' }))
      : query(text as never, ...rest)) as never
  client.release()
  const work = db.transaction(async (tx) => {
    await Promise.all([tx.ask('select 1'), tx.query(claim, [id])])
  })
  await expect(work).rejects.toMatchObject({ code: '57014' })
  client.query = query as never
  expect(await db.query('select from program')).toEqual([])
})

test('a failure that was rolled back to a savepoint does not fail the transaction', async () => {
  await using db = await openLedgerDatabase()
  await db.transaction(async (tx) => {
    await tx.query(claim, [id])
    await tx.query('savepoint before')
    await expect(tx.query(claim, [id])).rejects.toMatchObject({ code: '23505' })
    await tx.query('rollback to savepoint before')
  })
  expect(await db.query('select from program')).toHaveLength(1)
})
