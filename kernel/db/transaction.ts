import type { Writable } from 'node:stream'
import type pg from 'pg'
import { assert } from '../values/assert.ts'
import { observed, type Query, statementOf } from './statement.ts'
import type { TypeNumbers } from './type-numbers.ts'

declare const open: unique symbol

/**
 * An open transaction. Only `Db.transaction` makes one, so a function that takes a `Tx` cannot be called outside
 * of a transaction. Used after its end, it throws.
 */
export interface Tx {
  readonly [open]: true
  readonly query: Query
  /**
   * The same for what only reads or locks: it goes out with `begin`, in one round trip. A write must know first that the
   * transaction is open; if `begin` was interrupted, it would be committed at once, and alone.
   */
  readonly ask: Query
  /**
   * Sends a statement whose answer nobody waits for: it goes out with what is asked next, the commit behind it, and if it
   * fails, the transaction fails with it.
   */
  send(sql: string, values?: readonly unknown[]): void
  /** Runs after the commit, in order; not at all after a rollback. Must not throw. */
  onCommit(effect: () => void): void
  /** Events were appended: their readers are woken after the commit. */
  wakeReaders(): void
  /** For what is written in binary form. */
  readonly typeNumber: TypeNumbers
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const IN_FAILED_TRANSACTION = '25P02'
const ATTEMPTS_MAX = 5

interface Doors {
  readonly pool: pg.Pool
  readonly types: TypeNumbers
  readonly onPublished: () => void
}

export async function runTransaction<T>(doors: Doors, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(doors, work)
    } catch (error) {
      if (!isRetryable(error) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

export const isRetryable = (error: unknown): boolean => {
  const code = (error as { code?: string }).code
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED
}

/**
 * The connection is a pipeline: `begin` may go out with the first statements, `commit` goes with the last. A commit of
 * a transaction in which a statement failed is a rollback, and says so in its tag. What goes together goes in one write:
 * each write is a call of the system and may wake the server (5 to 20% of our time).
 */
async function once<T>({ pool, types, onPublished }: Doors, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A broken connection shows itself in the statement that uses it.
  client.on('error', unheard)
  const effects: (() => void)[] = []
  let ended = false
  let published = false
  let failure: unknown
  const noted = (error: unknown): unknown => {
    // Statements sent together fail together; the first one knows why.
    if ((error as { code?: string }).code !== IN_FAILED_TRANSACTION) failure = error
    return failure ?? error
  }
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  let corked = false
  const cork = (): void => {
    if (!corked) stream.cork()
    corked = true
  }
  const uncork = (): void => {
    if (corked) stream.uncork()
    corked = false
  }
  cork()
  let open = false
  // What waits for it goes out in the order in which it was asked.
  const begun = client.query('begin').then(() => {
    open = true
  })
  const sent: Promise<unknown>[] = [begun.catch(noted)]
  const run = (sql: string, values: readonly unknown[]) => {
    assert(!ended, 'a transaction is not used after its end')
    return observed(sql, () => client.query(statementOf(sql, values)))
  }
  const flushed = <T>(answer: T): T => {
    uncork()
    return answer
  }
  const rowsOf = async (answer: Promise<pg.QueryResult>) => {
    try {
      return (await Promise.all([answer, begun]))[0].rows
    } catch (error) {
      throw noted(error)
    }
  }
  const tx = {
    query: async (sql: string, values: readonly unknown[] = []) =>
      rowsOf(open ? flushed(run(sql, values)) : begun.then(() => flushed(run(sql, values)))),
    ask: async (sql: string, values: readonly unknown[] = []) =>
      rowsOf(open ? flushed(run(sql, values)) : run(sql, values)),
    send: (sql: string, values: readonly unknown[] = []) => {
      if (open) cork()
      const answer = open ? run(sql, values) : begun.then(() => run(sql, values))
      sent.push(answer.catch(noted))
    },
    onCommit: (effect: () => void) => void effects.push(effect),
    wakeReaders: () => {
      published = true
    },
    typeNumber: types,
  } as Tx
  let broken: unknown
  try {
    const working = work(tx)
    uncork() // What was asked at once has been asked.
    const result = await working
    if (!open) await begun
    ended = true
    const { command } = await flushed(client.query('commit')).catch((error: unknown) => {
      throw noted(error)
    })
    await Promise.all(sent)
    if (command !== 'COMMIT') throw failure
    for (const effect of effects) effect()
    if (published) onPublished()
    return result
  } catch (error) {
    uncork()
    if (!ended) {
      ended = true
      // The connection may be the very thing that broke; the first error is the one that tells.
      await client.query('rollback').catch((later: unknown) => {
        broken = later
      })
    }
    throw error
  } finally {
    client.off('error', unheard)
    client.release(broken !== undefined)
  }
}

const unheard = (): void => {}
