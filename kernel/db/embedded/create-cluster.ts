import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Home } from './choose-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Binaries } from './find-binaries.ts'
import { runProgram } from './run-program.ts'

export const role = 'huitong'
export const database = 'huitong'

/**
 * Makes the cluster with its role and database under another name and renames it when it is complete, so
 * there is either a whole one or none.
 */
export async function createCluster(home: Home, binaries: Binaries, { durable }: { durable: boolean }) {
  await removeUnfinished(home)
  // Not one fixed name: an initdb whose parent was killed may still be writing into the last one.
  const unfinished = await mkdtemp(`${home.cluster}.new-`)
  if (home.account) await chown(unfinished, home.account.uid, home.account.gid)

  const initdb = await runProgram(
    binaries.initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${role}`,
      '--auth-local=reject',
      '--auth-host=scram-sha-256',
      '--encoding=UTF8',
      // Sorts by code point like C but knows the letters of Unicode, on every operating system the same.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
    { account: home.account },
  )
  if (!initdb.ok) throw new EmbeddedPostgresError(`initdb failed: ${initdb.complaint}`)
  await runSql(unfinished, home, binaries, `create database ${database}`)

  await rm(passwordFileOf(home), { force: true }) // of a cluster that was deleted
  await rename(unfinished, home.cluster)
  if (durable) await syncFolder(home.folder)
}

/** The password of the role; one is made and set when there is none, as after `createCluster`. */
export async function ensurePassword(home: Home, binaries: Binaries): Promise<string> {
  const file = passwordFileOf(home)
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (kept) return kept

  const password = randomBytes(24).toString('hex')
  await runSql(home.cluster, home, binaries, `alter role ${role} password '${password}'`)
  await rm(file, { force: true })
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}

export const passwordFileOf = (home: Home) => join(home.folder, 'postgres.password')

export async function assertSameMajorVersion(home: Home, binaries: Binaries): Promise<void> {
  const made = (await readFile(join(home.cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  if (made === binaries.majorVersion) return
  throw new EmbeddedPostgresError(
    made === ''
      ? `${home.cluster} is not a PostgreSQL data directory`
      : `${home.cluster} was made by PostgreSQL ${made} but this is PostgreSQL ${binaries.majorVersion}; move the data with pg_dump`,
  )
}

/** One statement without a server and without a password: single-user mode asks nobody. */
async function runSql(cluster: string, { account }: Home, { postgres }: Binaries, statement: string) {
  const args = [
    '--single',
    '-D',
    cluster,
    '-c',
    'exit_on_error=on',
    '-c',
    'log_min_messages=fatal',
    'postgres',
  ]
  const result = await runProgram(postgres, args, { account, input: `${statement}\n` })
  if (!result.ok) throw new EmbeddedPostgresError(`PostgreSQL could not be set up: ${result.complaint}`)
}

async function removeUnfinished(home: Home): Promise<void> {
  for (const name of await readdir(home.folder))
    if (name.startsWith('postgres.new-'))
      await rm(join(home.folder, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
}

/** Without this a power cut could undo the renaming, and the next start would begin with an empty cluster. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder)
  await handle.sync()
}
