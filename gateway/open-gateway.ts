import type { Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import { openApollo } from './apollo.ts'
import { openAnswerCache } from './cache/open-answer-cache.ts'
import { identityDoor } from './identity-door.ts'
import { openProtection, plannedAhead } from './protection.ts'
import type { SandboxClock } from './sandbox-clock.ts'
import { openServer } from './server.ts'

/**
 * What stands before the subgraphs, wherever these are: protection, kept answers, the graph, and a server that does not
 * listen yet. When `opened` is disposed of, they end in turn, the server first.
 */
export async function openGateway(
  opened: AsyncDisposableStack,
  options: {
    config: Config
    supergraphSdl: string
    peers: Peers
    remote: boolean
    clock: Clock
    log: Logger
    linkKey: Buffer
    /** Returns when the effects of what was committed are visible in all subgraphs. */
    settle: (peers: Peers) => Promise<void>
    timeMachine?: SandboxClock | undefined
    /** How the graph over the subgraphs is opened. */
    openGraph?: typeof openApollo | undefined
  },
) {
  const { config, supergraphSdl, peers, remote, clock, log, linkKey, timeMachine } = options
  const { settle, openGraph = openApollo } = options
  const { mode, executor, planner, cacheBytes } = config
  const protection = opened.use(await openProtection({ config, clock, log }))
  const { spend, trusted, redis } = protection
  const shared = redis && { redis, key: linkKey }
  const answers =
    cacheBytes === 0
      ? undefined
      : opened.use(openAnswerCache({ bytesMax: cacheBytes, peers, clock, log, shared }))
  const graph = await openGraph({
    supergraphSdl,
    peers,
    remote,
    mode,
    executor,
    spend,
    answers,
    trusted: plannedAhead(config, trusted),
    planner,
    log,
  })
  opened.defer(() => graph.close())
  const identity = identityDoor(peers.clientFor('gateway'))
  const server = openServer({
    config,
    graph,
    protection,
    peers,
    identity,
    clock,
    log,
    async settle() {
      await settle(peers)
      await answers?.catchUp()
    },
    sandbox: mode === 'sandbox' ? { timeMachine } : undefined,
  })
  opened.defer(() => server.close())
  return { graph, identity, server }
}
