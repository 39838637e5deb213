import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import type { SubgraphName } from '../../kernel/config.ts'
import { type AnySubgraph, migrateSubgraph } from '../../kernel/subgraph.ts'

/** Loaded when asked for, so that a test of one subgraph stands on that one alone. */
export const loadSubgraph: Record<SubgraphName, () => Promise<AnySubgraph>> = {
  identity: async () => (await import('../../subgraphs/identity/index.ts')).identity,
  ledger: async () => (await import('../../subgraphs/ledger/index.ts')).ledger,
  benefits: async () => (await import('../../subgraphs/benefits/index.ts')).benefits,
  campaigns: async () => (await import('../../subgraphs/campaigns/index.ts')).campaigns,
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

/**
 * A database of its own, copied from a template that has the subgraphs' schemas. Dropped at the end; that of a
 * failed run goes with the server.
 */
export async function openTestDatabase(subgraphs: readonly AnySubgraph[] = []): Promise<TestDatabase> {
  const template = subgraphs.length > 0 ? await templateFor(subgraphs) : 'template1'
  const name = `t_${randomBytes(6).toString('hex')}`
  await owner().query(`create database ${name} template ${template} strategy file_copy`)
  return {
    url: urlOf(name),
    [Symbol.asyncDispose]: async () =>
      void (await owner().query(`drop database if exists ${name} with (force)`)),
  }
}

const urlOf = (database: string): string => {
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${database}`
  return url.toString()
}

let pool: pg.Pool | undefined
/** One connection for all databases of a file: to connect costs as much as to copy one. It does not keep the process. */
function owner(): pg.Pool {
  pool ??= new pg.Pool({
    connectionString: inject('databaseUrl'),
    max: 1,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
  })
  return pool
}

const TEMPLATE_LOCK = 4242

const templates = new Map<string, Promise<string>>()

function templateFor(subgraphs: readonly AnySubgraph[]): Promise<string> {
  const name = `template_${subgraphs.map((subgraph) => subgraph.name).join('_')}`
  if (!templates.has(name)) templates.set(name, makeTemplate(name, subgraphs))
  return templates.get(name)!
}

async function makeTemplate(name: string, subgraphs: readonly AnySubgraph[]): Promise<string> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') })
  await client.connect()
  try {
    // Workers take turns; the first one to need a template makes it. Renamed when whole.
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return name
    await client.query(`drop database if exists ${name}_new with (force)`)
    await client.query(`create database ${name}_new`)
    for (const subgraph of subgraphs) await migrateSubgraph(subgraph, urlOf(`${name}_new`))
    await client.query(`alter database ${name}_new rename to ${name}`)
    return name
  } finally {
    await client.end()
  }
}
