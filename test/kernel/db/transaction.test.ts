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

const claim = `insert into purchase_owner (document_id, member_id) values ($1, $1)`
const id = '01900000-0000-7000-8000-000000000001'

test('of statements that are sent together the one that failed is named, not those that fell with it', async () => {
  await using db = await openLedgerDatabase()
  await db.query(claim, [id])
  const together = db.transaction((tx) =>
    Promise.all([
      Promise.all([tx.query('select 1'), Promise.all([tx.query(claim, [id])])]),
      tx.query('select 2'),
    ]),
  )
  await expect(together).rejects.toMatchObject({ code: '23505', constraint: 'purchase_owner_key' })
})

test('a transaction that fails leaves nothing behind, and its connection serves on', async () => {
  await using db = await openLedgerDatabase()
  await expect(
    db.transaction(async (tx) => {
      await tx.query(claim, [id])
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await db.query('select from purchase_owner')).toEqual([])
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
