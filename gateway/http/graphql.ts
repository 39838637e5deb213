import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { Clock } from '../../kernel/clock.ts'
import { BadInputError } from '../../kernel/errors.ts'
import { languageOf } from '../../kernel/graphql/refusal.ts'
import type { Logger } from '../../kernel/log.ts'
import { newId } from '../../kernel/values/ids.ts'
import type { Graph } from '../apollo.ts'
import { type Callers, tokenEnd } from '../authenticate.ts'
import { operationObserver, shown } from '../observe-operation.ts'
import type { GatewayContext } from '../peer-source.ts'
import type { Answer, Subscriptions } from '../subscriptions/open-subscriptions.ts'
import type { Asked } from '../subscriptions/prepare.ts'
import { goneSignal, sendEventStream, wantsEventStream } from '../subscriptions/sse.ts'
import { errorsOf } from '../subscriptions/websocket.ts'

const WAIT_SECONDS_MAX = 10

/** GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ */
export function graphqlRoutes(
  server: FastifyInstance,
  options: {
    graph: Graph
    callers: Callers
    /** Refuses who has signed out. */
    stillIn: (principal: Principal) => Promise<Principal>
    clock: Clock
    log: Logger
    /** Returns when the effects of what was committed are visible in all subgraphs. */
    settle: () => Promise<void>
    subscriptions: Subscriptions
    /** The page for a browser; undefined where there is none. */
    page: ((request: FastifyRequest, reply: FastifyReply) => FastifyReply) | undefined
  },
): void {
  const { graph, callers, stillIn, clock, log, settle, subscriptions, page } = options
  const observe = operationObserver()

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { authorization, prefer } = request.headers
    const context: GatewayContext = {
      claims: {
        principal: await stillIn(await callers.of(authorization, clock.now())),
        language: languageOf(request.headers['accept-language']),
        requestId: request.id,
        address: request.ip,
      },
      seen: {},
    }
    if (wantsEventStream(request)) return stream(request, reply, context)
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

  /** Subscriptions over SSE; any other operation is one answer there. */
  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    context: GatewayContext,
  ): Promise<FastifyReply> => {
    const { method, headers, url } = request
    let following: AsyncGenerator<Answer, void> | undefined
    try {
      following = await subscriptions.open(askedOf(request), {
        claims: context.claims,
        endsAt: tokenEnd(headers.authorization),
        resumes: headers['last-event-id'] !== undefined,
        gone: goneSignal(reply),
      })
    } catch (error) {
      if (!Array.isArray(error)) throw error
      return reply.code(400).send({ errors: errorsOf(error).map((one) => shown(one.toJSON())) })
    }
    const once = async function* (): AsyncGenerator<Answer, void> {
      const { body } = await observe(context, headers, () =>
        graph.execute(
          { method, headers: { ...headers, accept: 'application/json' }, url, body: request.body },
          context,
        ),
      )
      yield JSON.parse(body) as Answer
    }
    const answers = following ?? once()
    await sendEventStream(reply, answers, () => newId(clock.now())).catch((error: unknown) =>
      log.error({ error, requestId: request.id }, 'a subscription failed'),
    )
    return reply
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

/** What is asked, from a body of GraphQL or, with GET, from the address. */
function askedOf({ method, body, query }: FastifyRequest): Asked {
  const given = (method === 'GET' ? query : body) as Record<string, unknown> | null | undefined
  const { query: text, operationName, variables } = given ?? {}
  return {
    query: typeof text === 'string' ? text : '',
    operationName: typeof operationName === 'string' ? operationName : undefined,
    variables: variablesOf(variables),
  }
}

function variablesOf(given: unknown): Record<string, unknown> | undefined {
  if (typeof given === 'object') return given as Record<string, unknown>
  if (typeof given !== 'string') return undefined
  try {
    return JSON.parse(given) as Record<string, unknown>
  } catch {
    throw new BadInputError('variables: is not JSON.')
  }
}

const wantsHtml = (accept: string | undefined): boolean => accept?.includes('text/html') ?? false

/** `Prefer: wait=5` (RFC 7240): the answer may take so long if it then shows all effects. */
export function waitSeconds(prefer: string | string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec([prefer].flat().join(','))?.[1]
  return wait === undefined ? undefined : Math.min(Number(wait), WAIT_SECONDS_MAX)
}
