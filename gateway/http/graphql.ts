import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeyLookup } from '../../kernel/auth/access-token.ts'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { Clock } from '../../kernel/clock.ts'
import { languageOf } from '../../kernel/graphql/refusal.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Graph } from '../apollo.ts'
import { authenticate } from '../authenticate.ts'
import { operationObserver } from '../observe-operation.ts'
import type { GatewayContext } from '../peer-source.ts'

const WAIT_SECONDS_MAX = 10

/** GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ */
export function graphqlRoutes(
  server: FastifyInstance,
  options: {
    graph: Graph
    keys: KeyLookup
    /** Refuses who has signed out. */
    stillIn: (principal: Principal) => Promise<Principal>
    clock: Clock
    log: Logger
    /** Tokens that were made to live longer are refused; undefined: none are. */
    tokenSecondsMax: number | undefined
    /** Returns when the effects of what was committed are visible in all subgraphs. */
    settle: () => Promise<void>
    /** The page for a browser; undefined where there is none. */
    page: ((request: FastifyRequest, reply: FastifyReply) => FastifyReply) | undefined
  },
): void {
  const { graph, keys, stillIn, clock, log, tokenSecondsMax, settle, page } = options
  const observe = operationObserver()

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { authorization, prefer } = request.headers
    const context: GatewayContext = {
      claims: {
        principal: await stillIn(await authenticate(authorization, keys, clock.now(), tokenSecondsMax)),
        language: languageOf(request.headers['accept-language']),
        requestId: request.id,
        address: request.ip,
      },
      seen: {},
    }
    const { method, headers: sent, url } = request
    const { status, headers, body } = await observe(context, sent, () =>
      graph.execute({ method, headers: sent, url, body: request.body }, context),
    )
    const seconds = waitSeconds(prefer)
    if (context.seen.operation === 'mutation' && seconds !== undefined && (await settledWithin(seconds))) {
      reply.header('preference-applied', 'wait')
    }
    for (const [name, value] of headers) reply.header(name, value)
    reply.header('cache-control', 'private, no-store')
    return reply.code(status).send(body)
  }

  /** The mutation has been carried out already: that its effects are late is no reason to fail. */
  const settledWithin = async (seconds: number): Promise<boolean> => {
    const timer = new AbortController()
    try {
      return await Promise.race([
        settle().then(() => true),
        delay(seconds * 1_000, false, { signal: timer.signal }),
      ])
    } catch (error) {
      log.warn({ error }, 'effects are late')
      return false
    } finally {
      timer.abort()
    }
  }

  server.post('/graphql', answer)
  server.get('/graphql', (request, reply) =>
    page && wantsHtml(request.headers.accept) ? page(request, reply) : answer(request, reply),
  )
}

const wantsHtml = (accept: string | undefined): boolean => accept?.includes('text/html') ?? false

/** `Prefer: wait=5` (RFC 7240): the answer may take so long if it then shows all effects. */
export function waitSeconds(prefer: string | string[] | undefined): number | undefined {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec([prefer ?? ''].flat().join(','))?.[1]
  return wait === undefined ? undefined : Math.min(Number(wait), WAIT_SECONDS_MAX)
}
