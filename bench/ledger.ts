import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Principal } from '../kernel/auth/principal.ts'
import { systemClock } from '../kernel/clock.ts'
import { readConfig } from '../kernel/config.ts'
import { openEmbeddedPostgres } from '../kernel/db/embedded/open-embedded-postgres.ts'
import { silentLog } from '../kernel/log.ts'
import { localPeers } from '../kernel/peers.ts'
import { newSecrets, secretsFrom } from '../kernel/secrets.ts'
import { type MountedSubgraph, migrateSubgraph, mountSubgraph } from '../kernel/subgraph.ts'
import { derivedId } from '../kernel/values/ids.ts'
import { ledger } from '../subgraphs/ledger/index.ts'
import { openBaseline } from './baseline.ts'
import { type Comparison, compare, type Work } from './slices.ts'

const MEMBERS = 10_000

const admin: Principal = { kind: 'staff', staffId: 'bench', role: 'admin' }

const PUBLISH = 'mutation P($document: String!) { publishProgram(document: $document) { refusal { code } } }'
const RECORD = `mutation R($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) { purchase { points } refusal { code } }
}`
const RECORD_MANY = `mutation R($input: RecordPurchasesInput!) {
  recordPurchases(input: $input) { results { purchase { points } refusal { code } } }
}`
const REDEEM = `mutation R($input: RedeemPointsInput!) {
  redeemPoints(input: $input) { entry { balance } refusal { code } }
}`
const BALANCE = `query B($id: ID!) {
  _entities(representations: [{ __typename: "Member", id: $id }]) {
    ... on Member { account { points { available } } }
  }
}`

/**
 * What the ledger does in a second, as a ratio to plain transactions of the same database in the same run. Purchases
 * go through the subgraph's own GraphQL with rules, lots, chain and constraints on, on a database with durable settings.
 */
export async function benchLedger({ quick }: { quick: boolean }): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'huitong-bench-'))
  await chmod(dataDir, 0o755)
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = opened.use(await openEmbeddedPostgres({ dataDir }))
  const baseline = await openBaseline(database.url)
  opened.defer(() => baseline.close())
  const subgraph = opened.use(await openLedger(database.url))
  const { purchase, batch, redeem, balance, seed } = workOn(subgraph)
  await seed()
  await analyze(database.url)

  const pace = quick ? { sliceMs: 2_000, rounds: 3 } : { sliceMs: 8_000, rounds: 5 }
  const table: [name: string, Comparison][] = []
  const row = async (name: string, candidate: Work, against: Work) => {
    const comparison = await compare(candidate, against, pace)
    table.push([name, comparison])
    return comparison
  }
  const single = await row('1 purchase at a time', purchase(1), baseline.writes(1))
  const at64 = await row('64 callers, a purchase each', purchase(64), baseline.writes(64))
  const at256 = await row('256 callers, a purchase each', purchase(256), baseline.writes(256))
  const batches = await row('4 callers, batches of 250', batch(4), baseline.writes(16))
  const redeems = await row('32 callers, a redemption each', redeem(32), baseline.writes(32))
  const reads = await row('32 callers, a balance each', balance(32), baseline.reads(32))

  print(table)
  const check = await subgraph.ask<{ ledgerCheck: { clean: boolean; entries: number } }>(
    '{ ledgerCheck { clean entries } }',
  )
  if (!check.ledgerCheck.clean) throw new Error('the books are not right; the run does not count')
  process.stdout.write(`${await bytesPerPurchase(database.url)} bytes a purchase, tables and indexes\n`)
  const rounded = (ratio: number) => Number(ratio.toFixed(2))
  process.stdout.write(
    `${JSON.stringify({
      bench: 'ledger',
      baseline_per_s: Math.round(at64.baseline.perSecond),
      ratios: {
        purchase_256: rounded(at256.ratio),
        purchase_64: rounded(at64.ratio),
        purchase_1_p50: rounded(single.p50Ratio),
        redeem_32: rounded(redeems.ratio),
        batch_250: rounded(batches.ratio),
        balance_read: rounded(reads.ratio),
      },
    })}\n`,
  )
}

type Ledger = Awaited<ReturnType<typeof openLedger>>

