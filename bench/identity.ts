import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Principal } from '../kernel/auth/principal.ts'
import { systemClock } from '../kernel/clock.ts'
import { readConfig } from '../kernel/config.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../kernel/db/embedded/open-embedded-postgres.ts'
import { silentLog } from '../kernel/log.ts'
import { localPeers } from '../kernel/peers.ts'
import { newSecrets, secretsFrom } from '../kernel/secrets.ts'
import { migrateSubgraph, mountSubgraph } from '../kernel/subgraph.ts'
import { identity } from '../subgraphs/identity/index.ts'
import { openBaseline } from './baseline.ts'
import { generateMembers, memberIdAt } from './million-members.ts'
import { measure, type Slice, type Work } from './slices.ts'

const admin: Principal = { kind: 'staff', staffId: 'bench', role: 'admin' }

/** Members that come by the importer's own call; these are looked for. */
const IMPORTED = 10_000
const BATCH = 1_000

const FIVE_CONDITIONS = `member.tier == "vip" && member.age >= 25 && member.age < 40
  && "interest/coffee" in member.tags && purchases.spent90 >= 50000
  && purchases.lastAt > timestamp("2026-05-01T00:00:00Z")`

/** Look-ups and segments among a million members, as ratios to point reads of the same database in the same run. */
export async function benchIdentity({ quick }: { quick: boolean }): Promise<void> {
  const members = quick ? 100_000 : 1_000_000
  const dataDir = await mkdtemp(join(tmpdir(), 'huitong-bench-'))
  await chmod(dataDir, 0o755)
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = opened.use(await openEmbeddedPostgres({ dataDir }))
  const baseline = await openBaseline(database.url)
  opened.defer(() => baseline.close())
  await migrateSubgraph(identity, database.url)
  const generating = performance.now()
  await generateMembers(database.url, members)
  say(`${members} members generated`, (performance.now() - generating) / 1000, 's')
  const mounted = opened.use(
    await mountSubgraph(identity, {
      config: readConfig({ HUITONG_POOL_SIZE: '16' }),
      databaseUrl: database.url,
      secrets: secretsFrom(newSecrets()),
      clock: systemClock,
      log: silentLog,
      peers: localPeers(systemClock),
    }),
  )
  const ask = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> => {
    const claims = { principal: admin, language: 'en', requestId: 'bench' }
    const { data, errors } = await mounted.execute({ query, variables }, claims)
    if (errors) throw new Error(errors[0]!.message)
    return data as Data
  }

  const importing = performance.now()
  for (let from = 0; from < IMPORTED; from += BATCH) {
    await ask(
      `mutation ($input: RegisterMembersInput!) { registerMembers(input: $input) { refusal { code } } }`,
      {
        input: {
          source: 'imported',
          members: Array.from({ length: BATCH }, (_, index) => ({
            identity: { kind: 'EXTERNAL', value: String(from + index) },
          })),
        },
      },
    )
  }
  const importedPerSecond = IMPORTED / ((performance.now() - importing) / 1000)
  say('members registered by import', importedPerSecond, 'per s')

  const imported = await importPersons(ask, database, quick ? 10_000 : 50_000)
  const copied = await copyAgain(database, dataDir, imported.members)
  say('persons imported (phone, profile, tag, two identities)', imported.perSecond, 'per s')
  say('  CPU of this process', imported.ownMicros, 'µs a person')
  say('  CPU of the database', imported.databaseMicros, 'µs a person')
  say('such rows copied into the same tables', copied.same.perSecond, 'members per s')
  say('  CPU of the database', copied.same.databaseMicros, 'µs a member')
  say('such rows copied into empty tables with the same indexes', copied.empty.perSecond, 'members per s')

  const value = (turn: number) => ({
    kind: 'EXTERNAL',
    scope: 'imported',
    value: String((turn * 7_919) % IMPORTED),
  })
  const lookup: Work = {
    callers: 1,
    once: async (turn) =>
      void (await ask('query ($of: [IdentityInput!]!) { resolveMembers(identities: $of) }', {
        of: [value(turn)],
      })),
  }
  const memberBy: Work = {
    callers: 1,
    once: async (turn) =>
      void (await ask('query ($of: IdentityInput!) { memberBy(identity: $of) { id number } }', {
        of: value(turn),
      })),
  }
  const forMs = quick ? 2_000 : 5_000
  const rounds: { lookup: number; memberBy: number }[] = []
  for (let round = 0; round < 3; round++) {
    const read = await measure(baseline.reads(1), forMs)
    const found = await measure(lookup, forMs)
    const asked = await measure(memberBy, forMs)
    latency('point read', read)
    latency('sign-in look-up', found)
    latency('memberBy', asked)
    rounds.push({ lookup: found.p99 / read.p99, memberBy: asked.p99 / read.p99 })
  }

  await ask(`mutation ($input: SaveSegmentInput!) { saveSegment(input: $input) { refusal { message } } }`, {
    input: { id: 'five', name: 'Five conditions', condition: FIVE_CONDITIONS },
  })
  const count = async () =>
    (await ask<{ segment: { count: number } }>('{ segment(id: "five") { count } }')).segment.count
  const counted = await count()
  const counting = await times(quick ? 5 : 11, count)
  const one = await times(200, (turn) =>
    ask('query ($id: ID!) { member(id: $id) { inSegment(id: "five") } }', {
      id: memberIdAt(1 + ((turn * 7_919) % members)),
    }),
  )
  say(`segment of five conditions counted (${counted} members)`, counting, 'ms')
  say('one member asked', one, 'ms')
  const rounded = (ratio: number) => Number(ratio.toFixed(3))
  const ratios = {
    signin_lookup_p99: rounded(median(rounds.map((round) => round.lookup))),
    member_by_p99: rounded(median(rounds.map((round) => round.memberBy))),
    one_member_to_count: rounded(one / counting),
  }
  process.stdout.write(
    `${JSON.stringify({
      bench: 'identity',
      members,
      segment_count_ms: Math.round(counting),
      one_member_ms: rounded(one),
      import_per_s: Math.round(importedPerSecond),
      persons_per_s: Math.round(imported.perSecond),
      persons_cpu_us: Math.round(imported.ownMicros),
      persons_database_cpu_us: Math.round(imported.databaseMicros),
      copy_per_s: Math.round(copied.same.perSecond),
      copy_database_cpu_us: Math.round(copied.same.databaseMicros),
      copy_empty_per_s: Math.round(copied.empty.perSecond),
      ratios: {
        ...ratios,
        persons_to_copy: rounded(imported.perSecond / copied.same.perSecond),
        persons_to_copy_empty: rounded(imported.perSecond / copied.empty.perSecond),
      },
    })}\n`,
  )
}

