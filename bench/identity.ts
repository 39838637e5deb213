import { chmod, mkdtemp, rm } from 'node:fs/promises'
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

  const imported = await importPersons(ask, quick ? 10_000 : 50_000)
  const copied = await copyAgain(database.url, dataDir, imported.members)
  say('persons imported (phone, profile, tag, two identities)', imported.perSecond, 'per s')
  say('the same rows copied into the same tables', copied, 'members per s')

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
      copy_per_s: Math.round(copied),
      ratios: { ...ratios, persons_to_copy: rounded(imported.perSecond / copied) },
    })}\n`,
  )
}

type Ask = <Data>(query: string, variables?: Record<string, unknown>) => Promise<Data>

/** By the importer's own call, two at once as it does. */
async function importPersons(ask: Ask, members: number): Promise<{ members: number; perSecond: number }> {
  const send = (from: number): Promise<unknown> =>
    ask(
      `mutation ($input: ImportMembersInput!) { importMembers(input: $input) { members { outcome } refusal { code } } }`,
      {
        input: {
          source: 'persons',
          members: Array.from({ length: BATCH }, (_, index) => ({
            key: `p${from + index}`,
            identities: [{ kind: 'PHONE', value: `+86135${String(from + index).padStart(8, '0')}` }],
            profile: {
              name: `王${from + index}`,
              gender: 'FEMALE',
              birthday: '1990-02-03',
              province: '上海',
            },
            tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'weekly' }],
          })),
        },
      },
    )
  const at = performance.now()
  const lane = async (first: number): Promise<void> => {
    for (let from = first * BATCH; from < members; from += 2 * BATCH) await send(from)
  }
  await Promise.all([lane(0), lane(1)])
  return { members, perSecond: members / ((performance.now() - at) / 1000) }
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

/** How many members a second the database takes of the very same rows by COPY, into tables with the same indexes. */
async function copyAgain(url: string, folder: string, members: number): Promise<number> {
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  try {
    await owner.query(
      `create temp table imported as select member_id from identity.channel_identity where scope = 'persons'`,
    )
    const files = await mkdtemp(join(folder, 'copy-'))
    await chmod(files, 0o777)
    for (const table of WRITTEN) {
      await owner.query(`create table copied_${table} (like identity.${table} including all)`)
      await owner.query(
        `copy (select t.* from identity.${table} t where member_id in (select member_id from imported)) to '${join(files, table)}'`,
      )
    }
    const at = performance.now()
    await owner.query('begin')
    for (const table of WRITTEN) await owner.query(`copy copied_${table} from '${join(files, table)}'`)
    await owner.query('commit')
    const seconds = (performance.now() - at) / 1000
    for (const table of WRITTEN) await owner.query(`drop table copied_${table}`)
    return members / seconds
  } finally {
    await owner.end()
  }
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
