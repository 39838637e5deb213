import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
} from '../../../kernel/db/embedded/open-embedded-postgres.ts'
import { waitUntil } from '../../../kernel/db/embedded/wait-until.ts'
import { migrateSubgraph } from '../../../kernel/subgraph.ts'
import { ledger } from '../../../subgraphs/ledger/index.ts'
import { openOwner } from './books-in-sql.ts'
import { type Ask, type Instance, ledgerCheck, openInstance, publishTo } from './instance.ts'
import { tell, times } from './length.ts'
import { audit, NOTHING_WRONG, type Order, send, statementOf } from './orders.ts'
import { plainClub } from './plain-club.ts'

const MEMBERS = Array.from({ length: 10 }, (_, index) => `member ${index}`)

let folder: string
let archive: string
let postgres: EmbeddedPostgres
let instance: Instance

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'huitong-restore-'))
  await chmod(folder, 0o755)
  archive = join(folder, 'archive')
  await mkdir(archive)
  await chmod(archive, 0o777)
  postgres = await openEmbeddedPostgres({
    dataDir: join(folder, 'original'),
    durable: false,
    settings: { archive_mode: 'on', archive_command: `cp %p ${archive}/%f`, max_wal_senders: '0' },
  })
  await migrateSubgraph(ledger, postgres.url)
  instance = await openInstance({ url: postgres.url })
  await publishTo(instance.ask, plainClub)
})
afterAll(async () => {
  await instance.close()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

let keys = 0
/** Callers at work until they are told to stop. Answers what was acknowledged, in order. */
function traffic(done: Order[]) {
  let over = false
  const working = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!over) {
        const key = `order ${++keys}`
        const order: Order = {
          kind: keys % 4 === 0 ? 'redemption' : 'purchase',
          key,
          member: MEMBERS[keys % MEMBERS.length]!,
          points: 1 + (keys % 20),
        }
        if ((await send(instance.ask, order)).told === 'done') done.push(order)
      }
    }),
  )
  return {
    async stop(): Promise<void> {
      over = true
      await working
    },
    reached: (count: number) => waitUntil(() => done.length >= count, { withinMs: 60_000 }),
  }
}

/** All that callers can see of the books. */
const books = async (ask: Ask) =>
  Object.fromEntries(
    await Promise.all(MEMBERS.map(async (member) => [member, await statementOf(ask, member)] as const)),
  )

/** Copies the files of the running server, as a backup program would; what changes meanwhile is in the log. */
async function baseBackup(to: string): Promise<void> {
  await using owner = await openOwner(postgres.url)
  await owner.query(`select pg_backup_start('nightly', true)`)
  const cluster = join(to, 'postgres')
  await mkdir(to)
  const leftOut = new Set(['postmaster.pid', 'postmaster.opts', 'pg_wal'])
  await cp(postgres.directory, cluster, {
    recursive: true,
    filter: (source) => !leftOut.has(basename(source)),
    force: true,
  })
  await mkdir(join(cluster, 'pg_wal'))
  const { rows } = await owner.query<{ labelfile: string }>('select labelfile from pg_backup_stop(true)')
  await writeFile(join(cluster, 'backup_label'), rows[0]!.labelfile)
  await cp(join(folder, 'original', 'postgres.password'), join(to, 'postgres.password'))
  await giveTo(cluster, await stat(postgres.directory))
}

async function giveTo(path: string, owner: { uid: number; gid: number }): Promise<void> {
  if (process.getuid?.() === 0) {
    await chown(path, owner.uid, owner.gid)
    for (const name of await readdir(path, { recursive: true })) {
      await chown(join(path, name), owner.uid, owner.gid)
    }
  }
  await chmod(path, 0o700)
}

/** A server on a copy of the backup, rolled forward to a target. */
async function restore(backup: string, name: string, target: Record<string, string>) {
  const dataDir = join(folder, name)
  await cp(backup, dataDir, { recursive: true })
  const cluster = join(dataDir, 'postgres')
  await writeFile(join(cluster, 'recovery.signal'), '')
  await giveTo(cluster, await stat(postgres.directory))
  const server = await openEmbeddedPostgres({
    dataDir,
    durable: false,
    settings: {
      archive_mode: 'off',
      max_wal_senders: '0',
      restore_command: `cp ${archive}/%f %p`,
      recovery_target_action: 'promote',
      // Nobody looks in before the target is reached.
      hot_standby: 'off',
      ...target,
    },
  })
  const copy = await openInstance({ url: server.url })
  return {
    ask: copy.ask,
    async [Symbol.asyncDispose]() {
      await copy.close()
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The log of all that was written so far is in the archive when it returns. */
async function archiveAll(): Promise<void> {
  await using owner = await openOwner(postgres.url)
  const { rows } = await owner.query<{ last: string }>('select pg_walfile_name(pg_switch_wal()) as last')
  const { last } = rows[0]!
  const archived = async () => (await readdir(archive)).includes(last)
  expect(await waitUntil(archived, { withinMs: 30_000 })).toBe(true)
}

test('a base backup under load and the log since: the books of any moment stand up again, clean', async () => {
  const done: Order[] = []
  const before = traffic(done)
  await before.reached(times(60, 1_000))
  const backup = join(folder, 'backup')
  await baseBackup(backup)
  await before.reached(done.length + times(60, 1_000))
  await before.stop()

  // A moment at rest, of which we know everything.
  await using owner = await openOwner(postgres.url)
  await owner.query(`select pg_create_restore_point('close of business')`)
  const atRest = await books(instance.ask)
  const doneAtRest = [...done]

  // Moments under load, of which we know what had been acknowledged by then.
  const moments: { at: string; acknowledged: number }[] = []
  const after = traffic(done)
  for (let index = 0; index < times(0, 5); index++) {
    await after.reached(done.length + times(40, 500))
    const acknowledged = done.length
    const { rows } = await owner.query<{ at: string }>('select clock_timestamp()::text as at')
    moments.push({ at: rows[0]!.at, acknowledged })
  }
  await after.reached(done.length + 40)
  await after.stop()
  await archiveAll()

  {
    await using copy = await restore(backup, 'at rest', { recovery_target_name: 'close of business' })
    expect((await ledgerCheck(copy.ask)).violations).toEqual([])
    expect(await books(copy.ask)).toEqual(atRest)
    expect(await audit(copy.ask, MEMBERS, doneAtRest)).toEqual(NOTHING_WRONG)
    // The books go on from there: what came after may be sent again.
    const [next] = done.slice(doneAtRest.length)
    expect(await send(copy.ask, next!)).toMatchObject({ told: 'done', duplicate: false })
    expect((await ledgerCheck(copy.ask)).violations).toEqual([])
  }
  for (const [index, { at, acknowledged }] of moments.entries()) {
    await using copy = await restore(backup, `moment ${index}`, { recovery_target_time: at })
    expect((await ledgerCheck(copy.ask)).violations).toEqual([])
    const { lost, doubled } = await audit(copy.ask, MEMBERS, done.slice(0, acknowledged))
    expect({ lost, doubled }).toEqual({ lost: [], doubled: [] })
  }
  expect((await ledgerCheck(instance.ask)).violations).toEqual([])
  expect(await audit(instance.ask, MEMBERS, done)).toEqual(NOTHING_WRONG)
  tell({ restore: { orders: done.length, 'moments restored': moments.length + 1, lost: 0, doubled: 0 } })
})
