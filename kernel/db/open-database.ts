import type pg from 'pg'
import { DataSource, type EntitySchema } from 'typeorm'
import type { SubgraphName } from '../config.ts'
import type { Patience } from '../values/patience.ts'
import { cancelStatement } from './cancel-statement.ts'
import { parsers } from './parsers.ts'
import { observed, type Query, statementOf } from './statement.ts'
import { runTransaction, type Tx } from './transaction.ts'
import { readTypeNumbers } from './type-numbers.ts'

/**
 * One subgraph's door to its own PostgreSQL schema, as its own role: another subgraph's tables cannot be reached
 * through it. SQL is written out and goes through `query`; TypeORM keeps the pool and knows the tables.
 */
export interface Db extends AsyncDisposable {
  readonly query: Query
  /** The same for somebody who waits no longer than that: what is under way then is cancelled at the server. */
  within(patience: Patience | undefined): Query
  readonly pool: pg.Pool
  /** Runs `work` in one READ COMMITTED transaction; again from the start after a deadlock or serialization failure. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Longer than a busy pool takes, shorter than a caller waits. */
const WAIT_FOR_CONNECTION_MS = 15_000
/** No statement of a request or job takes nearly so long; what must (a check of all books) says so itself. */
const STATEMENT_MS = 60_000

/**
 * Every statement here goes by keys, so its plan is the same whatever the values, and planning costs more than running:
 * planned once, 32 callers read 4,200 balances a second in place of 2,300, and 256 callers record 4,600 purchases in
 * place of 4,000 (two cores); batches of 500 are as fast either way.
 */
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan'

export const roleOf = (schema: SubgraphName): string => `huitong_${schema}`

export async function openDatabase(options: {
  url: string
  schema: SubgraphName
  tables: readonly EntitySchema[]
  poolSize: number
  /** Called after each commit that appended events. */
  onPublished?: () => void
}): Promise<Db> {
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    entities: [...options.tables],
    installExtensions: false,
    extra: {
      types: parsers,
      max: options.poolSize,
      // What is asked of one connection without waiting goes out at once; answers come in order.
      pipeline: true,
      connectionTimeoutMillis: WAIT_FOR_CONNECTION_MS,
      application_name: `huitong ${options.schema}`,
      options: `-c role=${roleOf(options.schema)} -c search_path=${options.schema} -c timezone=UTC -c statement_timeout=${STATEMENT_MS} ${PLANNED_ONCE}`,
    },
  })
  await source.initialize()
  const pool = (source.driver as unknown as { master: pg.Pool }).master
  // A broken idle connection is replaced by the pool; a query that meets one fails itself.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  const close = () => source.destroy()
  const types = await readTypeNumbers(pool)
  const query: Query = async (sql, values = []) =>
    (await observed(sql, () => pool.query(statementOf(sql, values)))).rows
  return {
    query,
    within: (patience) => (patience ? queryWithin(pool, patience) : query),
    pool,
    transaction: (work) =>
      runTransaction({ pool, types, onPublished: options.onPublished ?? (() => {}) }, work),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const queryWithin =
  (pool: pg.Pool, patience: Patience): Query =>
  async (sql, values = []) => {
    const client = await pool.connect()
    if (patience.isOver) {
      client.release()
      throw new QueryCanceled()
    }
    let isCancelled = false
    const forget = patience.onEnd(() => {
      isCancelled = true
      cancelStatement(client)
    })
    try {
      return (await observed(sql, () => client.query(statementOf(sql, values)))).rows
    } finally {
      forget()
      client.release(isCancelled)
    }
  }

/** Of a statement that was not begun; of one that was, PostgreSQL says the same. */
class QueryCanceled extends Error {
  override name = 'QueryCanceled'
  readonly code = '57014'
  constructor() {
    super('nobody waits for this statement any more')
  }
}
