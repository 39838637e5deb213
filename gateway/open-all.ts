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
import type { openApollo } from './apollo.ts'
import { keepClock } from './kept-clock.ts'
import { openGateway } from './open-gateway.ts'
import { sandboxClock } from './sandbox-clock.ts'
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
  const { config, clock, log, databaseUrl, secrets, openGraph } = options
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

  const timeMachine =
    clock instanceof TestClock
      ? sandboxClock({ clock, mounted, peers, log, keep: (now) => keepClock(databaseUrl, now) })
      : undefined
  const { server, identity: door } = await openGateway(opened, {
    config,
    supergraphSdl: readSupergraph(),
    peers,
    remote: false,
    clock,
    log,
    linkKey: secrets.link,
    settle,
    timeMachine,
    openGraph,
  })

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
