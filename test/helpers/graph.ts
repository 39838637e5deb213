import pg from 'pg'
import { ANONYMOUS, type Principal } from '../../kernel/auth/principal.ts'
import type { Claims } from '../../kernel/auth/request-signature.ts'
import { TestClock } from '../../kernel/clock.ts'
import { type Config, readConfig, SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { type NewEvent, type RecordedEvent, START } from '../../kernel/events/event.ts'
import type { EventFeed } from '../../kernel/events/feed.ts'
import type { GraphQLAnswer, GraphQLRequest } from '../../kernel/graphql/execute.ts'
import { silentLog } from '../../kernel/log.ts'
import { localPeers } from '../../kernel/peers.ts'
import { newSecrets, type Secrets, secretsFrom } from '../../kernel/secrets.ts'
import { type MountedSubgraph, mountSubgraph } from '../../kernel/subgraph.ts'
import { instant } from '../../kernel/values/instant.ts'
import { loadSubgraph, openTestDatabase } from './database.ts'

export const testConfig = (env: Record<string, string> = {}): Config =>
  readConfig({ NODE_ENV: 'test', HUITONG_POOL_SIZE: '8', ...env })

export const testSecrets: Secrets = secretsFrom(newSecrets())

/** Callers of every kind. */
export const admin: Principal = { kind: 'staff', staffId: 'admin-1', role: 'admin' }
export const operator: Principal = { kind: 'staff', staffId: 'operator-1', role: 'operator' }
export const clerk = (store = 'store-1'): Principal => ({
  kind: 'staff',
  staffId: 'clerk-1',
  role: 'clerk',
  store,
})
/** Placed at a node of the organisation, serving in its stores. */
export const manager = (node = 'store-1', stores: readonly string[] = [node]): Principal => ({
  kind: 'staff',
  staffId: `manager-${node}`,
  role: 'manager',
  node,
  stores,
})
export const partner = (partnerId: string): Principal => ({ kind: 'partner', partnerId })
export const member = (memberId: string): Principal => ({
  kind: 'member',
  memberId: memberId as never,
  channel: 'APP',
  sessionId: 'session-1',
})
export const service = (name = 'gateway'): Principal => ({ kind: 'service', name })
export const channelService = (channel: string): Principal => ({
  kind: 'service',
  name: `${channel} back end`,
  channel,
})
export const anonymous: Principal = ANONYMOUS

export const claimsOf = (principal: Principal, language = 'en'): Claims => ({
  principal,
  language,
  requestId: 'test-request',
})

export type Stub = (request: GraphQLRequest, claims: Claims) => Promise<GraphQLAnswer> | GraphQLAnswer

/**
 * One or more subgraphs on a database of their own, with a clock that stands still. Siblings that are not mounted
 * are played by the test: `stub` answers their GraphQL, `emit` writes their events.
 */
export async function openGraph(options: {
  subgraphs: readonly SubgraphName[]
  now?: string
  env?: Record<string, string>
}) {
  const subgraphs = await Promise.all(options.subgraphs.map((name) => loadSubgraph[name]()))
  const database = await openTestDatabase(subgraphs)
  const clock = TestClock.standingAt(options.now ?? '2026-01-01T00:00:00Z')
  const peers = localPeers(clock)
  const config = testConfig(options.env)
  const mounted = new Map<SubgraphName, MountedSubgraph>()
  for (const subgraph of subgraphs) {
    const one = await mountSubgraph(subgraph, {
      config,
      databaseUrl: database.url,
      secrets: testSecrets,
      clock,
      log: silentLog,
      peers,
    })
    mounted.set(subgraph.name, one)
    peers.add(subgraph.name, one)
  }
  const logs = new Map<SubgraphName, RecordedEvent[]>()
  const stubs = new Map<SubgraphName, Stub>()
  for (const name of SUBGRAPH_NAMES.filter((candidate) => !mounted.has(candidate))) {
    logs.set(name, [])
    peers.add(name, {
      feed: listFeed(logs.get(name)!),
      execute: async (request, claims) => {
        const stub = stubs.get(name)
        if (!stub) throw new Error(`the test has no stub for ${name}`)
        return stub(request, claims)
      },
    })
  }
  const first = options.subgraphs[0]!
  let owner: Promise<pg.Client> | undefined

  return {
    clock,
    mounted,
    peers,
    databaseUrl: database.url,
    /** Runs a document at one subgraph (the first, unless named) and answers `data`; throws on errors. */
    async ask<Data = never>(
      principal: Principal,
      query: string,
      variables: Record<string, unknown> = {},
      at: SubgraphName = first,
    ): Promise<Data> {
      const answer = await mounted.get(at)!.execute({ query, variables }, claimsOf(principal))
      if (answer.errors) throw Object.assign(new Error(answer.errors[0]!.message), { errors: answer.errors })
      return answer.data as Data
    },
    /** The same, with errors as part of the answer. */
    async tryAsk(
      principal: Principal,
      query: string,
      variables: Record<string, unknown> = {},
      at: SubgraphName = first,
    ): Promise<GraphQLAnswer> {
      return mounted.get(at)!.execute({ query, variables }, claimsOf(principal))
    },
    /** All events have taken effect everywhere when it returns. */
    async drain(): Promise<void> {
      for (let round = 0; round < 3; round++) for (const one of mounted.values()) await one.drain()
    },
    async runJob(name: string, at: SubgraphName = first): Promise<void> {
      await mounted.get(at)!.runJob(name)
    },
    /** As the owner of the database, past all roles. Name tables with their schema. */
    async sql<Row extends object = never>(text: string, values: unknown[] = []): Promise<Row[]> {
      owner ??= connect(database.url)
      return (await (await owner).query(text, values)).rows as Row[]
    },
    /** What a subgraph has published so far. */
    async events(of: SubgraphName = first): Promise<RecordedEvent[]> {
      const { feed } = mounted.get(of)!
      for (;;) {
        const events = await feed.read(START, 10_000)
        // Transactions still open, in other tests' databases too, may hide the last ones for a moment.
        if (!(await feed.hasNewer(events.at(-1)?.cursor ?? START))) return events
      }
    },
    emit(source: SubgraphName, event: Omit<NewEvent, 'occurredAt'> & { occurredAt?: string }): void {
      const log = logs.get(source)!
      const position = String(log.length + 1)
      const occurredAt = instant(event.occurredAt ?? clock.now())
      log.push({ ...event, occurredAt, cursor: { transaction: position, position } })
    },
    stub(name: SubgraphName, answer: Stub): void {
      stubs.set(name, answer)
    },
    async [Symbol.asyncDispose]() {
      await (await owner)?.end()
      for (const one of mounted.values()) await one.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

export type TestGraph = Awaited<ReturnType<typeof openGraph>>

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

const listFeed = (log: readonly RecordedEvent[]): EventFeed => ({
  read: async (after, limit) =>
    log.filter((event) => BigInt(event.cursor.position) > BigInt(after.position)).slice(0, limit),
  end: async () => log.at(-1)?.cursor ?? START,
  hasNewer: async (after) => log.some((event) => BigInt(event.cursor.position) > BigInt(after.position)),
})
