import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { withoutSecurityLinks } from '../gateway/supergraph.ts'
import { supergraphOver } from './gateway/fake-subgraphs.ts'
import {
  fullLoad,
  type Measured,
  openConnections,
  requestBytes,
  type Steady,
  steadyLoad,
} from './gateway/load.ts'
import { type QuestionName, questions } from './gateway/questions.ts'
import type { Stalls } from './gateway/report-usage.ts'
import type { SubgraphUrls } from './gateway/said.ts'
import { type SetUp, spawnSetUp } from './gateway/spawn-set-up.ts'

const CONNECTIONS = 16
/** At half of the rate there is always a free connection unless the gateway stalls. */
const STEADY_CONNECTIONS = 64
const STEADY_ROUNDS = 3
const PEERS = fileURLToPath(new URL('./peers/', import.meta.url))
const own = (file: string): string => fileURLToPath(new URL(`./gateway/${file}`, import.meta.url))

type Name =
  | 'in process'
  | 'floor'
  | 'over HTTP'
  | 'HTTP floor'
  | 'stock'
  | 'Hive native'
  | 'Hive'
  | 'Mercurius'

/** Those that are measured at half of their rate, too: what the machine does to a floor, it does to ours. */
const STEADY: ReadonlySet<Name> = new Set(['in process', 'floor', 'over HTTP', 'HTTP floor'])

interface Measuring {
  readonly name: Name
  readonly setUp: SetUp
  readonly asks: Readonly<Record<QuestionName, readonly Buffer[]>>
}

interface Slice extends Measured {
  /** Milliseconds of the gateway's processor for each request. */
  readonly cpuMs: number
}

/**
 * Our gateway beside others and beside what a hand could write, over the same subgraphs with their data in memory: in
 * one run, slice by slice in turn, so that the machine's moods meet all of them alike.
 */
export async function benchGateway({ quick }: { quick: boolean }): Promise<void> {
  await installPeers()
  await using opened = new AsyncDisposableStack()
  const subgraphs = opened.use(await spawnSetUp({ file: own('subgraphs-process.ts'), args: ['0'] }))
  const urls = JSON.parse(subgraphs.url) as SubgraphUrls
  const measuring = await openSetUps(urls, opened)

  for (const name of names) await checkAnswers(measuring, name)
  // One after the other: the optimizing compiler of each needs a core of its own.
  for (const one of measuring) await warmUp(one, quick ? 3_000 : 10_000)

  const pace = quick
    ? { member360: [7, 900], list: [3, 700], balance: [3, 500], purchase: [3, 500] }
    : { member360: [15, 2_000], list: [9, 2_000], balance: [9, 1_000], purchase: [9, 1_000] }
  const slices = new Map<string, Slice[]>()
  for (const question of names) {
    const [rounds, forMs] = pace[question] as [number, number]
    for (let round = 0; round < rounds; round++) {
      for (const one of measuring) {
        const key = `${question} ${one.name}`
        slices.set(key, [...(slices.get(key) ?? []), await slice(one, question, forMs)])
      }
    }
    await table(question, measuring, slices)
  }
  // Eight processes that have just worked still tidy up: what comes late because of them is nobody's here.
  for (const { name, setUp } of measuring) if (!STEADY.has(name)) await setUp[Symbol.asyncDispose]()
  const spreads = await steady(measuring, quick ? 4_500 : 10_000)

  const ratio =
    (of: 'perSecond' | 'cpuMs') =>
    (name: Name, ...others: Name[]) => {
      const middle = (one: Name) => median((slices.get(`member360 ${one}`) ?? []).map((found) => found[of]))
      const best = of === 'perSecond' ? Math.max(...others.map(middle)) : Math.min(...others.map(middle))
      const value = of === 'perSecond' ? middle(name) / best : best / middle(name)
      return Number(value.toFixed(2))
    }
  const ratios = (of: 'perSecond' | 'cpuMs') => ({
    in_process_vs_stock: ratio(of)('in process', 'stock'),
    in_process_vs_floor: ratio(of)('in process', 'floor'),
    http_vs_stock: ratio(of)('over HTTP', 'stock'),
    http_vs_hive: ratio(of)('over HTTP', 'Hive native', 'Hive'),
    http_vs_floor: ratio(of)('over HTTP', 'HTTP floor'),
  })
  say(
    JSON.stringify({
      bench: 'gateway',
      ratios: ratios('perSecond'),
      cpu_ratios: ratios('cpuMs'),
      steady: spreads,
    }),
  )
}

