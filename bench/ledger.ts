import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openEmbeddedPostgres } from '../kernel/db/embedded/open-embedded-postgres.ts'
import { openBaseline } from './baseline.ts'
import { compareSweeps } from './expiry.ts'
import { openGateway } from './gateway-over-http.ts'
import { workOn } from './ledger-work.ts'
import { writeMembers } from './many-members.ts'
import { openLedger, programDocument } from './open-ledger.ts'
import { openPgledger } from './pgledger.ts'
import { type Comparison, compare, measure, type Pace, type Work } from './slices.ts'

const MEMBERS = 10_000
const CALLERS = [1, 8, 16, 32, 64, 256] as const
/** Long enough for some hundred stored answers. */
const SEEN_MS = 500
/** What stands beside the one programme, for work that is spread out. */
const PROGRAMS = 16

interface Length {
  /** For the figures that are promised. */
  readonly pace: Pace
  /** For the rest of the table. */
  readonly glance: Pace
  readonly manyMembers: number
}

const full: Length = {
  pace: { sliceMs: 6_000, rounds: 5 },
  glance: { sliceMs: 2_500, rounds: 2 },
  manyMembers: 1_000_000,
}
/** Ends within three minutes; with a fifth of the members, for they must be written first. */
const quickly: Length = {
  pace: { sliceMs: 1_000, rounds: 2 },
  glance: { sliceMs: 300, rounds: 1 },
  manyMembers: 200_000,
}

/**
 * What the ledger does in a second, as a ratio to plain transactions of the same database in the same run. Purchases
 * go through the subgraph's own GraphQL with rules, lots, chain and constraints on, on a database with durable settings.
 */
export async function benchLedger({ quick }: { quick: boolean }): Promise<void> {
  const { pace, glance, manyMembers } = quick ? quickly : full
  await using opened = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'huitong-bench-'))
  await chmod(dataDir, 0o755)
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const { url } = opened.use(await openEmbeddedPostgres({ dataDir }))
  const baseline = await openBaseline(url)
  opened.defer(() => baseline.close())
  const ledger = opened.use(await openLedger(url))
  const oneCallEach = opened.use(await openLedger(url, { lanes: false }))
  await ledger.publish(await programDocument())
  const lanes = workOn(ledger.ask, { members: MEMBERS })
  const plain = workOn(oneCallEach.ask, { members: MEMBERS })
  await lanes.seed()
  // An empty table that was looked at is planned for as empty, over and over, until the server looks again.
  await measure(lanes.redeem(8), SEEN_MS)
  await analyze(url)

  const row = async (name: string, candidate: Work, against: Work, how = glance) => {
    const comparison = await compare(candidate, against, how)
    print(name, comparison)
    return comparison
  }
  heading(`purchases, against pgbench -N; ${MEMBERS} members`)
  const purchases = new Map<number, Comparison>()
  for (const callers of CALLERS) {
    const how = callers === 64 || callers === 256 ? pace : glance
    purchases.set(
      callers,
      await row(name(callers, 'a purchase each'), lanes.purchase(callers), baseline.writes(callers), how),
    )
  }
  const batch250 = await row('4 callers, batches of 250', lanes.batch(4, 250), baseline.writes(16), pace)
  await row('4 callers, batches of 100', lanes.batch(4, 100), baseline.writes(16))

  heading('purchases, against one call each through a pool of 16')
  const single = await row('1 caller', lanes.purchase(1), plain.purchase(1), pace)
  const pooled = await row('64 callers', lanes.purchase(64), plain.purchase(64))

  heading('other movements, against pgbench -N')
  let redeem32: Comparison | undefined
  for (const callers of CALLERS) {
    await row(name(callers, 'a grant each'), lanes.earn(callers), baseline.writes(callers))
    const how = callers === 32 ? pace : glance
    const redeem = await row(
      name(callers, 'a redemption each'),
      lanes.redeem(callers),
      baseline.writes(callers),
      how,
    )
    if (callers === 32) redeem32 = redeem
  }

  heading('reads, against point reads')
  let balance32: Comparison | undefined
  for (const callers of CALLERS) {
    const how = callers === 32 ? pace : glance
    const read = await row(
      name(callers, 'a balance each'),
      lanes.balance(callers),
      baseline.reads(callers),
      how,
    )
    if (callers === 32) balance32 = read
    await row(name(callers, 'last 20 entries each'), lanes.last20(callers), baseline.reads(callers))
  }

  heading('purchases, against transfers of pgledger')
  const pgledger = opened.use(await openPgledger(url))
  const vsPgledger = await row('64 callers', lanes.purchase(64), pgledger.transfers(64), pace)

  heading(`purchases of one programme, channel and store, against ${PROGRAMS} of each`)
  const ids = Array.from({ length: PROGRAMS }, (_, index) => `club-${index}`)
  for (const id of ids) await ledger.publish(await programDocument(id))
  const spread = workOn(ledger.ask, {
    members: MEMBERS,
    from: 1_000_000,
    programOf: (member) => ids[member % PROGRAMS]!,
    channelOf: (member) => `channel-${member % PROGRAMS}`,
  })
  const oneClub = workOn(ledger.ask, { members: MEMBERS, from: 2_000_000, programOf: () => ids[0]! })
  await spread.seed()
  await oneClub.seed()
  await analyze(url)
  const hot = await row('64 callers', oneClub.purchase(64), spread.purchase(64), pace)

  heading('purchases through gateway and HTTP, against pgbench -N')
  const http = await (async () => {
    await using gateway = await openGateway(url, 64)
    const over = workOn(gateway.ask, { members: MEMBERS })
    return await row('64 connections', over.purchase(64), baseline.writes(64), pace)
  })()

  heading('expiry, against row by row in the server')
  const sweep = await compareSweeps(ledger, url, pace.rounds)
  write(
    `${'wallets swept'.padEnd(32)}${cell(sweep.perSecond)}${cell(sweep.baselinePerSecond).padStart(12)}${cell(sweep.ratio, 2)}\n`,
  )

  heading(`purchases with ${manyMembers} members, against ${MEMBERS}`)
  const large = await openLarge(opened, url, manyMembers)
  const small = await openLarge(opened, url, MEMBERS)
  // At first each page is read in, and its first change writes the whole page; that is told apart.
  const cold = { sliceMs: 2 * pace.sliceMs, rounds: 1 }
  await row('64 callers, from a checkpoint', large.work.purchase(64), small.work.purchase(64), cold)
  const many = await row('64 callers, then', large.work.purchase(64), small.work.purchase(64), pace)

  const bytes = await bytesPerPurchase(url, lanes.batch(1, 250).once)
  for (const one of [ledger, large.ledger, small.ledger]) {
    write(`ledgerCheck clean: ${await one.assertClean()} entries\n`)
  }
  write(`${bytes.books} bytes a purchase, tables and indexes, and ${bytes.events} in the log of events\n`)
  const { candidate, baseline: pool } = pooled
  write(
    `p95 of 64 callers: ${candidate.p95.toFixed(1)} ms, one call each through a pool ${pool.p95.toFixed(1)} ms\n`,
  )
  const rounded = (ratio: number) => Number(ratio.toFixed(2))
  write(
    `${JSON.stringify({
      bench: 'ledger',
      baseline_per_s: Math.round(purchases.get(64)!.baseline.perSecond),
      ratios: {
        purchase_256: rounded(purchases.get(256)!.ratio),
        purchase_64: rounded(purchases.get(64)!.ratio),
        purchase_1_p50: rounded(single.p50Ratio),
        redeem_32: rounded(redeem32!.ratio),
        batch_250: rounded(batch250.ratio),
        http_purchase_64: rounded(http.ratio),
        vs_pgledger: rounded(vsPgledger.ratio),
        hot_vs_spread: rounded(hot.ratio),
        expiry_sweep: rounded(sweep.ratio),
        balance_read: rounded(balance32!.ratio),
        million_members_cost: rounded(1 / many.ratio),
      },
    })}\n`,
  )
}

