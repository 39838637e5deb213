import { runMigrations as migrateJobs } from 'graphile-worker'
import pg from 'pg'
import { DataSource, type MigrationInterface } from 'typeorm'
import type { SubgraphName } from '../config.ts'
import { roleOf } from './open-database.ts'

export type Migration = new () => MigrationInterface

/** Any constant: two processes that migrate one database take turns. */
const MIGRATION_LOCK = 20_26_11_22

/**
 * Brings one subgraph's schema, its role and its job queue up to date. Forward only; safe to run at any time, by
 * several processes at once. Connects as the owner of the database, who must be allowed to create roles.
 */
export async function migrate(options: {
  url: string
  schema: SubgraphName
  migrations: readonly Migration[]
}): Promise<{ applied: string[] }> {
  const lock = new pg.Client({ connectionString: options.url })
  await lock.connect()
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await createRoleAndSchema(lock, options.schema)
    await refuseOtherHistory(lock, options)
    const applied = await runPending(options)
    await grantUse(lock, options.schema)
    await installJobs(lock, options)
    return { applied }
  } finally {
    await lock.end()
  }
}

async function createRoleAndSchema(client: pg.Client, schema: SubgraphName): Promise<void> {
  const role = roleOf(schema)
  // Roles belong to the server, not to the database: another database's migration may be creating it right now.
  await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
    exception when duplicate_object or unique_violation then null;
    end $$`)
  const { rows } = await client.query<{ member: boolean; database: string }>(
    `select pg_has_role(current_user, '${role}', 'member') as member, current_database() as database`,
  )
  if (!rows[0]!.member) await client.query(`grant ${role} to current_user`)
  await client.query(`create schema if not exists ${schema}`)
}

/**
 * A schema that lacks some of our migrations and has some that we do not know was made by a version that went another
 * way. One that only knows more is left alone: copies of the former version go on while a new one starts.
 */
async function refuseOtherHistory(
  client: pg.Client,
  { schema, migrations }: { schema: SubgraphName; migrations: readonly Migration[] },
): Promise<void> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    `select to_regclass('${schema}.migration') is not null as there`,
  )
  if (!tables[0]!.there) return
  const { rows } = await client.query<{ name: string }>(`select name from ${schema}.migration order by id`)
  const applied = rows.map(({ name }) => name)
  const known = migrations.map((migration) => new migration().name ?? migration.name)
  const foreign = applied.find((name) => !known.includes(name))
  if (foreign === undefined || known.every((name) => applied.includes(name))) return
  throw new Error(
    `the schema ${schema} was made by another version (it has ${foreign}, which this one does not know); run that version, or begin with another DATABASE_URL or HUITONG_DATA_DIR`,
  )
}

async function runPending(options: {
  url: string
  schema: SubgraphName
  migrations: readonly Migration[]
}): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    migrations: [...options.migrations],
    migrationsTableName: 'migration',
    logging: false,
    installExtensions: false,
    extra: { max: 1, options: `-c search_path=${options.schema}` },
  })
  await source.initialize()
  try {
    const done = await source.runMigrations({ transaction: 'each' })
    return done.map((migration) => migration.name)
  } finally {
    await source.destroy()
  }
}

/** The role may use its tables; what it may not do to them (the ledger's are append-only) the migrations take away. */
async function grantUse(client: pg.Client, schema: SubgraphName): Promise<void> {
  const role = roleOf(schema)
  await client.query(`grant usage on schema ${schema} to ${role}`)
  await client.query(`grant usage on all sequences in schema ${schema} to ${role}`)
  await client.query(`grant execute on all functions in schema ${schema} to ${role}`)
}

/** graphile-worker hides its tables from all but their owner, so the subgraph's role must own them. */
async function installJobs(client: pg.Client, options: { url: string; schema: SubgraphName }): Promise<void> {
  const role = roleOf(options.schema)
  const { rows } = await client.query<{ name: string }>('select current_database() as name')
  const database = `"${rows[0]!.name.replaceAll('"', '""')}"`
  await client.query(`grant create on database ${database} to ${role}`)
  const pool = new pg.Pool({ connectionString: options.url, max: 1, options: `-c role=${role}` })
  // A broken connection shows itself in the query that uses it.
  pool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  try {
    await migrateJobs({ pgPool: pool, schema: jobSchemaOf(options.schema) })
  } finally {
    await pool.end()
    await client.query(`revoke create on database ${database} from ${role}`)
  }
}

export const jobSchemaOf = (schema: SubgraphName): string => `${schema}_jobs`
