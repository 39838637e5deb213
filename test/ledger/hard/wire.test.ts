import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ledger } from '../../../subgraphs/ledger/index.ts'
import { openTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { holdAccount, openOwner, waitingBackends } from './books-in-sql.ts'
import { type Fault, openFlakyWire } from './flaky-wire.ts'
import { type Instance, ledgerCheck, openInstance, publishTo } from './instance.ts'
import { tell, times } from './length.ts'
import { type Answer, audit, idOf, insist, NOTHING_WRONG, type Order, send } from './orders.ts'
import { plainClub } from './plain-club.ts'

/** With these a caller sends the same again; the same key makes that harmless. */
const RETRYABLE = ['SUBGRAPH_UNAVAILABLE', 'RATE_LIMITED']

let database: TestDatabase
/** Has a wire of its own that nobody cuts. */
let steady: Instance

beforeAll(async () => {
  database = await openTestDatabase([ledger])
  steady = await openInstance({ url: database.url })
  await publishTo(steady.ask, plainClub)
})
afterAll(async () => {
  await steady.close()
  await database[Symbol.asyncDispose]()
})

let keys = 0
const order = (member: string, kind: Order['kind'] = 'purchase', points = 10): Order => ({
  kind,
  key: `wire ${++keys}`,
  member,
  points,
})

async function openFlakyLedger(options: { poolSize?: number; startup?: readonly [string, string] } = {}) {
  const wire = await openFlakyWire(database.url, options)
  const instance = await openInstance({ url: wire.url, poolSize: options.poolSize })
  onTestFinished(async () => {
    wire.cutAll()
    await instance.close()
    await wire[Symbol.asyncDispose]()
  })
  return { wire, instance }
}

/** Everyone who heard of a failure heard that it may be sent again. */
const expectRetryable = (answers: readonly Answer[]): void => {
  for (const answer of answers) if (answer.told === 'unknown') expect(RETRYABLE).toContain(answer.code)
}

/** Sends again what nobody knows of, then looks whether all that was acknowledged is there once. */
async function settleAndAudit(member: string, sent: readonly Order[], answers: readonly Answer[]) {
  const done: Order[] = []
  for (const [index, one] of sent.entries()) {
    const first = answers[index]!
    const { answer } = first.told === 'unknown' ? await insist(() => steady.ask, one) : { answer: first }
    expect(answer.told).not.toBe('unknown')
    if (answer.told === 'done') done.push(one)
  }
  expect(await audit(steady.ask, [member], done)).toEqual(NOTHING_WRONG)
  expect((await ledgerCheck(steady.ask)).violations).toEqual([])
}

const faults: readonly Fault[] = [
  'cut before the request',
  'cut after the request',
  'cut before the answer',
  'cut inside the request',
]
const places = [
  ['at COMMIT', /commit/i],
  ['while rows are written', /insert|merge/i],
  ['while accounts are locked', /lockAccounts|for update/i],
] as const
const strikes = faults.flatMap((fault) => places.map(([place, at]) => [fault, place, at] as const))

describe('the wire to the database', () => {
  test.each(strikes)(
    '%s, %s: nothing lost, nothing doubled, and the caller may send again',
    async (fault, place, at) => {
      const { wire, instance } = await openFlakyLedger()
      const member = `${fault} ${place}`
      const opening = order(member, 'grant', 1_000)
      const sent = [opening]
      const answers = [await send(instance.ask, opening)]
      const unknown = { count: 0 }
      for (let round = 0; round < times(3, 40); round++) {
        // The first order goes alone, the others are its next batch: now the one is struck, now both.
        const count = 1 + (round % 2)
        const seen = wire.lieInWait(fault, at, count)
        const several = (['purchase', 'redemption', 'grant', 'purchase'] as const).map((kind) =>
          order(member, kind),
        )
        const told = await Promise.all(several.map((one) => send(instance.ask, one)))
        expect(seen.struck).toBe(count)
        sent.push(...several)
        answers.push(...told)
        unknown.count += told.filter((answer) => answer.told === 'unknown').length
      }
      expectRetryable(answers)
      await settleAndAudit(member, sent, answers)
      tell({ [`${fault}, ${place}`]: { sent: sent.length, unknown: unknown.count, lost: 0, doubled: 0 } })
    },
  )

  test('every connection cut again and again under load: the same', async () => {
    const { wire, instance } = await openFlakyLedger()
    const member = 'cut all'
    const sent: Order[] = []
    const answers: Answer[] = []
    let over = false
    let oneDone = Promise.withResolvers<void>()
    const working = Array.from({ length: 16 }, async () => {
      while (!over) {
        const one = order(member)
        sent.push(one)
        const index = sent.length - 1
        const answer = await send(instance.ask, one)
        answers[index] = answer
        if (answer.told === 'done') oneDone.resolve()
      }
    })
    // At another moment each time, and never before something has come through, however busy the machine is.
    for (let cut = 0; cut < times(8, 100); cut++) {
      await oneDone.promise
      oneDone = Promise.withResolvers()
      await sleep((cut * 7) % 20)
      wire.cutAll()
    }
    over = true
    await Promise.all(working)
    expect(answers.filter(({ told }) => told === 'unknown').length).toBeGreaterThan(0)
    expect(answers.filter(({ told }) => told === 'done').length).toBeGreaterThan(0)
    expectRetryable(answers)
    await settleAndAudit(member, sent, answers)
  })

  test('a slow wire delays and does nothing else', async () => {
    const { wire, instance } = await openFlakyLedger()
    wire.delay(15)
    const member = 'slow'
    const sent = Array.from({ length: times(20, 200) }, () => order(member))
    const answers = await Promise.all(sent.map((one) => send(instance.ask, one)))
    expect(answers.map(({ told }) => told)).toEqual(sent.map(() => 'done'))
    await settleAndAudit(member, sent, answers)
  })
})

describe('the database', () => {
  test('with all connections of the pool held up, callers wait and are served when it goes on', async () => {
    const { instance } = await openFlakyLedger({ poolSize: 2 })
    await using owner = await openOwner(database.url)
    await using lookout = await openOwner(database.url)
    const members = Array.from({ length: 8 }, (_, index) => `held up ${index}`)
    const first = members.map((member) => order(member))
    for (const one of first) expect(await send(steady.ask, one)).toMatchObject({ told: 'done' })
    await owner.query('begin')
    for (const member of members) await holdAccount(owner, idOf(member))
    const sent = members.map((member) => order(member))
    const answering = Promise.all(sent.map((one) => send(instance.ask, one)))
    while ((await waitingBackends(lookout)) < 2) await sleep(5)
    await owner.query('commit')
    const answers = await answering
    expect(answers.map(({ told }) => told)).toEqual(sent.map(() => 'done'))
    for (const [index, member] of members.entries()) {
      expect(await audit(steady.ask, [member], [first[index]!, sent[index]!])).toEqual(NOTHING_WRONG)
    }
  })

  test('a statement that runs out of time changes nothing, and may be sent again', async () => {
    const { instance } = await openFlakyLedger({
      startup: ['statement_timeout=60000', 'statement_timeout=300ms'],
    })
    await using owner = await openOwner(database.url)
    const member = 'out of time'
    const first = order(member)
    expect(await send(steady.ask, first)).toMatchObject({ told: 'done' })
    await owner.query('begin')
    await holdAccount(owner, idOf(member))
    const sent = [order(member), order(member, 'redemption'), order(member, 'grant')]
    const answers = await Promise.all(sent.map((one) => send(instance.ask, one)))
    expect(answers.map(({ told }) => told)).toEqual(['unknown', 'unknown', 'unknown'])
    expectRetryable(answers)
    expect(await audit(steady.ask, [member], [first])).toEqual(NOTHING_WRONG)
    await owner.query('commit')
    await settleAndAudit(
      member,
      [first, ...sent],
      [{ told: 'done', duplicate: false, content: '' }, ...answers],
    )
  })

  test('a deadlock with someone outside is tried again by itself', async () => {
    const { instance } = await openFlakyLedger()
    await using owner = await openOwner(database.url)
    await using lookout = await openOwner(database.url)
    const names = ['deadlock 1', 'deadlock 2'].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
    const opening = names.map((member) => order(member))
    for (const one of opening) expect(await send(steady.ask, one)).toMatchObject({ told: 'done' })
    // The ledger is the one that finds out: it looks after a second, the other after ten.
    await owner.query(`set deadlock_timeout = '10s'`)
    await owner.query('begin')
    await holdAccount(owner, idOf(names[1]!))
    const sent = names.map((member) => order(member))
    const purchases = sent.map(({ key, member, points }) => ({
      member: { id: idOf(member) },
      channel: 'store',
      document: key,
      lines: [{ amount: String(points) }],
    }))
    const answering = instance.ask(
      `mutation M($purchases: [RecordPurchaseInput!]!) {
         recordPurchases(input: { purchases: $purchases }) { results { purchase { points } refusal { code } } }
       }`,
      { purchases },
    )
    while ((await waitingBackends(lookout)) < 1) await sleep(5)
    await holdAccount(owner, idOf(names[0]!))
    await owner.query('commit')
    expect(await answering).toEqual({
      data: {
        recordPurchases: {
          results: [
            { purchase: { points: 10 }, refusal: null },
            { purchase: { points: 10 }, refusal: null },
          ],
        },
      },
    })
    expect(await audit(steady.ask, names, [...opening, ...sent])).toEqual(NOTHING_WRONG)
  })
})

/** A file system of 48 MB, where the system lets us have one. */
async function openSmallDisk(): Promise<
  { folder: string; fill: () => Promise<void>; clear: () => Promise<void> } | undefined
> {
  const run = promisify(execFile)
  const folder = await mkdtemp(join(tmpdir(), 'huitong-full-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder])
  } catch {
    await rm(folder, { recursive: true })
    return undefined
  }
  onTestFinished(async () => {
    await run('umount', ['-l', folder])
    await rm(folder, { recursive: true, force: true })
  })
  const filling = join(folder, 'filling')
  return {
    folder,
    fill: () =>
      run('dd', ['if=/dev/zero', `of=${filling}`, 'bs=4k']).then(
        () => {},
        () => {},
      ),
    clear: () => rm(filling),
  }
}

test('a full disk: what is not acknowledged is not there, and all goes on when there is room', async ({
  skip,
}) => {
  const disk = await openSmallDisk()
  if (!disk) return skip('only root may mount a small disk')
  await using owner = await openOwner(database.url)
  const { rows } = await owner.query<{ directory: string }>(
    `select current_setting('data_directory') as directory`,
  )
  const { uid, gid } = await stat(rows[0]!.directory)
  await chown(disk.folder, uid, gid)
  await chmod(disk.folder, 0o700)
  const tablespace = `small_${process.pid}`
  await owner.query(`create tablespace ${tablespace} location '${disk.folder}'`)
  onTestFinished(async () => {
    await using last = await openOwner(database.url)
    await last.query(`drop tablespace ${tablespace}`)
  })
  await using own = await openTestDatabase([ledger])
  await owner.query(`alter database ${new URL(own.url).pathname.slice(1)} set tablespace ${tablespace}`)

  await using instance = await openInstance({ url: own.url })
  await publishTo(instance.ask, plainClub)
  const members = Array.from({ length: 40 }, (_, index) => `full ${index}`)
  const done: Order[] = []
  const unknown: Order[] = []
  const burst = async () => {
    const sent = members.map((member) => order(member))
    const answers = await Promise.all(sent.map((one) => send(instance.ask, one)))
    expectRetryable(answers)
    for (const [index, { told }] of answers.entries()) (told === 'done' ? done : unknown).push(sent[index]!)
  }
  await burst()
  expect(unknown).toEqual([])
  await disk.fill()
  for (let turn = 0; unknown.length < 100 && turn < 200; turn++) await burst()
  expect(unknown.length).toBeGreaterThan(0)
  expect(await audit(instance.ask, members, done)).toEqual(NOTHING_WRONG)
  await disk.clear()
  for (const one of unknown) expect((await send(instance.ask, one)).told).toBe('done')
  expect(await audit(instance.ask, members, [...done, ...unknown])).toEqual(NOTHING_WRONG)
  expect((await ledgerCheck(instance.ask)).violations).toEqual([])
  tell({ 'full disk': { done: done.length, 'refused for want of room': unknown.length } })
})
