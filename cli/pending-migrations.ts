import pg from 'pg'
import type { Subgraph } from '../kernel/subgraph.ts'
import { CommandError } from './command-error.ts'

/** A command that works on data expects the schema of its own version and leaves changing it to `huitong migrate`. */
export async function assertMigrated(subgraph: Subgraph, url: string): Promise<void> {
  const applied = await appliedMigrations(subgraph.name, url)
  const pending = subgraph.migrations.filter((migration) => !applied.has(migrationName(migration)))
  if (pending.length > 0) {
    throw new CommandError(
      `the schema of ${subgraph.name} is not up to date; run: npm run huitong -- migrate`,
    )
  }
}

const migrationName = (migration: Subgraph['migrations'][number]): string =>
  new migration().name ?? migration.name

async function appliedMigrations(schema: string, url: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `/* appliedMigrations */ select name from ${schema}.migration`,
    )
    return new Set(rows.map((row) => row.name))
  } catch (error) {
    const { code } = error as { code?: string }
    // Neither schema nor table is there yet.
    if (code === '42P01' || code === '3F000') return new Set()
    throw error
  } finally {
    await client.end()
  }
}
