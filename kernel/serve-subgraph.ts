import { createServer } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Nonces, signatureVerifier, targetOf } from './auth/request-signature.ts'
import { patienceOf } from './client-patience.ts'
import { systemClock } from './clock.ts'
import { readConfig } from './config.ts'
import { ANSWERS_WHILE_CLOSING, drainBeforeClose } from './drain.ts'
import { AppError } from './errors.ts'
import type { Cursor } from './events/event.ts'
import type { GraphQLAnswer, GraphQLRequest } from './graphql/execute.ts'
import { openLog } from './log.ts'
import { remotePeers } from './peers.ts'
import { type PlainAnswer, type PlainPost, plainPosts } from './plain-posts.ts'
import { reportAndExit } from './process.ts'
import { openRedis } from './redis/open-redis.ts'
import { redisNonces } from './redis/redis-nonces.ts'
import { openSecrets } from './secrets.ts'
import { type AnySubgraph, type MountedSubgraph, migrateSubgraph, mountSubgraph } from './subgraph.ts'
import { metricsRoute } from './telemetry/metrics-route.ts'
import { openTelemetry } from './telemetry/open-telemetry.ts'
import { withSpan } from './telemetry/trace.ts'

const BODY_BYTES_MAX = 8 * 1024 * 1024
const KEEP_ALIVE_MS = 72_000

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
  const verify = signatureVerifier([linkKey, ...otherLinkKeys], nonces)

  const execute = async ({
    path,
    headers,
    body,
    asker,
  }: Pick<PlainPost, 'path' | 'headers' | 'body' | 'asker'>): Promise<GraphQLAnswer> => {
    const target = targetOf(mounted.name, headers.host ?? '')
    const claims = await verify({ method: 'POST', path, body, target }, headers, now() as never)
    const asked = JSON.parse(body) as GraphQLRequest
    const patience = isMutation(asked) ? undefined : asker
    const attributes = { subgraph: mounted.name, requestId: claims.requestId }
    return withSpan('POST /graphql', { kind: 'server', parent: headers.traceparent, attributes }, async () =>
      mounted.execute(asked, claims, patience),
    )
  }

  let posts: ReturnType<typeof plainPosts> | undefined
  const server = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: 'idle',
    ...ANSWERS_WHILE_CLOSING,
    serverFactory: (framework) => {
      // A call may take as long as it likes, as by Fastify's own server.
      const http = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, framework)
      posts = plainPosts(http, {
        path: '/graphql',
        bytesMax: BODY_BYTES_MAX,
        isOrdinary: (headers) => headers['content-type'] === 'application/json',
        answer: (post) => execute(post).then(answered).catch(refused),
        failed: () => {},
        stopping: () => stopping(),
      })
      return http
    },
  })
  const stopping = drainBeforeClose(server, drainSeconds, () => posts?.closeIdle())
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
  server.post('/graphql', async ({ url: path, headers, body }, { raw }) =>
    execute({ path, headers, body: String(body ?? ''), asker: patienceOf(raw) }),
  )
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
    const { status, body } = refusalOf(error)
    return reply.code(status).send(body)
  })
  return server
}

const JSON_TYPE = ['content-type', 'application/json; charset=utf-8'] as const

const answered = (answer: GraphQLAnswer): PlainAnswer => ({
  status: 200,
  headers: [JSON_TYPE],
  body: JSON.stringify(answer),
})

const refused = (error: unknown): PlainAnswer => {
  const { status, body } = refusalOf(error)
  return { status, headers: [JSON_TYPE], body: JSON.stringify(body) }
}

function refusalOf(error: unknown): { status: number; body: { error: string } } {
  const refused = error instanceof AppError && error.code === 'UNAUTHENTICATED'
  return { status: refused ? 401 : 500, body: { error: refused ? error.message : 'internal error' } }
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
