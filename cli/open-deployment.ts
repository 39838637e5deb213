import pino from 'pino'
import { systemClock } from '../kernel/clock.ts'
import { type Config, readConfig, type SubgraphName } from '../kernel/config.ts'
import { EmbeddedPostgresError, openEmbeddedPostgres } from '../kernel/db/embedded/open-embedded-postgres.ts'
import { localPeers } from '../kernel/peers.ts'
import { explain } from '../kernel/process.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { type MountedSubgraph, migrateSubgraph, mountSubgraph, type Subgraph } from '../kernel/subgraph.ts'
import { newId } from '../kernel/values/ids.ts'
import { CommandError } from './command-error.ts'
import { assertMigrated } from './pending-migrations.ts'

/** The system as the command sees it: a graph to ask. */
export interface Deployment {
  readonly config: Config
  /** The same for the same database. */
  readonly name: string
  /** Runs a document at one subgraph; throws one clear error. */
  request<Data>(subgraph: SubgraphName, document: string, variables?: Record<string, unknown>): Promise<Data>
  close(): Promise<void>
}

/** With the subgraphs themselves, for what is no question to the graph. */
export interface OpenDeployment extends Deployment {
  readonly mounted: ReadonlyMap<SubgraphName, MountedSubgraph>
}

const loadSubgraph: Record<SubgraphName, () => Promise<Subgraph>> = {
  identity: async () => (await import('../subgraphs/identity/index.ts')).identity as Subgraph,
  ledger: async () => (await import('../subgraphs/ledger/index.ts')).ledger as Subgraph,
  benefits: async () => (await import('../subgraphs/benefits/index.ts')).benefits as Subgraph,
  campaigns: async () => (await import('../subgraphs/campaigns/index.ts')).campaigns as Subgraph,
}

export const loadSubgraphs = (names: readonly SubgraphName[]): Promise<Subgraph[]> =>
  Promise.all(names.map((name) => loadSubgraph[name]()))

/**
 * Opens the deployment that `npm start` would, with the subgraphs that a command needs mounted in this process. An
 * embedded database is brought up to date on the way, as `npm start` does; any other only by `huitong migrate`.
 */
export async function openDeployment(names: readonly SubgraphName[]): Promise<OpenDeployment> {
  const config = readConfig()
  const secrets = openSecrets(config)
  const subgraphs = await loadSubgraphs(names)
  const faults = faultLog()
  await using opening = new AsyncDisposableStack()

  const database = opening.use(await openDeploymentDatabase(config))
  for (const subgraph of subgraphs) {
    if (config.databaseUrl) await assertMigrated(subgraph, database.url)
    else await migrateSubgraph(subgraph, database.url)
  }
  const peers = localPeers(systemClock)
  const all = new Map<SubgraphName, MountedSubgraph>()
  for (const subgraph of subgraphs) {
    const mounted: MountedSubgraph = await mountSubgraph(subgraph, {
      config,
      databaseUrl: database.url,
      secrets,
      clock: systemClock,
      log: faults.log,
      peers,
    })
    peers.add(subgraph.name, opening.use(mounted))
    all.set(subgraph.name, mounted)
  }

  const open = opening.move()
  return {
    config,
    mounted: all,
    name: database.name,
    async request<Data>(to: SubgraphName, query: string, variables: Record<string, unknown> = {}) {
      const answer = await peers.execute(
        to,
        { query, variables },
        {
          principal: { kind: 'staff', staffId: 'cli', role: 'admin' },
          language: 'en',
          requestId: newId(systemClock.now()),
        },
      )
      const error = answer.errors?.[0]
      if (!error) return answer.data as Data
      if (error.extensions?.code === 'INTERNAL') throw faults.last() ?? new Error(error.message)
      throw new CommandError(error.message)
    },
    close: () => open.disposeAsync(),
  }
}

/** The database of the deployment: that of DATABASE_URL, or the embedded one, started for the command. */
export async function openDeploymentDatabase(
  config: Config,
): Promise<{ url: string; name: string } & AsyncDisposable> {
  if (config.databaseUrl) {
    const { host, pathname } = new URL(config.databaseUrl)
    return { url: config.databaseUrl, name: host + pathname, [Symbol.asyncDispose]: async () => {} }
  }
  try {
    const embedded = await openEmbeddedPostgres({ dataDir: config.dataDir })
    return { url: embedded.url, name: 'embedded', [Symbol.asyncDispose]: () => embedded.stop() }
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error
    const hint = / is in use by /.test(error.message)
      ? '; stop that process first (`npm start`?), or set DATABASE_URL'
      : ''
    throw new CommandError(error.message + hint)
  }
}

/** A log that prints nothing: the caller of the graph is masked from internal errors, who runs the command is not. */
function faultLog() {
  let last: Error | undefined
  const log = pino(
    { level: 'error', base: undefined, serializers: { error: pino.stdSerializers.err } },
    {
      write(line: string) {
        const { error } = JSON.parse(line) as { error?: { message: string; code?: string } }
        if (error) last = new CommandError(explain(error.code ? error : new Error(error.message)))
      },
    },
  )
  return { log, last: () => last }
}
