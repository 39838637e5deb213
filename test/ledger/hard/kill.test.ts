import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Dice, dice } from './dice.ts'
import { askOver, ledgerCheck, publishTo } from './instance.ts'
import { tell, times } from './length.ts'
import { audit, halfDone, insist, NOTHING_WRONG, numberOf, type Order, send } from './orders.ts'
import { clubWithMoney } from './plain-club.ts'

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

/** What was asked for in the last minute may be under way still: each process lives two minutes after the one before. */
let starts = 0

async function startProcess() {
  const program = join(import.meta.dirname, 'fixtures/ledger-process.ts')
  const ahead = String(starts++ * 120_000)
  const child = spawn(process.execPath, [program, dataDir, ahead], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  children.push(child)
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the ledger did not start: exit code ${code}`)
    }),
  ])
  const { url, postgres } = JSON.parse(line as string) as { url: string; postgres: number }
  const recover = async () => {
    child.send('recover')
    await once(child, 'message')
  }
  return { child, postgres, recover, ...askOver(url) }
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
/** Stops of acknowledged plans, which nobody has sent yet. */
const stops: Omit<Order, 'key'>[] = []
const KINDS = [
  ...([
    'purchase',
    'purchase',
    'purchase',
    'grant',
    'redemption',
    'transfer',
    'transfer',
    'transfer',
  ] as const),
  ...(['correction', 'deduction', 'top-up', 'top-up', 'plan', 'payment', 'withdrawal'] as const),
]

function nextOrder(roll: Dice): Order {
  const key = `order ${++keys}`
  const back = roll(6) === 0 ? bought.shift() : undefined
  if (back) return { ...back, kind: 'return', key, of: back.key }
  const stop = roll(8) === 0 ? stops.shift() : undefined
  if (stop) return { ...stop, key }
  const kind = KINDS[roll(KINDS.length)]!
  const member = roll(MEMBERS.length)
  const to = MEMBERS[(member + 1 + roll(MEMBERS.length - 1)) % MEMBERS.length]!
  const order = { kind, key, member: MEMBERS[member]!, points: 1 + roll(80) }
  return kind === 'transfer' ? { ...order, to } : order
}

/** What an answer leads to later. */
function remember(order: Order, content: string): void {
  if (order.kind === 'purchase') bought.push(order)
  if (order.kind === 'plan') {
    const { movement } = JSON.parse(content) as { movement: { id: string } }
    stops.push({ kind: 'stop', member: order.member, points: 0, of: movement.id })
  }
}

/** Sends orders one after the other until one has no answer any more. */
async function work(
  running: Running,
  seed: number,
  { done, unknown, told }: { done: Order[]; unknown: Order[]; told: () => void },
): Promise<void> {
  const roll = dice(seed)
  for (;;) {
    const order = nextOrder(roll)
    const answer = await send(running.ask, order)
    if (answer.told === 'done') {
      done.push(order)
      remember(order, answer.content)
      told()
    }
    if (answer.told !== 'unknown') continue
    unknown.push(order)
    return
  }
}

test(`killed ${KILLS} times under load, server, PostgreSQL or both: nothing acknowledged is lost, nothing is there twice`, async () => {
  const roll = dice(17)
  const done: Order[] = []
  let open: Order[] = []
  const totals = {
    kills: 0,
    acknowledged: 0,
    unknown: 0,
    'of them written': 0,
    'in transit': 0,
    lost: 0,
    doubled: 0,
  }
  const byVictim = Object.fromEntries(victims.map((victim) => [victim, { ...totals }]))
  let last: Victim | undefined

  for (let round = 0; round <= KILLS; round++) {
    const running = await startProcess()
    if (round === 0) await publishTo(running.ask, clubWithMoney)

    // What was acknowledged is there once, and what else is there was asked for and never answered.
    const found = await audit(running.ask, MEMBERS, done)
    const asked = new Set(open.map(numberOf))
    const stray = found.uncalledFor.filter((number) => !asked.has(number))
    expect({ lost: found.lost, doubled: found.doubled, stray }).toEqual({ lost: [], doubled: [], stray: [] })
    if (last) {
      const row = byVictim[last]!
      row['of them written'] += found.uncalledFor.length
      row.lost += found.lost.length
      row.doubled += found.doubled.length
    }
    const struck = await ledgerCheck(running.ask)
    expect(struck.violations).toEqual([])
    await running.recover()
    const { violations, inTransit } = await ledgerCheck(running.ask)
    expect({ violations, inTransit, halfDone: await halfDone(running.ask, MEMBERS, open) }).toEqual({
      violations: [],
      inTransit: { points: 0 },
      halfDone: [],
    })
    if (last && struck.inTransit.points > 0) byVictim[last]!['in transit'] += 1

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
    // In the midst of work, however long that takes: the others are under way when one is acknowledged.
    const { promise: midst, resolve: reached } = Promise.withResolvers<void>()
    const until = before + 1 + roll(400)
    const told = () => {
      if (done.length === until) reached()
    }
    const working = Promise.all(
      Array.from({ length: WORKERS }, (_, worker) =>
        work(running, round * 1_000 + worker, { done, unknown: open, told }),
      ),
    )
    await midst
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
