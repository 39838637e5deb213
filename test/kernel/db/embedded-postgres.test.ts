import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, lstat, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { packagedBinariesDir } from '../../../kernel/db/embedded/find-binaries.ts'
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  type EmbeddedPostgresOptions,
  openEmbeddedPostgres,
} from '../../../kernel/db/embedded/open-embedded-postgres.ts'
import { waitUntil } from '../../../kernel/db/embedded/wait-until.ts'

const fixture = join(import.meta.dirname, 'fixtures/hold-embedded-postgres.ts')
const root = process.getuid?.() === 0

describe('the embedded PostgreSQL', { timeout: 30_000 }, () => {
  const servers: EmbeddedPostgres[] = []
  const children: ChildProcess[] = []
  const folders: string[] = []
  let madeBefore = ''

  // Making a cluster is what takes the time, so tests that only need one share this.
  beforeAll(async () => {
    const folder = await newFolder()
    await (await open(folder)).stop()
    madeBefore = folders.pop() as string
  }, 30_000)

  afterAll(() => rm(madeBefore, { recursive: true, force: true }))

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await Promise.all(servers.splice(0).map((server) => server.stop()))
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  async function newFolder(mode = 0o755): Promise<string> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'huitong-embedded-')))
    folders.push(folder)
    await chmod(folder, mode)
    return folder
  }

  async function open(
    dataDir: string,
    more: Partial<EmbeddedPostgresOptions> = {},
  ): Promise<EmbeddedPostgres> {
    const server = await openEmbeddedPostgres({ dataDir, durable: false, ...more })
    servers.push(server)
    return server
  }

  async function refusal(opening: Promise<unknown>): Promise<string> {
    const error = await opening.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(EmbeddedPostgresError)
    const { message } = error as Error
    expect(message).not.toContain('\n')
    return message
  }

  function runFixture(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [fixture, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }

  test('keeps its rows from one run to the next', async () => {
    const dataDir = join(await newFolder(), 'not', 'there', 'yet')
    const first = await open(dataDir)
    expect(first.url).toMatch(/^postgres:\/\/huitong:\w+@127\.0\.0\.1:\d+\/huitong$/)
    expect(first.directory).toBe(join(dataDir, 'postgres'))
    await ask(first, `create table note as select 'kept' as text`)
    await first.stop()
    await first.stop()

    const second = await open(dataDir)
    expect(await ask(second, 'select text from note')).toEqual([{ text: 'kept' }])
  })

  test('is a UTF-8, UTC database for nobody without the password', async () => {
    const dataDir = madeBefore
    const server = await open(dataDir, { settings: { work_mem: '3MB' } })
    const [settings] = await ask(
      server,
      `select current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
              current_setting('work_mem') as memory, current_setting('fsync') as fsync,
              current_setting('listen_addresses') as addresses, lower('É') as lower, 'B' < 'a' as by_code_point`,
    )
    expect(settings).toEqual({
      encoding: 'UTF8',
      zone: 'UTC',
      memory: '3MB',
      fsync: 'off',
      addresses: '127.0.0.1',
      lower: 'é',
      by_code_point: true,
    })
    await expect(ask({ url: server.url.replace(/:\w+@/, ':guess@') }, 'select 1')).rejects.toThrow(/password/)
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
  })

  test('a lost password file is replaced by a new password', async () => {
    const dataDir = madeBefore
    const first = await open(dataDir)
    await first.stop()
    await rm(join(dataDir, 'postgres.password'))

    const second = await open(dataDir)
    expect(second.url.split('@')[0]).not.toBe(first.url.split('@')[0])
    await ask(second, 'select 1')
    await second.stop()

    await writeFile(join(dataDir, 'postgres.password'), 'wrong\n')
    expect(await refusal(open(dataDir))).toMatch(/postgres\.password does not hold the password/)
    await rm(join(dataDir, 'postgres.password'))
  })

  test('a killed server recovers with what was committed', async () => {
    const dataDir = madeBefore
    const first = await open(dataDir, { durable: true })
    await ask(first, `create table note as select 'committed' as text`)
    process.kill(first.pid, 'SIGKILL')
    await first.stop()

    const log: string[] = []
    const second = await open(dataDir, { durable: true, onLog: (line) => log.push(line) })
    expect(await ask(second, 'select text from note')).toEqual([{ text: 'committed' }])
    expect(log.join()).toMatch(/not properly shut down/)
  })

  test('the server of a killed process is taken over', async () => {
    const dataDir = await newFolder()
    const child = runFixture(dataDir)
    const orphan = JSON.parse(await firstLine(child)) as { pid: number }
    expect(await refusal(open(dataDir))).toBe(`data directory ${dataDir} is in use by process ${child.pid}`)

    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true)

    const log: string[] = []
    const server = await open(dataDir, { onLog: (line) => log.push(line) })
    expect(await ask(server, 'select text from note')).toEqual([{ text: 'from the child' }])
    expect(log[0]).toBe(`stopping PostgreSQL process ${orphan.pid}, which the last run left behind`)
    expect(log.join()).not.toMatch(/not properly shut down/)
  })

  test('the server of a process that ends without a stop ends by itself', async () => {
    const child = runFixture(await newFolder(), 'exit')
    const { directory } = JSON.parse(await firstLine(child)) as { directory: string }
    const gone = () => !existsSync(join(directory, 'postmaster.pid'))
    expect(await waitUntil(gone, { withinMs: 10_000 })).toBe(true)
  })

  test('of two who open the same folder at once, one is refused', async () => {
    const dataDir = madeBefore
    const both = await Promise.allSettled([open(dataDir), open(dataDir)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const refused = both.find((result) => result.status === 'rejected')
    expect(refused?.reason).toMatchObject({
      name: 'EmbeddedPostgresError',
      message: `data directory ${dataDir} is in use by process ${process.pid}`,
    })
  })

  test('a stale process id that now belongs to another server does that server no harm', async () => {
    const [dataDir, otherDir] = [madeBefore, await newFolder()]
    const server = await open(dataDir)
    await server.stop()
    const other = await open(otherDir)
    const stale = await readFile(join(other.directory, 'postmaster.pid'), 'utf8')
    await writeFile(join(server.directory, 'postmaster.pid'), stale)

    await ask(await open(dataDir), 'select 1')
    await ask(other, 'select 1')
  })

  test('an initdb that was interrupted is begun again', async () => {
    const dataDir = await newFolder()
    const child = runFixture(dataDir)
    const halfWay = async () => {
      const unfinished = (await readdir(dataDir)).find((name) => name.startsWith('postgres.new-'))
      return unfinished !== undefined && existsSync(join(dataDir, unfinished, 'PG_VERSION'))
    }
    expect(await waitUntil(halfWay, { withinMs: 20_000, everyMs: 1 })).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)

    await ask(await open(dataDir), 'select 1')
    expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.new-'))).toEqual([])
  })

  test('a server that cannot start says why, and frees the folder', async () => {
    const dataDir = madeBefore
    expect(await refusal(open(dataDir, { settings: { shared_buffers: 'plenty' } }))).toBe(
      'PostgreSQL did not start: FATAL:  invalid value for parameter "shared_buffers": "plenty"',
    )
    await ask(await open(dataDir), 'select 1')
  })

  test('a cluster of another major version is left alone', async () => {
    const dataDir = await newFolder()
    const server = await open(dataDir)
    await server.stop()
    await writeFile(join(server.directory, 'PG_VERSION'), '17\n')
    expect(await refusal(open(dataDir))).toMatch(/was made by PostgreSQL 17 but this is PostgreSQL 18/)
  })

  test('a platform without binaries is told what to do', () => {
    expect(() => packagedBinariesDir('linux', 'riscv64')).toThrow(
      new EmbeddedPostgresError(
        'no PostgreSQL binaries for linux-riscv64; set DATABASE_URL to a PostgreSQL 15+ server',
      ),
    )
  })

  test('binaries installed with --ignore-scripts are completed in a copy', async () => {
    const [dataDir, systemDir] = [await newFolder(), await newFolder()]
    const binariesDir = await copyOfBinaries(await newFolder(), { symlinks: false })
    await ask(await open(dataDir, { binariesDir, systemDir }), 'select 1')
    const copies = await readdir(root ? systemDir : dataDir)
    expect(copies.filter((name) => name.startsWith('postgres-binaries-'))).toHaveLength(1)
    await expect(lstat(join(binariesDir, 'lib', 'libpq.so.5'))).rejects.toThrow(/ENOENT/)
  })

  test('a folder that does not allow writing is refused', async ({ skip }) => {
    skip(root, 'root may write everywhere')
    const dataDir = await newFolder(0o500)
    expect(await refusal(open(dataDir))).toMatch(/^not permitted: EACCES/)
  })

  describe.runIf(root)('started by root', () => {
    test('runs as another user', async () => {
      const server = await open(madeBefore)
      const { uid, mode } = await stat(server.directory)
      expect(uid).not.toBe(0)
      expect(mode & 0o777).toBe(0o700)
      expect((await stat(`/proc/${server.pid}`)).uid).toBe(uid)
    })

    test('works in a checkout that only root may enter', async () => {
      const systemDir = join(await newFolder(), 'made-by-us')
      const checkout = await newFolder(0o700)
      const umask = process.umask(0o077)
      onTestFinished(() => void process.umask(umask))
      const dataDir = join(checkout, 'data')
      const binariesDir = await copyOfBinaries(checkout, { symlinks: true })
      const log: string[] = []
      const first = await open(dataDir, { binariesDir, systemDir, onLog: (line) => log.push(line) })
      expect(first.directory.startsWith(systemDir)).toBe(true)
      expect(log[0]).toContain(`cannot enter ${dataDir}; the database is kept in ${systemDir}`)
      expect(await refusal(open(dataDir, { binariesDir, systemDir }))).toMatch(/in use by process/)
      await ask(first, `create table note as select 'kept' as text`)
      await first.stop()

      const second = await open(dataDir, { binariesDir, systemDir })
      expect(second.directory).toBe(first.directory)
      expect(await ask(second, 'select text from note')).toEqual([{ text: 'kept' }])
      await second.stop()

      // A copy of the data directory names the same home, which only one may use.
      await cp(dataDir, join(checkout, 'copy'), { recursive: true })
      await open(dataDir, { binariesDir, systemDir })
      expect(await refusal(open(join(checkout, 'copy'), { binariesDir, systemDir }))).toMatch(
        /in use by process/,
      )
    })

    test('does not begin an empty database when the existing one is out of reach', async () => {
      const dataDir = await newFolder()
      const server = await open(dataDir)
      await server.stop()
      await chmod(dataDir, 0o700)
      expect(await refusal(open(dataDir))).toMatch(/^not permitted: .* who cannot enter/)
    })

    test('begins anew in a data directory that was deleted', async () => {
      const [systemDir, checkout] = [await newFolder(), await newFolder(0o700)]
      const dataDir = join(checkout, 'data')
      const first = await open(dataDir, { systemDir })
      await first.stop()
      await rm(dataDir, { recursive: true })
      const second = await open(dataDir, { systemDir })
      expect(second.directory).not.toBe(first.directory)
    })
  })
})

async function ask({ url }: { url: string }, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {}) // servers are killed under it
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line
  throw new Error('the child said nothing')
}

async function copyOfBinaries(folder: string, { symlinks }: { symlinks: boolean }): Promise<string> {
  const copy = join(folder, 'native')
  await cp(packagedBinariesDir(process.platform, process.arch), copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (source) => symlinks || !(await lstat(source)).isSymbolicLink(),
  })
  return copy
}
