import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Nonces, signatureVerifier, targetOf } from './auth/request-signature.ts'
import { patienceOf } from './client-patience.ts'
import { systemClock } from './clock.ts'
import { readConfig } from './config.ts'
import { ANSWERS_WHILE_CLOSING, drainBeforeClose } from './drain.ts'
import { AppError } from './errors.ts'
import type { Cursor } from './events/event.ts'
import type { GraphQLRequest } from './graphql/execute.ts'
import { openLog } from './log.ts'
import { remotePeers } from './peers.ts'
import { reportAndExit } from './process.ts'
import { openRedis } from './redis/open-redis.ts'
import { redisNonces } from './redis/redis-nonces.ts'
import { openSecrets } from './secrets.ts'
import { type AnySubgraph, type MountedSubgraph, migrateSubgraph, mountSubgraph } from './subgraph.ts'
import { metricsRoute } from './telemetry/metrics-route.ts'
import { openTelemetry } from './telemetry/open-telemetry.ts'
import { withSpan } from './telemetry/trace.ts'

const BODY_BYTES_MAX = 8 * 1024 * 1024

/** The private HTTP face of a subgraph: answers only what the gateway or a sibling has signed. */
export function serveSubgraph(
  mounted: MountedSubgraph,
  options: {
    linkKey: Buffer
    /** Keys that are believed besides, while the key is changed. */
    otherLinkKeys?: readonly Buffer[]
    /** Shared with other copies of this subgraph; this process's own where absent. */
    nonces?: Nonces | undefined
    now: () => number
    drainSeconds?: number
  },
): FastifyInstance {
  const { linkKey, otherLinkKeys = [], nonces, now, drainSeconds = 0 } = options
  const server = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    ...ANSWERS_WHILE_CLOSING,
  })
  const stopping = drainBeforeClose(server, drainSeconds)
  const verify = signatureVerifier([linkKey, ...otherLinkKeys], nonces)
  // The signature covers the bytes as they came, so the body is parsed after it was verified.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => done(null, body))

  const signed = async (request: FastifyRequest) => {
    const body = String(request.body ?? '')
    const target = targetOf(mounted.name, request.host)
    const asked = { method: 'POST', path: request.url, body, target }
    const claims = await verify(asked, request.headers, now() as never)
    return { claims, body: JSON.parse(body) as never }
  }

  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_, reply) => {
    if (stopping()) return reply.code(503).send({ status: 'stopping' })
    const ready = await mounted.ready()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'database unreachable' })
  })
  server.post('/graphql', async (request, reply) => {
    const { claims, body } = await signed(request)
    const asked = body as GraphQLRequest
    const patience = isMutation(asked) ? undefined : patienceOf(reply.raw)
    const { traceparent: parent } = request.headers
    const attributes = { subgraph: mounted.name, requestId: claims.requestId }
    return withSpan('POST /graphql', { kind: 'server', parent, attributes }, async () =>
      mounted.execute(asked, claims, patience),
    )
  })
  server.post('/internal/events', async (request) => {
    const { body } = await signed(request)
    const { after, limit } = body as { after: Cursor; limit: number }
    return mounted.feed.read(after, limit)
  })
  server.post('/internal/events/newer', async (request, reply) => {
    const { body } = await signed(request)
    return reply.send(JSON.stringify(await mounted.feed.hasNewer((body as { after: Cursor }).after)))
  })
  server.post('/internal/events/end', async (request) => {
    await signed(request)
    return mounted.feed.end()
  })
  server.post('/internal/drain', async (request) => {
    await signed(request)
    await mounted.drain()
    return { status: 'drained' }
  })
  server.setErrorHandler((error, _, reply) => {
    const refused = error instanceof AppError && error.code === 'UNAUTHENTICATED'
    return reply.code(refused ? 401 : 500).send({ error: refused ? error.message : 'internal error' })
  })
  return server
}

/** What was begun to be written is finished, whoever waits. */
const isMutation = ({ query }: GraphQLRequest): boolean => /^\s*mutation\b/.test(query)

/** Runs one subgraph as a process of its own: `node subgraphs/ledger/main.ts`. */
export async function runSubgraph(subgraph: AnySubgraph): Promise<void> {
  try {
    const config = readConfig()
    const log = openLog({ level: config.logLevel, name: subgraph.name })
    const databaseUrl = config.databaseUrl
    if (!databaseUrl)
      throw new AppError('BAD_USER_INPUT', 'DATABASE_URL: must be set to run a subgraph alone')
    const secrets = openSecrets(config)
    const clock = systemClock
    const telemetry = await openTelemetry(config, { service: subgraph.name, edge: false })
    await migrateSubgraph(subgraph, databaseUrl)
    const peers = remotePeers({ urls: config.subgraphUrls, linkKey: secrets.link, clock })
    const mounted = await mountSubgraph(subgraph, { config, databaseUrl, secrets, clock, log, peers })
    const redis = config.redisUrl === undefined ? undefined : await openRedis(config.redisUrl, log)
    const server = serveSubgraph(mounted, {
      linkKey: secrets.link,
      otherLinkKeys: config.keys.otherLinks.map((key) => Buffer.from(key, 'base64')),
      nonces: redis && redisNonces(redis),
      now: () => clock.now(),
      drainSeconds: config.drainSeconds,
    })
    metricsRoute(server, config)
    const url = await server.listen({ host: config.host, port: config.port })
    await mounted.startBackground()
    log.info({ url }, 'subgraph ready')
    const stop = async () => {
      await server.close()
      await mounted.close()
      await peers[Symbol.asyncDispose]()
      await redis?.[Symbol.asyncDispose]()
      await telemetry[Symbol.asyncDispose]()
      process.exit(0)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  } catch (error) {
    reportAndExit(error)
  }
}