type Ask = <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>

interface Imported {
  readonly members: number
  readonly perSecond: number
  readonly ownMicros: number
  readonly databaseMicros: number
}

/** By the importer's own call, one after the other as it does. */
async function importPersons(ask: Ask, database: EmbeddedPostgres, members: number): Promise<Imported> {
  const inputOf = (from: number): Record<string, unknown> => ({
    source: 'persons',
    members: Array.from({ length: BATCH }, (_, index) => ({
      key: `p${from + index}`,
      identities: [{ kind: 'PHONE', value: `+86135${String(from + index).padStart(8, '0')}` }],
      profile: { name: `王${from + index}`, gender: 'FEMALE', birthday: '1990-02-03', province: '上海' },
      tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'weekly' }],
    })),
  })
  const own = process.cpuUsage()
  const taken = await timed(database, members, async () => {
    for (let from = 0; from < members; from += BATCH) {
      await ask(
        `mutation ($input: ImportMembersInput!) { importMembers(input: $input) { members { outcome } refusal { code } } }`,
        { input: inputOf(from) },
      )
    }
  })
  const { user, system } = process.cpuUsage(own)
  return { members, ownMicros: (user + system) / members, ...taken }
}

interface Taken {
  readonly perSecond: number
  readonly databaseMicros: number
}

