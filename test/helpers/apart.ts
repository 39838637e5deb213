import type { FastifyInstance } from 'fastify'
import { openApollo } from '../../gateway/apollo.ts'
import { identityDoor } from '../../gateway/identity-door.ts'
import { openProtection } from '../../gateway/protection.ts'
import { openServer } from '../../gateway/server.ts'
import { settleUnseen } from '../../gateway/settle.ts'
import { readSupergraph } from '../../gateway/supergraph.ts'
import { TestClock } from '../../kernel/clock.ts'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { type Logger, silentLog } from '../../kernel/log.ts'
import { remotePeers } from '../../kernel/peers.ts'
import { serveSubgraph } from '../../kernel/serve-subgraph.ts'
import { type MountedSubgraph, mountSubgraph } from '../../kernel/subgraph.ts'
import { freePorts } from '../gateway/fakes/spawn-part.ts'
import { loadSubgraph, openTestDatabase } from './database.ts'
import { testConfig, testSecrets } from './graph.ts'

/**
 * Four subgraphs, each behind an HTTP server of its own on loopback, and the gateway over them; in one process, so that
 * a test can take a subgraph away and bring it back.
 */
export async function openApart(options: { log?: Logger; env?: Record<string, string> } = {}) {
  const { log = silentLog } = options
  const definitions = await Promise.all(SUBGRAPH_NAMES.map((name) => loadSubgraph[name]()))
  const database = await openTestDatabase(definitions)
  const clock = TestClock.standingAt('2026-12-01T02:00:00Z')
  const config = testConfig(options.env)
  const ports = await freePorts(SUBGRAPH_NAMES.length)
  const portOf = (name: SubgraphName): number => ports[SUBGRAPH_NAMES.indexOf(name)]!
  const urls = Object.fromEntries(
    SUBGRAPH_NAMES.map((name) => [name, `http://127.0.0.1:${portOf(name)}`]),
  ) as Record<SubgraphName, string>
  const peers = remotePeers({ urls, linkKey: testSecrets.link, clock })

  const mounted = new Map<SubgraphName, MountedSubgraph>()
  const servers = new Map<SubgraphName, FastifyInstance>()
  /** Each call of a subgraph waits for this first. */
  const before = new Map<SubgraphName, () => Promise<void>>()
  for (const definition of definitions) {
    const one = await mountSubgraph(definition, {
      config,
      databaseUrl: database.url,
      secrets: testSecrets,
      clock,
      log,
      peers,
    })
    const held: MountedSubgraph = {
      ...one,
      execute: async (request, claims) => {
        await before.get(definition.name)?.()
        return one.execute(request, claims)
      },
    }
    mounted.set(definition.name, held)
  }
  const start = async (name: SubgraphName): Promise<void> => {
    const server = serveSubgraph(mounted.get(name)!, {
      linkKey: testSecrets.link,
      now: () => clock.now(),
    })
    await server.listen({ host: '127.0.0.1', port: portOf(name) })
    servers.set(name, server)
  }
  const stop = async (name: SubgraphName): Promise<void> => {
    const server = servers.get(name)
    servers.delete(name)
    server?.server.closeAllConnections()
    await server?.close()
  }
  for (const name of SUBGRAPH_NAMES) await start(name)

  const graph = await openApollo({
    supergraphSdl: readSupergraph(),
    peers,
    remote: true,
    mode: 'sandbox',
    executor: 'compiled',
    log,
  })
  const protection = await openProtection({ config, clock, log })
  const server = openServer({
    config,
    graph,
    protection,
    peers,
    identity: identityDoor(peers.clientFor('gateway')),
    clock,
    log,
    settle: () => settleUnseen(peers),
    sandbox: { timeMachine: undefined },
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return (await response.json()) as never
  }

  return {
    url,
    clock,
    graph,
    server,
    start,
    stop,
    before,
    token: async (caller: Record<string, string>): Promise<{ token: string; memberId?: string }> =>
      post('/sandbox/token', caller),
    ask: async (
      token: string | undefined,
      query: string,
      variables: Record<string, unknown> = {},
      headers: Record<string, string> = {},
    ): Promise<{ data: Record<string, never> | null; errors?: readonly Record<string, unknown>[] }> =>
      post(
        '/graphql',
        { query, variables },
        { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ),
    async [Symbol.asyncDispose]() {
      await server.close()
      await graph.close()
      for (const name of SUBGRAPH_NAMES) await stop(name)
      for (const one of mounted.values()) await one.stopBackground()
      for (const one of mounted.values()) await one.close()
      await peers[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
