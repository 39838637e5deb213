import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbeddedPostgres } from '../../kernel/db/embedded/open-embedded-postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string
  }
}

/** One server for the whole run; each test makes databases of its own on it. */
export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const folder = await folderOfRun()
  // What tests put into temporary folders goes with the run.
  process.env.TMPDIR = folder
  const server = await openEmbeddedPostgres({ dataDir: folder, durable: false, settings })
  project.provide('databaseUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const settings = {
  // Nobody follows it, and its log is held in memory with the data.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
}

const MEMORY = '/dev/shm'
const NAME = /^huitong-test-(\d+)-/
/** Far more than a run needs. */
const ROOM = 4 * 2 ** 30

/** In memory where there is room: a database is copied for each test, and that is mostly making files. */
async function folderOfRun(): Promise<string> {
  await removeAbandoned()
  const parent = (await hasRoom(MEMORY)) ? MEMORY : tmpdir()
  const folder = await mkdtemp(join(parent, `huitong-test-${process.pid}-`))
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755)
  return folder
}

async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize > ROOM
}

/** Of runs that were killed: memory comes back only when somebody removes them. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(MEMORY).catch(() => [])) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid && !isAlive(Number(pid))) await rm(join(MEMORY, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