/** A database of its own with so many members, on the same server. */
async function openLarge(opened: AsyncDisposableStack, url: string, members: number) {
  const name = `members_${members}`
  await withOwner(url, (owner) => owner.query(`create database ${name}`))
  const own = new URL(url)
  own.pathname = `/${name}`
  const ledger = opened.use(await openLedger(own.toString()))
  await ledger.publish(await programDocument())
  const began = performance.now()
  await writeMembers(own.toString(), members)
  write(`${members} members written in ${Math.round((performance.now() - began) / 1000)} s\n`)
  return { ledger, work: workOn(ledger.ask, { members }) }
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

const analyze = (url: string) => withOwner(url, (client) => client.query('analyze'))

/**
 * Leaves of the indexes fill and split together, for all members buy as often: by 20,000 purchases weighed one after the
 * other each took 457, 501, 442, 430, 508, 498 and 451 bytes. So many see the whole of it.
 */
const PURCHASES_WEIGHED = 160_000

/** By how much the ledger's relations grow with each purchase of members who are there already. */
async function bytesPerPurchase(url: string, record250: (turn: number) => Promise<void>) {
  const sizes = () =>
    withOwner(url, async (client) => {
      const { rows } = await client.query<{ books: string; events: string }>(
        `select coalesce(sum(pg_total_relation_size(oid)) filter (where relname not like '%event%'), 0) as books,
                coalesce(sum(pg_total_relation_size(oid)) filter (where relname like '%event%'), 0) as events
         from pg_class where relnamespace = 'ledger'::regnamespace and relkind = 'r'`,
      )
      return { books: Number(rows[0]!.books), events: Number(rows[0]!.events) }
    })
  const before = await sizes()
  for (let turn = 0; turn < PURCHASES_WEIGHED / 250; turn++) await record250(turn)
  const after = await sizes()
  const each = (of: 'books' | 'events') => Math.round((after[of] - before[of]) / PURCHASES_WEIGHED)
  return { books: each('books'), events: each('events') }
}

const name = (callers: number, what: string) => `${callers} caller${callers === 1 ? '' : 's'}, ${what}`
const write = (text: string) => void process.stdout.write(text)
const cell = (value: number, digits = 0) => value.toFixed(digits).padStart(9)

const heading = (text: string): void =>
  write(`\n${text}\n${''.padEnd(32)}    per s    baseline    ratio   p50 ms   p95 ms   p99 ms   baseline's\n`)

function print(name: string, { candidate, baseline, ratio }: Comparison): void {
  write(
    `${name.padEnd(32)}${cell(candidate.perSecond)}${cell(baseline.perSecond).padStart(12)}${cell(ratio, 2)}` +
      `${cell(candidate.p50, 1)}${cell(candidate.p95, 1)}${cell(candidate.p99, 1)}` +
      `${cell(baseline.p50, 1)}${cell(baseline.p95, 1)}${cell(baseline.p99, 1)}\n`,
  )
}