async function openLedger(databaseUrl: string) {
  await migrateSubgraph(ledger, databaseUrl)
  const peers = localPeers(systemClock)
  const mounted: MountedSubgraph = await mountSubgraph(ledger, {
    config: readConfig({ HUITONG_POOL_SIZE: '16' }),
    databaseUrl,
    secrets: secretsFrom(newSecrets()),
    clock: systemClock,
    log: silentLog,
    peers,
  })
  // Every member is known: the look-up at `identity` is not what is measured.
  peers.add('identity', {
    feed: mounted.feed,
    execute: async ({ variables }) => ({
      data: { resolveMembers: [], knownMembers: (variables as { ids: string[] }).ids },
    }),
  })
  const ask = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> => {
    const claims = { principal: admin, language: 'en', requestId: 'bench' }
    const { data, errors } = await mounted.execute({ query, variables }, claims)
    if (errors) throw new Error(errors[0]!.message)
    return data as Data
  }
  const document = await readFile(new URL('../programs/super-member.yaml', import.meta.url), 'utf8')
  await ask(PUBLISH, { document })
  return { ask, [Symbol.asyncDispose]: () => mounted.close() }
}

function workOn({ ask }: Ledger) {
  const member = (turn: number) => derivedId('bench member', String((turn * 7_919) % MEMBERS))
  let documents = 0
  const bill = (turn: number, amount = '120.50') => ({
    member: { id: member(turn) },
    channel: 'bench',
    document: `bill-${documents++}`,
    lines: [{ category: 'shoes', amount }],
  })
  const recordMany = async (purchases: object[]): Promise<void> => {
    const { recordPurchases } = await ask<{ recordPurchases: { results: { refusal: unknown }[] } }>(
      RECORD_MANY,
      {
        input: { purchases },
      },
    )
    if (recordPurchases.results.some(({ refusal }) => refusal)) throw new Error('a purchase was refused')
  }
  return {
    /** Every member has an account with points to spend. */
    async seed(): Promise<void> {
      for (let from = 0; from < MEMBERS; from += 1_000) {
        await recordMany(Array.from({ length: 1_000 }, (_, index) => bill(from + index, '2900')))
      }
    },
    purchase: (callers: number): Work => ({
      callers,
      async once(turn) {
        const { recordPurchase } = await ask<{ recordPurchase: { refusal: unknown } }>(RECORD, {
          input: bill(turn),
        })
        if (recordPurchase.refusal) throw new Error('a purchase was refused')
      },
    }),
    batch: (callers: number): Work => ({
      callers,
      units: 250,
      once: (turn) => recordMany(Array.from({ length: 250 }, (_, index) => bill(turn * 250 + index))),
    }),
    redeem: (callers: number): Work => ({
      callers,
      async once(turn) {
        const { redeemPoints } = await ask<{ redeemPoints: { refusal: unknown } }>(REDEEM, {
          input: {
            memberId: member(turn),
            points: 1,
            bill: '100.00',
            channel: 'bench',
            document: `burn-${documents}`,
            idempotencyKey: `burn-${documents++}`,
          },
        })
        if (redeemPoints.refusal) throw new Error('a redemption was refused')
      },
    }),
    balance: (callers: number): Work => ({
      callers,
      once: async (turn) => void (await ask(BALANCE, { id: member(turn) })),
    }),
  }
}

async function withOwner<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const analyze = (url: string): Promise<void> =>
  withOwner(url, async (client) => void (await client.query('analyze')))

const bytesPerPurchase = (url: string): Promise<number> =>
  withOwner(url, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      `select sum(pg_total_relation_size(format('ledger.%I', name)::regclass))
              / (select count(*) from ledger.document where kind = 'purchase') as bytes
       from unnest(array['account', 'wallet', 'lot', 'document', 'entry', 'tier_change']) name`,
    )
    return Math.round(Number(rows[0]!.bytes))
  })

function print(table: readonly [string, Comparison][]): void {
  const cell = (value: number, digits = 0) => value.toFixed(digits).padStart(9)
  process.stdout.write(`${'work'.padEnd(32)}      per s    baseline    ratio   p50 ms   p95 ms   p99 ms\n`)
  for (const [name, { candidate, baseline, ratio }] of table) {
    process.stdout.write(
      `${name.padEnd(32)}${cell(candidate.perSecond)}${cell(baseline.perSecond).padStart(12)}${cell(ratio, 2)}` +
        `${cell(candidate.p50, 1)}${cell(candidate.p95, 1)}${cell(candidate.p99, 1)}\n`,
    )
  }
}