const names = Object.keys(questions) as QuestionName[]

/** Other gateways stay out of the project's own dependencies. */
async function installPeers(): Promise<void> {
  if (existsSync(join(PEERS, 'node_modules'))) return
  say('installing the other gateways, once')
  const options = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
  await promisify(execFile)('npm', options, { cwd: PEERS })
}

async function openSetUps(urls: SubgraphUrls, opened: AsyncDisposableStack): Promise<Measuring[]> {
  const folder = await mkdtemp(join(tmpdir(), 'huitong-bench-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const supergraph = join(folder, 'supergraph.graphql')
  await writeFile(supergraph, withoutSecurityLinks(supergraphOver((name) => `${urls[name]}/graphql`)))
  const given = JSON.stringify(urls)
  const hive = async (...more: string[]) => {
    const port = await freePort()
    return spawnSetUp({
      file: join(PEERS, 'node_modules/@graphql-hive/gateway/dist/bin.js'),
      args: ['supergraph', supergraph, '--host', '127.0.0.1', '--port', String(port), ...more],
      listens: {
        url: `http://127.0.0.1:${port}/graphql`,
        health: `http://127.0.0.1:${port}/healthcheck`,
      },
      folder: PEERS,
    })
  }
  const starts: Record<Name, () => Promise<SetUp>> = {
    'in process': () => spawnSetUp({ file: own('ours-process.ts'), args: ['0'] }),
    floor: () => spawnSetUp({ file: own('floor-process.ts'), args: ['0'] }),
    'over HTTP': () => spawnSetUp({ file: own('ours-process.ts'), args: ['0', given] }),
    'HTTP floor': () => spawnSetUp({ file: own('http-floor-process.ts'), args: ['0', given] }),
    stock: () => spawnSetUp({ file: own('stock-process.ts'), args: ['0', given] }),
    'Hive native': () => hive('--hive-router-runtime'),
    Hive: () => hive('--jit'),
    Mercurius: () => spawnSetUp({ file: join(PEERS, 'mercurius.js'), args: ['0', given], folder: PEERS }),
  }
  const measuring: Measuring[] = []
  for (const [name, start] of Object.entries(starts) as [Name, () => Promise<SetUp>][]) {
    const setUp = opened.use(await start())
    const asks = Object.fromEntries(
      names.map((question) => {
        const { query, variables } = questions[question]
        return [
          question,
          variables.map((one) => requestBytes(setUp.url, { query, variables: one }, setUp.token)),
        ]
      }),
    ) as unknown as Measuring['asks']
    measuring.push({ name, setUp, asks })
  }
  return measuring
}

/** Whoever answers otherwise is not compared. */
async function checkAnswers(measuring: readonly Measuring[], question: QuestionName): Promise<void> {
  let expected: unknown
  for (const { name, setUp, asks } of measuring) {
    using connections = await openConnections(setUp.url, 1)
    // The second time, operations are known.
    for (let turn = 0; turn < 2; turn++) {
      const text = (await connections.all[0]!.ask(asks[question][0]!)).toString()
      const { data, errors } = JSON.parse(text) as { data: unknown; errors?: unknown }
      expected ??= data
      if (errors || !isDeepStrictEqual(data, expected)) {
        throw new Error(`${name} answers ${question} otherwise: ${text.slice(0, 500)}`)
      }
    }
  }
}

async function warmUp({ setUp, asks }: Measuring, forMs: number): Promise<void> {
  using connections = await openConnections(setUp.url, CONNECTIONS)
  for (const question of names) {
    await fullLoad(connections.all, asks[question], question === 'member360' ? forMs / 2 : forMs / 6)
  }
}

async function slice({ setUp, asks }: Measuring, question: QuestionName, forMs: number): Promise<Slice> {
  // Some servers close a connection that has been idle while it was the others' turn.
  using connections = await openConnections(setUp.url, CONNECTIONS)
  const before = await setUp.usage()
  const found = await fullLoad(connections.all, asks[question], forMs)
  const after = await setUp.usage()
  return { ...found, cpuMs: (after.cpuMs - before.cpuMs) / found.requests }
}

async function table(
  question: QuestionName,
  measuring: readonly Measuring[],
  slices: ReadonlyMap<string, Slice[]>,
): Promise<void> {
  say(`\n${questions[question].title}`)
  say(row(['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms', 'memory MB']))
  for (const { name, setUp } of measuring) {
    const found = slices.get(`${question} ${name}`)!
    const middle = (of: keyof Slice) => median(found.map((one) => one[of]))
    const { rss } = await setUp.usage()
    const figures = [middle('p50').toFixed(2), middle('p99').toFixed(2), middle('cpuMs').toFixed(3)]
    say(row([name, middle('perSecond').toFixed(0), ...figures, (rss / 2 ** 20).toFixed(0)]))
  }
}

/** What held the gateway up, in milliseconds of a round. */
const STALLS: readonly (readonly [string, (stalls: Stalls) => number])[] = [
  ['longest GC', ({ longestGc }) => longestGc],
  ['all GC', ({ allGc }) => allGc],
  ['loop late', ({ longestDelay }) => longestDelay],
  ['no core', ({ withoutCore = Number.NaN }) => withoutCore],
]

interface SteadyRound extends Steady {
  readonly most: number
  readonly stalls: Stalls
}

/**
 * How evenly ours answers at half of what it can, and how evenly the floors do: where the machine holds everybody up for
 * ten milliseconds each second, the 99th percentile of all is those. What one can is measured anew before each round:
 * half of a rate of some minutes ago, when the machine was in another mood, may be more than all of it now, and then only
 * the queue is measured. Answers p99/p50 of each.
 */
async function steady(measuring: readonly Measuring[], forMs: number): Promise<Record<string, number>> {
  const found = new Map<Name, SteadyRound[]>()
  for (let round = 0; round < STEADY_ROUNDS; round++) {
    for (const one of measuring) {
      if (!STEADY.has(one.name)) continue
      found.set(one.name, [...(found.get(one.name) ?? []), await steadyRound(one, forMs / STEADY_ROUNDS)])
    }
  }
  say('\nmember 360 at half of the highest rate')
  const held = STALLS.map(([title]) => title)
  say(row(['', 'highest/s', 'requests/s', 'p50 ms', 'p99 ms', 'p99/p50', 'load late', ...held]))
  const spreads: Record<string, number> = {}
  for (const [name, rounds] of found) {
    const middle = (of: (round: SteadyRound) => number) => median(rounds.map(of))
    const rates = [middle(({ most }) => most), middle(({ perSecond }) => perSecond)]
    const times = [middle(({ p50 }) => p50), middle(({ p99 }) => p99)]
    const spread = middle(({ p50, p99 }) => p99 / p50)
    const stalls = STALLS.map(([, of]) => middle((round) => of(round.stalls)))
    say(
      row([
        name,
        ...rates.map((rate) => rate.toFixed(0)),
        ...times.map((time) => time.toFixed(2)),
        spread.toFixed(1),
        middle(({ late }) => late).toFixed(2),
        ...stalls.map((stall) => stall.toFixed(1)),
      ]),
    )
    spreads[name] = Number(spread.toFixed(1))
  }
  return spreads
}

async function steadyRound({ setUp, asks }: Measuring, forMs: number): Promise<SteadyRound> {
  using full = await openConnections(setUp.url, CONNECTIONS)
  const { perSecond: most } = await fullLoad(full.all, asks.member360, forMs)
  using connections = await openConnections(setUp.url, STEADY_CONNECTIONS)
  setUp.watch()
  const found = await steadyLoad(connections.all, asks.member360, { perSecond: most / 2, forMs })
  const { stalls } = await setUp.usage()
  return { most, ...found, stalls: stalls! }
}

const row = ([first = '', ...rest]: readonly string[]): string =>
  first.padEnd(14) + rest.map((cell) => cell.padStart(12)).join('')

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
