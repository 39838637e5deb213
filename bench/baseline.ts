import pg from 'pg'
import type { Work } from './slices.ts'

const ACCOUNTS = 100_000

/**
 * The work of `pgbench -N` (https://www.postgresql.org/docs/current/pgbench.html) and `pgbench -S`, written out: what
 * the database does on this machine for one update, one select and one insert in a transaction, and for one point read.
 */
export async function openBaseline(url: string) {
  const pool = new pg.Pool({ connectionString: url, max: 16 })
  pool.on('error', () => {})
  await pool.query('create schema bench')
  await pool.query(
    'create table bench.account (aid int primary key, bid int, abalance int, filler char(84)) with (fillfactor = 100)',
  )
  await pool.query(
    'create table bench.history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))',
  )
  await pool.query(`insert into bench.account select aid, 1, 0, '' from generate_series(1, ${ACCOUNTS}) aid`)
  await pool.query('vacuum analyze bench.account')

  // A turn's account: spread out, and the same in every run.
  const account = (turn: number) => ((turn * 7_919) % ACCOUNTS) + 1

  const write = async (turn: number): Promise<void> => {
    const client = await pool.connect()
    try {
      const aid = account(turn)
      await client.query('begin')
      await client.query({
        name: 'update',
        text: 'update bench.account set abalance = abalance + $1 where aid = $2',
        values: [1, aid],
      })
      await client.query({
        name: 'select',
        text: 'select abalance from bench.account where aid = $1',
        values: [aid],
      })
      await client.query({
        name: 'insert',
        text: 'insert into bench.history (tid, bid, aid, delta, mtime) values (1, 1, $1, 1, current_timestamp)',
        values: [aid],
      })
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  const read = async (turn: number): Promise<void> => {
    await pool.query({
      name: 'point read',
      text: 'select abalance from bench.account where aid = $1',
      values: [account(turn)],
    })
  }

  return {
    writes: (callers: number): Work => ({ callers, once: write }),
    reads: (callers: number): Work => ({ callers, once: read }),
    close: () => pool.end(),
  }
}
