import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../kernel/auth/principal.ts'
import { patienceOf } from '../../kernel/client-patience.ts'
import type { Clock } from '../../kernel/clock.ts'
import { BadInputError } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/log.ts'
import { newId } from '../../kernel/values/ids.ts'
import { tokenEnd } from '../authenticate.ts'
import { shown } from '../observe-operation.ts'
import type { Answer, Subscriptions } from '../subscriptions/open-subscriptions.ts'
import type { Asked } from '../subscriptions/prepare.ts'
import { goneSignal, sendEventStream, wantsEventStream } from '../subscriptions/sse.ts'
import { errorsOf } from '../subscriptions/websocket.ts'
import type { HttpRequest } from '../warm-path.ts'
import { sendAnswer } from './answers.ts'
import { BULK_BYTES_MAX, bodyBytesMax, boundedBody } from './body-size.ts'
import type { GraphqlAnswers, Read } from './graphql-answers.ts'

/** GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ */
export function graphqlRoutes(
  server: FastifyInstance,
  options: {
    answers: GraphqlAnswers
    clock: Clock
    log: Logger
    subscriptions: Subscriptions
    /** The page for a browser; undefined where there is none. */
    page: ((request: FastifyRequest, reply: FastifyReply) => FastifyReply) | undefined
  },
): void {
  const { answers, clock, log, subscriptions, page } = options
  const asking = new WeakMap<FastifyRequest, Principal>()

  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (isForPage(request)) return
    reply.header('cache-control', 'private, no-store')
    asking.set(request, await answers.admit(request.headers, request.ip))
  }

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { method, headers, url, body, id: requestId, ip: address } = request
    const principal = asking.get(request)!
    const asker = patienceOf(reply.raw)
    const read = await answers.read({ method, headers, url, body }, { principal, requestId, address, asker })
    if (wantsEventStream(headers)) return stream(request, reply, read)
    return sendAnswer(reply, await answers.answer(read))
  }

  /** Subscriptions over SSE; any other operation is one answer there. */
  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { asked, context }: Read,
  ): Promise<FastifyReply> => {
    const { headers } = request
    let following: AsyncGenerator<Answer, void> | undefined
    try {
      following = await subscriptions.open(askedOf(asked), {
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
      const plain = { ...asked, headers: { ...headers, accept: 'application/json' } }
      const { body } = await answers.answerOnce({ asked: plain, context })
      yield JSON.parse(body) as Answer
    }
    await sendEventStream(reply, following ?? once(), () => newId(clock.now())).catch((error: unknown) =>
      log.error({ error, requestId: request.id }, 'a subscription failed'),
    )
    return reply
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
