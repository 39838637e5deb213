import { readFileSync } from 'node:fs'
import type { GraphQLSchema } from 'graphql'
import type { EntitySchema } from 'typeorm'
import type { Claims } from './auth/request-signature.ts'
import type { Clock } from './clock.ts'
import { type Config, SUBGRAPH_NAMES, type SubgraphName } from './config.ts'
import { jobSchemaOf, type Migration, migrate } from './db/migrate.ts'
import { type Db, openDatabase } from './db/open-database.ts'
import type { Tx } from './db/transaction.ts'
import { Consumer } from './events/consumer.ts'
import type { RecordedEvent } from './events/event.ts'
import { databaseFeed, type EventFeed } from './events/feed.ts'
import { dropParked, listParked, type ParkedEvent } from './events/parked.ts'
import { buildSchema, type ResolverMap } from './graphql/build-schema.ts'
import type { Context, ServiceDependencies } from './graphql/context.ts'
import { executor, type GraphQLAnswer, type GraphQLRequest } from './graphql/execute.ts'
import type { Language, Messages } from './graphql/refusal.ts'
import type { Job } from './jobs/define-job.ts'
import { runJob, startJobs } from './jobs/runner.ts'
import type { Logger } from './log.ts'
import type { Peers } from './peers.ts'
import type { Secrets } from './secrets.ts'
import { observedJob, observeEvent, probeSubgraph } from './telemetry/observe.ts'
import { inTraceOf } from './telemetry/trace.ts'
import { newId } from './values/ids.ts'
import type { Instant } from './values/instant.ts'
import type { Patience } from './values/patience.ts'

/** What happens here when something happened elsewhere; runs once per event, in one transaction with its effects. */
export interface Listener<Ctx> {
  /** E.g. `ledger.TierChanged`; the part before the dot is the subgraph whose log is read. */
  readonly event: string
  /**
   * Listeners of one name read the log together and apart from the others, at their own position: what they keep can be
   * built anew by letting them read from the start, and nobody else hears anything twice.
   */
  readonly reader?: string
  readonly handle: (tx: Tx, event: RecordedEvent<string, never>, ctx: Ctx) => Promise<void>
}

/** A subgraph as a value: mounted alone, with its siblings in one process, or in a test. */
export interface Subgraph<Services = unknown, Loaders = unknown> {
  readonly name: SubgraphName
  readonly sdl: string
  readonly resolvers: ResolverMap
  readonly tables: readonly EntitySchema[]
  readonly migrations: readonly Migration[]
  readonly messages: Messages
  readonly services: (dependencies: ServiceDependencies) => Services
  /** Lets go what services hold, while the database is still there. */
  readonly close?: (services: Services) => Promise<void>
  readonly loaders: (db: Db) => Loaders
  readonly jobs: readonly Job<Context<Services, Loaders>>[]
  readonly listeners: readonly Listener<Context<Services, Loaders>>[]
}

/** A subgraph of any services and loaders, for who only runs it. */
// biome-ignore lint/suspicious/noExplicitAny: its services and loaders are its own affair.
export type AnySubgraph = Subgraph<any, any>

/** Declares a subgraph; its SDL is the `schema.graphql` beside the module at `url`. */
export function defineSubgraph<Services, Loaders>(
  url: string,
  subgraph: Omit<Subgraph<Services, Loaders>, 'sdl'>,
): Subgraph<Services, Loaders> {
  return { ...subgraph, sdl: readFileSync(new URL('./schema.graphql', url), 'utf8') }
}

/** Logs are looked at so often even if nobody says that there is something new: another process may have written. */
const UNHEARD_MS = 5_000

export const migrateSubgraph = (subgraph: AnySubgraph, url: string) =>
  migrate({ url, schema: subgraph.name, migrations: subgraph.migrations })

export interface MountOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Logger
  readonly peers: Peers
}

export interface MountedSubgraph extends AsyncDisposable {
  readonly name: SubgraphName
  readonly schema: GraphQLSchema
  readonly feed: EventFeed
  /** A query's statements are cancelled when its caller waits no longer. */
  execute(
    request: GraphQLRequest,
    claims: Claims,
    patience?: Patience,
  ): GraphQLAnswer | Promise<GraphQLAnswer>
  /** Follows the other subgraphs' events and runs the job queue. */
  startBackground(): Promise<void>
  /** Finishes what is under way and begins nothing new. Siblings that read each other's logs stop before any closes. */
  stopBackground(): Promise<void>
  /** Returns when all events that were committed before the call have taken effect here. */
  drain(): Promise<void>
  /** The scheduled jobs, and a way to run one now, as if the queue had. */
  readonly jobs: readonly Job<never>[]
  runJob(name: string, payload?: unknown): Promise<void>
  /** Events whose handlers kept failing, and what a person may decide about each. */
  readonly parked: {
    list(): Promise<ParkedEvent[]>
    /** Throws what the handler throws; false if the event is not parked. */
    retry(source: string, position: bigint, by: string): Promise<boolean>
    drop(source: string, position: bigint, decided: { by: string; reason: string }): Promise<boolean>
  }
  /** Can the database be reached? */
  ready(): Promise<boolean>
  close(): Promise<void>
}

