import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AppError, BadInputError } from '../../kernel/errors.ts'
import { languageOf } from '../../kernel/graphql/refusal.ts'
import type { Logger } from '../../kernel/log.ts'
import { newId } from '../../kernel/values/ids.ts'
import { AUDIENCES } from '../../schema/contract.ts'
import type { Graph } from '../apollo.ts'
import { type Callers, tokenEnd } from '../authenticate.ts'
import { namedIn, withDocument } from '../documents/with-document.ts'
import { operationObserver, shown } from '../observe-operation.ts'
import type { GatewayContext } from '../peer-source.ts'
import type { Protection } from '../protection.ts'
import type { Answer, Subscriptions } from '../subscriptions/open-subscriptions.ts'
import type { Asked } from '../subscriptions/prepare.ts'
import { goneSignal, sendEventStream, wantsEventStream } from '../subscriptions/sse.ts'
import { errorsOf } from '../subscriptions/websocket.ts'
import type { HttpRequest } from '../warm-path.ts'
import { BODY_LEVELS_MAX, BULK_BYTES_MAX, bodyBytesMax, boundedBody, isDeeperThan } from './body-size.ts'

const WAIT_SECONDS_MAX = 10
/** Of a request, whatever becomes of it. */
const REQUEST_COST = 1

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
    protection: Pick<Protection, 'resolve' | 'spend' | 'trusted'>
    /** A member's query, from its last byte to the answer. */
    answerMs: number
    /** The page for a browser; undefined where there is none. */
    page: ((request: FastifyRequest, reply: FastifyReply) => FastifyReply) | undefined
  },
): void {
  const { graph, callers, stillIn, clock, log, settle, subscriptions, protection, answerMs, page } = options
  const observe = operationObserver(
    AUDIENCES.flatMap((audience) => protection.trusted.of(audience).map(({ name }) => name)),
  )

  const asking = new WeakMap<FastifyRequest, Principal>()

  /** Before the body is read: who asks says how large it may be. */
  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (isForPage(request)) return
    reply.header('cache-control', 'private, no-store')
    const { authorization } = request.headers
    const principal = await stillIn(await callers.of(authorization, clock.now()))
    await protection.spend({ principal, address: request.ip }, REQUEST_COST)
    asking.set(request, principal)
  }

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const principal = asking.get(request)!
    const { method, headers: sent, url, body: given } = request
    if (isDeeperThan(given, BODY_LEVELS_MAX)) throw new BadInputError('The body goes too deep.')
    const asked: HttpRequest = { method, headers: sent, url, body: given }
    const named = namedIn(asked)
    const document = await protection.resolve(graph.audience(principal), named)
    const context: GatewayContext = {
      claims: {
        principal,
        language: languageOf(sent['accept-language']),
        requestId: request.id,
        address: request.ip,
      },
      trusted: document.trusted,
      seen: {},
    }
    const resolved = withDocument(asked, named, document)
    if (wantsEventStream(request)) return stream(request, reply, context, resolved)
    const { status, headers, body } = await inTime(context, answerMs, () =>
      observe(context, sent, () => graph.execute(resolved, context)),
    )
    const seconds = waitSeconds(sent.prefer)
    if (context.seen.operation === 'mutation' && seconds !== undefined && (await settledWithin(seconds))) {
      reply.header('preference-applied', 'wait')
    }
    for (const [name, value] of headers) reply.header(name, value)
    return reply.code(status).send(body)
  }

  /** Subscriptions over SSE; any other operation is one answer there. */
  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    context: GatewayContext,
    resolved: HttpRequest,
  ): Promise<FastifyReply> => {
    const { headers } = request
    let following: AsyncGenerator<Answer, void> | undefined
    try {
      following = await subscriptions.open(askedOf(resolved), {
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
        graph.execute({ ...resolved, headers: { ...headers, accept: 'application/json' } }, context),
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

  const isForPage = ({ method, headers }: FastifyRequest): boolean =>
    page !== undefined && method === 'GET' && wantsHtml(headers.accept)

  server.post(
    '/graphql',
    {
      bodyLimit: BULK_BYTES_MAX,
      onRequest: admit,
      preParsing: async (request, _, body) =>
        boundedBody(request, body as Readable, bodyBytesMax(asking.get(request)!)),
    },
    answer,
  )
  server.get('/graphql', { onRequest: admit }, (request, reply) =>
    isForPage(request) ? page!(request, reply) : answer(request, reply),
  )
}

/**
 * A query that nobody waits for any more is answered so; what it asked for is let go. A mutation may have been carried
 * out, so its answer is waited for. Staff ask for what takes longer, such as a check of all books.
 */
async function inTime<T>({ claims, seen }: GatewayContext, ms: number, work: () => Promise<T>): Promise<T> {
  const { kind } = claims.principal
  if (kind === 'staff' || kind === 'service') return work()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    if (seen.operation === 'mutation') return
    late.reject(new AppError('SUBGRAPH_UNAVAILABLE', 'The answer took too long. Try again.'))
  }, ms)
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What is asked, from a body of GraphQL or, with GET, from the address. */
function askedOf({ method, body, url }: HttpRequest): Asked {
  const query = () => Object.fromEntries(new URL(url, 'http://gateway').searchParams)
  const given = (method === 'GET' ? query() : body) as Record<string, unknown> | null | undefined
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
