import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import { ACCESS_TOKEN_SECONDS } from '../kernel/auth/access-token.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import { ANSWERS_WHILE_CLOSING, drainBeforeClose } from '../kernel/drain.ts'
import { languageOf } from '../kernel/graphql/refusal.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import { plainPosts } from '../kernel/plain-posts.ts'
import { httpAnswers } from '../kernel/telemetry/metrics.ts'
import { metricsRoute } from '../kernel/telemetry/metrics-route.ts'
import { newId } from '../kernel/values/ids.ts'
import type { Graph } from './apollo.ts'
import { keyCache, knownCallers, tokenEnd } from './authenticate.ts'
import { endedSessions } from './ended-sessions.ts'
import { type Answered, errorHandler, refusal, sendAnswer } from './http/answers.ts'
import { BODY_BYTES_MAX } from './http/body-size.ts'
import { corsHeaders, corsOf } from './http/cors.ts'
import { graphiqlPage } from './http/graphiql.ts'
import { graphqlRoutes } from './http/graphql.ts'
import { graphqlAnswers } from './http/graphql-answers.ts'
import { GRAPHQL, graphqlDirect, isOrdinary } from './http/graphql-direct.ts'
import { healthRoutes } from './http/health.ts'
import { oauthRoutes } from './http/oauth.ts'
import { sandboxRoutes } from './http/sandbox.ts'
import type { IdentityDoor } from './identity-door.ts'
import type { Protection } from './protection.ts'
import type { SandboxClock } from './sandbox-clock.ts'
import { shared } from './settle.ts'
import { openSubscriptions } from './subscriptions/open-subscriptions.ts'
import { websocketRoute } from './subscriptions/websocket.ts'

/**
 * To be sent within, whole and the head of it, so that slow senders hold no sockets; and how long a member waits for the
 * answer to a query. In the sandbox all parts share a laptop with much else.
 */
const SLOWEST = { requestMs: 15_000, headMs: 5_000, lookMs: 1_000, answerMs: 5_000 }
const SANDBOX_SLOWEST = { ...SLOWEST, answerMs: 60_000 }
/** The longest token, with claims to spare; Node's own bound is twice that. */
const HEAD_BYTES_MAX = 8 * 1024
/** That of Fastify. */
const KEEP_ALIVE_MS = 72_000
const REQUEST_ID = /^[\w.:-]{1,64}$/

export interface ServerOptions {
  readonly graph: Graph
  readonly peers: Peers
  readonly identity: IdentityDoor
  readonly clock: Clock
  readonly log: Logger
  readonly settle: () => Promise<void>
  readonly config: Pick<Config, 'mode' | 'metrics' | 'proxies' | 'drainSeconds' | 'corsOrigins'>
  readonly protection: Pick<Protection, 'resolve' | 'spend' | 'trusted'>
  readonly slowest?: typeof SLOWEST | undefined
  /** What only the sandbox has: GraphiQL, ready tokens, a clock that moves. */
  readonly sandbox: { timeMachine: SandboxClock | undefined } | undefined
}

/** The one address that everybody outside talks to. */
export function openServer(options: ServerOptions): FastifyInstance {
  const { graph, peers, identity, clock, log, settle, sandbox, protection } = options
  const { slowest = sandbox ? SANDBOX_SLOWEST : SLOWEST } = options
  const requestIdOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string => {
    const given = headers['x-request-id']
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId(clock.now())
  }
  const answered = (answer: Answered): void => {
    httpAnswers.inc({ route: answer.route ?? 'none', status: answer.status })
    log.debug(answer, 'answered')
  }
  let posts: ReturnType<typeof plainPosts> | undefined
  const server = Fastify({
    trustProxy: (_address, hop) => hop < options.config.proxies,
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: 'idle',
    ...ANSWERS_WHILE_CLOSING,
    genReqId: requestIdOf,
    serverFactory: (framework) => {
      const http = openHttp(slowest, framework)
      posts = plainPosts(http, {
        path: GRAPHQL,
        bytesMax: BODY_BYTES_MAX,
        isOrdinary,
        answer: (post) => direct(post),
        failed: (error) => log.error({ error, path: GRAPHQL }, 'an answer could not be sent'),
        stopping: () => stopping(),
        slowest,
      })
      return http
    },
  })
  server.removeContentTypeParser('text/plain')
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    done()
  })
  server.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method, routeOptions } = request
    const { statusCode: status, elapsedTime } = reply
    answered({ requestId, method, route: routeOptions.url, status, ms: Math.round(elapsedTime) })
    done()
  })
  const cors = corsOf(options.config.corsOrigins)
  if (cors) corsHeaders(server, cors)
  server.setErrorHandler(errorHandler(log))
  server.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url.split('?')[0]}.`
    return sendAnswer(reply, refusal({ status: 404, code: 'NOT_FOUND', message }, request.id))
  })

  const keys = keyCache(identity.tokenKeys, () => clock.now())
  // The sandbox's tokens are good for years; with its key taken over into production they still are no tokens there.
  const callers = knownCallers(keys, { lifeSecondsMax: sandbox ? undefined : ACCESS_TOKEN_SECONDS })
  const stillIn = endedSessions(identity.endedSessions, log)
  const subscriptions = openSubscriptions({ graph, peers, stillIn, clock, log })
  const answers = graphqlAnswers({
    graph,
    callers,
    stillIn,
    clock,
    log,
    settle: shared(settle),
    protection,
    answerMs: slowest.answerMs,
  })
  const stopping = drainBeforeClose(server, options.config.drainSeconds, () => posts?.closeIdle())
  graphqlRoutes(server, { answers, clock, log, subscriptions, page: sandbox && graphiqlPage() })
  const direct = graphqlDirect({
    answers,
    parseJson: server.getDefaultJsonParser('error', 'error'),
    requestIdOf,
    cors,
    proxies: options.config.proxies,
    log,
    answered,
  })
  healthRoutes(server, { peers, stopping })
  metricsRoute(server, options.config)
  const sockets = websocketRoute(server, {
    subscriptions,
    textOf: async (principal, named) => (await protection.resolve(graph.audience(principal), named)).text,
    async callerOf(authorization, language) {
      const principal = await stillIn(await callers.of(authorization, clock.now()))
      const claims = { principal, language: languageOf(language), requestId: newId(clock.now()) }
      return { claims, endsAt: tokenEnd(authorization) }
    },
  })
  // After the drain: who follows comes again, elsewhere.
  server.addHook('preClose', async () => {
    await subscriptions.close()
    await sockets.close()
  })
  oauthRoutes(server, identity)
  server.get('/.well-known/jwks.json', async (_, reply) =>
    reply.header('cache-control', 'public, max-age=300').send({ keys: await identity.tokenKeys() }),
  )
  if (sandbox) sandboxRoutes(server, { ...sandbox, identity, clock })
  return server
}

function openHttp({ requestMs, headMs, lookMs }: typeof SLOWEST, listener: RequestListener): HttpServer {
  return createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: headMs,
      connectionsCheckingInterval: lookMs,
      maxHeaderSize: HEAD_BYTES_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    listener,
  )
}