/** Opens a subgraph's database and makes it answer. Its schema must have been migrated. */
export async function mountSubgraph<Services, Loaders>(
  subgraph: Subgraph<Services, Loaders>,
  options: MountOptions,
): Promise<MountedSubgraph> {
  const { config, secrets, clock, peers } = options
  const { name } = subgraph
  const log = options.log.child({ subgraph: name })
  const schema = schemaOf(subgraph)
  const db = await openDatabase({
    url: options.databaseUrl,
    schema: name,
    tables: subgraph.tables,
    poolSize: config.poolSize,
    onPublished: () => peers.wake(name),
  })
  const services = subgraph.services({ db, config, secrets, clock, log })
  const run = executor(schema, log)
  const client = peers.clientFor(name)

  const contextFor = (claims: Claims, patience?: Patience): Context<Services, Loaders> => {
    const bounded = patience ? { ...db, query: db.within(patience) } : db
    return {
      principal: claims.principal,
      now: clock.now(),
      language: claims.language as Language,
      requestId: claims.requestId,
      address: claims.address,
      db: bounded,
      patience,
      graph: client,
      log,
      services,
      loaders: subgraph.loaders(bounded),
      messages: subgraph.messages,
    }
  }
  const backgroundContext = () => contextFor(ownClaims(name, clock.now()))

  const consumers = consumersOf(subgraph, { db, clock, log, peers, context: backgroundContext })
  const unprobe = probeSubgraph({ name, db, jobSchema: jobSchemaOf(name), consumers })
  const unsubscribes: (() => void)[] = []
  let runner: { stop(): Promise<void> } | undefined

  const mounted: MountedSubgraph = {
    name,
    schema,
    feed: databaseFeed(db),
    execute: (request, claims, patience) => run(request, contextFor(claims, patience)),
    async startBackground() {
      for (const { source, consumer } of consumers) {
        // Whoever published does not wait for it, nor is it part of what they did.
        const wake = () => inTraceOf(undefined, () => consumer.wake())
        const timer = setInterval(wake, UNHEARD_MS).unref()
        unsubscribes.push(peers.onPublished(source, wake), () => clearInterval(timer))
        wake()
      }
      runner = await startJobs({
        jobs: subgraph.jobs.map((job) => observedJob(name, job)),
        context: backgroundContext,
        pool: db.pool,
        schema: jobSchemaOf(name),
        log,
      })
    },
    async drain() {
      for (const { consumer } of consumers) await consumer.drain()
    },
    jobs: subgraph.jobs as readonly Job<never>[],
    async runJob(jobName, payload = {}) {
      const job = subgraph.jobs.find((candidate) => candidate.name === jobName)
      if (!job) throw new Error(`no job ${jobName} in ${name}`)
      await runJob(job, backgroundContext(), payload)
    },
    parked: {
      list: () => listParked(db.query),
      async retry(source, position, by) {
        const { consumer } = consumers.find(({ reader }) => reader === source) ?? {}
        return consumer ? consumer.retry(position, by) : false
      },
      drop: (source, position, { by, reason }) =>
        dropParked(db, { source, position, by, reason, at: clock.now() }),
    },
    async ready() {
      return db.query('/* ping */ select 1').then(
        () => true,
        () => false,
      )
    },
    async stopBackground() {
      for (const unsubscribe of unsubscribes.splice(0)) unsubscribe()
      await runner?.stop()
      runner = undefined
      await Promise.all(consumers.map(({ consumer }) => consumer.stop()))
    },
    async close() {
      unprobe()
      await mounted.stopBackground()
      await subgraph.close?.(services)
      await db.close()
    },
    [Symbol.asyncDispose]: () => mounted.close(),
  }
  return mounted
}

/** Built once, however often a process mounts the subgraph, as tests do. */
function schemaOf(subgraph: Pick<Subgraph, 'sdl' | 'resolvers'>): GraphQLSchema {
  const schema = schemas.get(subgraph) ?? buildSchema(subgraph.sdl, subgraph.resolvers)
  schemas.set(subgraph, schema)
  return schema
}
const schemas = new WeakMap<object, GraphQLSchema>()

/** What a subgraph may do on its own behalf, in jobs, event handlers and calls to its siblings. */
export const ownClaims = (name: string, now: Instant): Claims => ({
  principal: { kind: 'service', name },
  language: 'en',
  requestId: newId(now),
})

function consumersOf<Services, Loaders>(
  subgraph: Subgraph<Services, Loaders>,
  options: {
    db: Db
    clock: Clock
    log: Logger
    peers: Peers
    context: () => Context<Services, Loaders>
  },
): { source: SubgraphName; reader: string; consumer: Consumer }[] {
  const { db, clock, log, peers, context } = options
  return SUBGRAPH_NAMES.flatMap((source) => {
    const listeners = subgraph.listeners.filter((listener) => listener.event.startsWith(`${source}.`))
    return [...Map.groupBy(listeners, ({ reader }) => reader)].map(([reader, together]) => {
      const handlers = new Map(
        together.map((listener) => [
          listener.event,
          (tx: Tx, event: RecordedEvent) =>
            observeEvent({ subgraph: subgraph.name, source, type: event.type }, () =>
              listener.handle(tx, event as RecordedEvent<string, never>, context()),
            ),
        ]),
      )
      const position = reader === undefined ? source : `${source}/${reader}`
      const consumer = new Consumer({ db, source: position, feed: peers.feed(source), handlers, clock, log })
      return { source, reader: position, consumer }
    })
  })
}
