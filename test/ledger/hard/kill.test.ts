import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dice } from './dice.ts'
import { askOver, ledgerCheck, publishTo } from './instance.ts'
import { tell, times } from './length.ts'
import { audit, insist, NOTHING_WRONG, type Order, send } from './orders.ts'
import { plainClub } from './plain-club.ts'

const KILLS = times(2, 60)
const WORKERS = 32
const MEMBERS = Array.from({ length: times(6, 20) }, (_, index) => `member ${index}`)

const victims = ['postgres', 'server', 'both'] as const
type Victim = (typeof victims)[number]

let dataDir: string
const children: ChildProcess[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'huitong-kill-'))
  // As root the server runs as another user, who must be able to enter.
  await chmod(dataDir, 0o755)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

async function startProcess() {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/ledger-process.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the ledger did not start: exit code ${code}`)
    }),
  ])
  const { url, postgres } = JSON.parse(line as string) as { url: string; postgres: number }
  return { child, postgres, ...askOver(url) }
}

type Running = Awaited<ReturnType<typeof startProcess>>

/** A process and all that came of it. */
async function familyOf(pid: number): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    all.map(async (child) => {
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '')
      return [child, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const
    }),
  )
  const family = [pid]
  for (const member of family) family.push(...parents.filter(([, of]) => of === member).map(([one]) => one))
  return family
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function strike({ child, postgres }: Running, victim: Victim): Promise<void> {
  const family = await familyOf(postgres)
  expect(family.length).toBeGreaterThan(5)
  if (victim !== 'postgres') kill(child.pid!)
  if (victim !== 'server') for (const pid of family) kill(pid)
}

let keys = 0
/** Acknowledged purchases that nobody has taken back yet. */
const bought: Order[] = []
/** Sends orders one after the other until one has no answer any more. */
async function work(running: Running, seed: number, done: Order[], unknown: Order[]): Promise<void> {
  const roll = dice(seed)
  for (;;) {
    const back = roll(5) === 0 ? bought.shift() : undefined
    const order: Order = back
      ? { ...back, kind: 'return', key: `order ${++keys}`, of: back.key }
      : {
          kind: (['purchase', 'purchase', 'grant', 'redemption'] as const)[roll(4)]!,
          key: `order ${++keys}`,
          member: MEMBERS[roll(MEMBERS.length)]!,
          points: 1 + roll(80),
        }
    const answer = await send(running.ask, order)
    if (answer.told === 'done') done.push(order)
    if (answer.told === 'done' && order.kind === 'purchase') bought.push(order)
    if (answer.told !== 'unknown') continue
    unknown.push(order)
    return
  }
}

test(`killed ${KILLS} times under load, server, PostgreSQL or both: nothing acknowledged is lost, nothing is there twice`, async () => {
  const roll = dice(17)
  const done: Order[] = []
  let open: Order[] = []
  const totals = { kills: 0, acknowledged: 0, unknown: 0, 'of them written': 0, lost: 0, doubled: 0 }
  const byVictim = Object.fromEntries(victims.map((victim) => [victim, { ...totals }]))
  let last: Victim | undefined

  for (let round = 0; round <= KILLS; round++) {
    const running = await startProcess()
    if (round === 0) await publishTo(running.ask, plainClub)

    // What was acknowledged is there once, and what else is there was asked for and never answered.
    const found = await audit(running.ask, MEMBERS, done)
    const asked = new Set(open.map(({ key }) => key))
    const stray = found.uncalledFor.filter((key) => !asked.has(key))
    expect({ lost: found.lost, doubled: found.doubled, stray }).toEqual({ lost: [], doubled: [], stray: [] })
    if (last) {
      const row = byVictim[last]!
      row['of them written'] += found.uncalledFor.length
      row.lost += found.lost.length
      row.doubled += found.doubled.length
    }
    expect((await ledgerCheck(running.ask)).violations).toEqual([])

    for (const order of open) {
      const { answer } = await insist(() => running.ask, order)
      expect(answer.told).not.toBe('unknown')
      if (answer.told === 'done') done.push(order)
    }
    expect(await audit(running.ask, MEMBERS, done)).toEqual(NOTHING_WRONG)
    open = []
    const ended = once(running.child, 'exit')
    if (round === KILLS) {
      await running.hangUp()
      running.child.kill('SIGKILL')
      for (const pid of await familyOf(running.postgres)) kill(pid)
      await ended
      break
    }

    const victim = victims[round % victims.length]!
    const before = done.length
    const working = Promise.all(
      Array.from({ length: WORKERS }, (_, worker) => work(running, round * 1_000 + worker, done, open)),
    )
    await sleep(150 + roll(600))
    await strike(running, victim)
    await working
    // A server that has lost its database is put down, too.
    kill(running.child.pid!)
    await ended
    await running.hangUp()
    const row = byVictim[victim]!
    row.kills += 1
    row.acknowledged += done.length - before
    row.unknown += open.length
    last = victim
  }

  tell(byVictim)
  for (const row of Object.values(byVictim).filter(({ kills }) => kills > 0)) {
    // Else the kill struck nothing.
    expect(row.unknown).toBeGreaterThan(0)
    expect(row.acknowledged).toBeGreaterThan(0)
  }
})
