import { type Clock, TestClock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import type { Logger } from '../kernel/log.ts'
import { localPeers } from '../kernel/peers.ts'
import type { Secrets } from '../kernel/secrets.ts'
import { type MountedSubgraph, migrateSubgraph, mountSubgraph, type Subgraph } from '../kernel/subgraph.ts'
import { benefits } from '../subgraphs/benefits/index.ts'
import { campaigns } from '../subgraphs/campaigns/index.ts'
import { identity } from '../subgraphs/identity/index.ts'
import { ledger } from '../subgraphs/ledger/index.ts'
import { openApollo } from './apollo.ts'
import { openAnswerCache } from './cache/open-answer-cache.ts'
import { identityDoor } from './identity-door.ts'
import { keepClock } from './kept-clock.ts'
import { openProtection, plannedAhead } from './protection.ts'
import { sandboxClock } from './sandbox-clock.ts'
import { openServer } from './server.ts'
import { settle } from './settle.ts'
import { readSupergraph } from './supergraph.ts'

const SUBGRAPHS = [identity, ledger, benefits, campaigns] as readonly Subgraph[]

export type All = Awaited<ReturnType<typeof openAll>>

/**
 * The whole of Huitong in one process: four subgraphs on one database, the gateway, and a server that does not
 * listen yet. Events and jobs run when `startBackground` is called; until then `settle` makes events take effect.
 */
export async function openAll(options: {
  config: Config
  clock: Clock
  log: Logger
  databaseUrl: string
  secrets: Secrets
  /** How the graph over the subgraphs is opened. */
  openGraph?: typeof openApollo
}) {
  const { config, clock, log, databaseUrl, openGraph = openApollo } = options
  await using opened = new AsyncDisposableStack()
  const peers = localPeers(clock)
  const mounted: MountedSubgraph[] = []
  for (const subgraph of SUBGRAPHS) {
    await migrateSubgraph(subgraph, databaseUrl)
    const one = opened.use(await mountSubgraph(subgraph, { ...options, peers }))
    peers.add(subgraph.name, one)
    mounted.push(one)
  }

  opened.defer(() => Promise.all(mounted.map((one) => one.stopBackground())).then(() => {}))

  const protection = opened.use(await openProtection({ config, clock, log }))
  const answers =
    config.cacheBytes === 0
      ? undefined
      : opened.use(
          openAnswerCache({
            bytesMax: config.cacheBytes,
            peers,
            clock,
            log,
            shared: protection.redis && { redis: protection.redis, key: options.secrets.link },
          }),
        )
  const graph = await openGraph({
    supergraphSdl: readSupergraph(),
    peers,
    mode: config.mode,
    executor: config.executor,
    spend: protection.spend,
    answers,
    trusted: plannedAhead(config, protection.trusted),
    planner: config.planner,
    log,
  })
  opened.defer(() => graph.close())
  const door = identityDoor(peers.clientFor('gateway'))
  const timeMachine =
    clock instanceof TestClock
      ? sandboxClock({ clock, mounted, peers, log, keep: (now) => keepClock(databaseUrl, now) })
      : undefined
  const server = openServer({
    config,
    graph,
    protection,
    peers,
    identity: door,
    clock,
    log,
    async settle() {
      await settle(peers)
      await answers?.catchUp()
    },
    sandbox: config.mode === 'sandbox' ? { timeMachine } : undefined,
  })
  opened.defer(() => server.close())

  const held = opened.move()
  return {
    mounted,
    peers,
    server,
    identity: door,
    settle: () => settle(peers),
    async startBackground(): Promise<void> {
      for (const one of mounted) await one.startBackground()
    },
    /** Stops answering, then working: requests and jobs under way are finished first. */
    close: () => held.disposeAsync(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
