import type pg from 'pg'
import type { DataSource } from 'typeorm'
import { assert } from '../values/assert.ts'
import { observed, type Query, statementOf } from './statement.ts'

declare const open: unique symbol

/**
 * An open transaction. Only `Db.transaction` makes one, so a function that takes a `Tx` cannot be called outside
 * of a transaction. Used after its end, it throws.
 */
export interface Tx {
  readonly [open]: true
  readonly query: Query
  /** Runs after the commit, in order; not at all after a rollback. Must not throw. */
  onCommit(effect: () => void): void
  /** Events were appended: their readers are woken after the commit. */
  wakeReaders(): void
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SERIALIZATION_FAILURE = '40001'
const DEADLOCK_DETECTED = '40P01'
const IN_FAILED_TRANSACTION = '25P02'
const ATTEMPTS_MAX = 5

export async function runTransaction<T>(
  source: DataSource,
  work: (tx: Tx) => Promise<T>,
  onPublished: () => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(source, work, onPublished)
    } catch (error) {
      if (!isRetryable(error) || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

export const isRetryable = (error: unknown): boolean => {
  const code = (error as { code?: string }).code
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED
}

async function once<T>(
  source: DataSource,
  work: (tx: Tx) => Promise<T>,
  onPublished: () => void,
): Promise<T> {
  const runner = source.createQueryRunner()
  const client = (await runner.connect()) as pg.PoolClient
  const effects: (() => void)[] = []
  let ended = false
  let published = false
  let failure: unknown
  const tx = {
    query: async (sql: string, values: readonly unknown[] = []) => {
      assert(!ended, 'a transaction is not used after its end')
      try {
        return (await observed(sql, () => client.query(statementOf(sql, values)))).rows
      } catch (error) {
        // Statements sent together fail together; the first one knows why.
        if ((error as { code?: string }).code === IN_FAILED_TRANSACTION) throw failure ?? error
        failure = error
        throw error
      }
    },
    onCommit: (effect: () => void) => void effects.push(effect),
    wakeReaders: () => {
      published = true
    },
  } as Tx
  try {
    await runner.startTransaction()
    const result = await work(tx)
    ended = true
    await runner.commitTransaction()
    for (const effect of effects) effect()
    if (published) onPublished()
    return result
  } catch (error) {
    ended = true
    // The connection may be the very thing that broke; the first error is the one that tells.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {})
    throw error
  } finally {
    await runner.release()
  }
}