/** Right behind a checkpoint, so that each begins with no page written to the log yet. */
async function timed(database: EmbeddedPostgres, members: number, work: () => Promise<void>): Promise<Taken> {
  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  await owner.query('checkpoint')
  await owner.end()
  const cpu = serverCpu(database.pid)
  const before = cpu()
  const at = performance.now()
  await work()
  const seconds = (performance.now() - at) / 1000
  return { perSecond: members / seconds, databaseMicros: (cpu() - before) / members }
}

/** What the server and its children have taken, in microseconds; of one that has ended, as far as it was seen. */
function serverCpu(pid: number): () => number {
  const seen = new Map<string, number>()
  return () => {
    for (const process of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = readStat(process)
      if (stat && (stat.pid === pid || stat.parent === pid)) seen.set(process, stat.micros)
    }
    return [...seen.values()].reduce((sum, micros) => sum + micros, 0)
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; its ticks are hundredths of a second. */
function readStat(pid: string): { pid: number; parent: number; micros: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const micros = (Number(fields[11]) + Number(fields[12])) * 10_000
    return { pid: Number(pid), parent: Number(fields[1]), micros }
  } catch {
    return undefined // It has ended.
  }
}

/** The tables that an import of persons writes. */
const WRITTEN = [
  'member',
  'identifier',
  'channel_identity',
  'member_key',
  'profile',
  'tag',
  'tag_history',
] as const

/**
 * How many members a second the database takes by COPY of rows as long and as scattered as those of the import: into the
 * very same tables under ids and hashes of their own, and into empty ones with the same indexes.
 */
async function copyAgain(
  database: EmbeddedPostgres,
  folder: string,
  members: number,
): Promise<{ same: Taken; empty: Taken }> {
  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  try {
    const files = await mkdtemp(join(folder, 'copy-'))
    await chmod(files, 0o777)
    for (const table of WRITTEN) {
      await owner.query(`create table copied_${table} (like identity.${table} including all)`)
      const { rows } = await owner.query<{ name: string }>(
        `select column_name as name from information_schema.columns
         where table_schema = 'identity' and table_name = $1 order by ordinal_position`,
        [table],
      )
      const columns = rows.map(({ name }) => OTHER[name] ?? name)
      await owner.query(
        `copy (select ${columns} from identity.${table}
               where member_id in (select member_id from identity.channel_identity where scope = 'persons'))
         to '${join(files, table)}'`,
      )
    }
    const copy = (prefix: string) =>
      timed(database, members, async () => {
        await owner.query('begin')
        for (const table of WRITTEN) await owner.query(`copy ${prefix}${table} from '${join(files, table)}'`)
        await owner.query('commit')
      })
    return { same: await copy('identity.'), empty: await copy('copied_') }
  } finally {
    await owner.end()
  }
}

/** Another person's, in the same order and as random: the version of the UUID is 8 in place of 7. */
const OTHER: Readonly<Record<string, string>> = {
  member_id: `overlay(member_id::text placing '8' from 15 for 1)::uuid`,
  hash: 'sha256(hash)',
}

/** The median time of some runs, in milliseconds; the first is not counted. */
async function times(runs: number, work: (turn: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let turn = 0; turn <= runs; turn++) {
    const at = performance.now()
    await work(turn)
    if (turn > 0) taken.push(performance.now() - at)
  }
  return median(taken)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const say = (what: string, value: number, unit: string): void =>
  void process.stdout.write(`${what.padEnd(64)}${value.toFixed(1).padStart(10)} ${unit}\n`)

const latency = (what: string, { p50, p99 }: Slice): void =>
  void process.stdout.write(`${what.padEnd(32)} p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms\n`)
