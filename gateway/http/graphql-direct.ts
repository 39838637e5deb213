import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { bodyText } from '../../kernel/body-text.ts'
import { patienceOf } from '../../kernel/client-patience.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Patience } from '../../kernel/values/patience.ts'
import { wantsEventStream } from '../subscriptions/sse.ts'
import type { HttpAnswer } from '../warm-path.ts'
import { type Answered, refusalOf } from './answers.ts'
import { BODY_BYTES_MAX } from './body-size.ts'
import type { Cors } from './cors.ts'
import type { GraphqlAnswers } from './graphql-answers.ts'

export const GRAPHQL = '/graphql'
const JSON_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
])

/** Answers a request, or leaves it to whoever comes next. */
export type Direct = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * The ordinary `POST /graphql`, straight over Node's server: a small body of JSON whose length is known, to be answered
 * whole. Routing, hooks and replies of Fastify took 20 µs of such a request's 140; it has the same routes for
 * everything out of the ordinary, with the same answers. What can be told from the head alone decides.
 */
export function graphqlDirect(options: {
  answers: GraphqlAnswers
  /** The framework's own, so that both take the same for JSON. */
  parseJson: ReturnType<FastifyInstance['getDefaultJsonParser']>
  requestIdOf: (request: IncomingMessage) => string
  cors: Cors | undefined
  /** Of ours, before the gateway: as many entries of `X-Forwarded-For` are believed. */
  proxies: number
  /** A server that ends answers each connection for the last time, which the framework sees to. */
  stopping: () => boolean
  log: Logger
  answered: (answer: Answered) => void
}): Direct {
  const { answers, parseJson, requestIdOf, cors, proxies, stopping, log, answered } = options

  const parse = (text: string): unknown => {
    let body: unknown
    parseJson(undefined as never, text, (error, parsed) => {
      if (error) throw error
      body = parsed
    })
    return body
  }

  const answer = async (
    request: IncomingMessage,
    requestId: string,
    asker: Patience,
  ): Promise<HttpAnswer> => {
    const { method = '', url = '', headers } = request
    const refused = (error: unknown) => refusalOf(error, { requestId, path: GRAPHQL, log })
    try {
      const address = addressOf(request, proxies)
      const principal = await answers.admit(headers, address)
      const text = await bodyText(request)
      let body: unknown
      try {
        body = parse(text)
      } catch (error) {
        return lastOfItsConnection(refused(error))
      }
      return await answers.answer(
        await answers.read({ method, headers, url, body }, { principal, requestId, address, asker }),
      )
    } catch (error) {
      return refused(error)
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const began = performance.now()
    const requestId = requestIdOf(request)
    const { status, headers, body } = await answer(request, requestId, patienceOf(response))
    const head = ['x-request-id', requestId, 'x-content-type-options', 'nosniff']
    for (const [name, value] of cors?.headersFor(request.headers.origin) ?? []) head.push(name, value)
    if (!headers.some(([name]) => name === 'cache-control')) head.push('cache-control', 'private, no-store')
    for (const [name, value] of headers) head.push(name, value)
    head.push('content-length', String(Buffer.byteLength(body)))
    response.writeHead(status, head)
    response.end(body)
    answered({ requestId, method: 'POST', route: GRAPHQL, status, ms: Math.round(performance.now() - began) })
  }

  return (request, response) => {
    if (!isOrdinary(request) || stopping()) return false
    serve(request, response).catch((error: unknown) => {
      log.error({ error, path: GRAPHQL }, 'an answer could not be sent')
      response.destroy()
    })
    return true
  }
}

const isOrdinary = ({ method, url, headers }: IncomingMessage): boolean =>
  method === 'POST' &&
  url === GRAPHQL &&
  JSON_TYPES.has(headers['content-type']) &&
  isWithin(Number(headers['content-length']), BODY_BYTES_MAX) &&
  !wantsEventStream(headers)

/** No length, or one that is none, is not. */
const isWithin = (length: number, max: number): boolean => length > 0 && length <= max

/** What is not JSON may be followed by anything. */
const lastOfItsConnection = (answer: HttpAnswer): HttpAnswer => ({
  ...answer,
  headers: [...answer.headers, ['connection', 'close']],
})

/** Who called the outermost proxy that is ours; the entries before are whatever that caller likes to say. */
function addressOf({ socket, headers }: IncomingMessage, proxies: number): string {
  const direct = socket.remoteAddress ?? ''
  if (proxies === 0) return direct
  const entries = String(headers['x-forwarded-for'] ?? '').split(',')
  const callers = entries.map((entry) => entry.trim()).filter((entry) => entry !== '')
  return callers.at(-Math.min(proxies, callers.length)) ?? direct
}
