import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { Logger } from '../../kernel/log.ts'
import type { PlainAnswer, PlainPost } from '../../kernel/plain-posts.ts'
import { wantsEventStream } from '../subscriptions/sse.ts'
import type { HttpAnswer } from '../warm-path.ts'
import { type Answered, refusalOf } from './answers.ts'
import type { Cors } from './cors.ts'
import type { GraphqlAnswers } from './graphql-answers.ts'

export const GRAPHQL = '/graphql'
const JSON_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
])

/**
 * The ordinary `POST /graphql`, straight from its connection: a small body of JSON whose length is known, to be answered
 * whole. Fastify has the same routes for everything out of the ordinary, with the same answers. What can be told from the
 * head alone decides.
 */
export function graphqlDirect(options: {
  answers: GraphqlAnswers
  /** The framework's own, so that both take the same for JSON. */
  parseJson: ReturnType<FastifyInstance['getDefaultJsonParser']>
  requestIdOf: (request: Pick<PlainPost, 'headers'>) => string
  cors: Cors | undefined
  /** Of ours, before the gateway: as many entries of `X-Forwarded-For` are believed. */
  proxies: number
  log: Logger
  answered: (answer: Answered) => void
}): (post: PlainPost) => PlainAnswer | Promise<PlainAnswer> {
  const { answers, parseJson, requestIdOf, cors, proxies, log, answered } = options

  const parse = (text: string): unknown => {
    let body: unknown
    parseJson(undefined as never, text, (error, parsed) => {
      if (error) throw error
      body = parsed
    })
    return body
  }

  const answer = (
    { headers, body: text, asker, ...post }: PlainPost,
    requestId: string,
  ): HttpAnswer | Promise<HttpAnswer> => {
    const refused = (error: unknown): HttpAnswer => refusalOf(error, { requestId, path: GRAPHQL, log })
    const address = addressOf(post.address, headers['x-forwarded-for'], proxies)
    const read = (principal: Principal): HttpAnswer | Promise<HttpAnswer> => {
      let body: unknown
      try {
        body = parse(text)
      } catch (error) {
        return lastOfItsConnection(refused(error))
      }
      const asked = { method: 'POST', headers, url: GRAPHQL, body }
      const found = answers.read(asked, { principal, requestId, address, asker })
      return found instanceof Promise ? found.then(answers.answer) : answers.answer(found)
    }
    try {
      const admitted = answers.admit(headers, address)
      const found = admitted instanceof Promise ? admitted.then(read) : read(admitted)
      return found instanceof Promise ? found.catch(refused) : found
    } catch (error) {
      return refused(error)
    }
  }

  const sent = (
    { status, headers, body }: HttpAnswer,
    { requestId, origin, began }: { requestId: string; origin: string | undefined; began: number },
  ): PlainAnswer => {
    const head: (readonly [string, string])[] = [['x-request-id', requestId], NO_SNIFFING]
    if (cors) head.push(...cors.headersFor(origin))
    if (!headers.some(([name]) => name === 'cache-control')) head.push(NOT_TO_BE_KEPT)
    head.push(...headers)
    answered({ requestId, method: 'POST', route: GRAPHQL, status, ms: Math.round(performance.now() - began) })
    return { status, headers: head, body }
  }

  return (post) => {
    const about = { requestId: requestIdOf(post), origin: post.headers.origin, began: performance.now() }
    const found = answer(post, about.requestId)
    return found instanceof Promise ? found.then((one) => sent(one, about)) : sent(found, about)
  }
}

const NO_SNIFFING = ['x-content-type-options', 'nosniff'] as const
const NOT_TO_BE_KEPT = ['cache-control', 'private, no-store'] as const

export const isOrdinary = (headers: IncomingHttpHeaders): boolean =>
  JSON_TYPES.has(headers['content-type']) && !wantsEventStream(headers)

/** What is not JSON may be followed by anything. */
const lastOfItsConnection = (answer: HttpAnswer): HttpAnswer => ({
  ...answer,
  headers: [...answer.headers, ['connection', 'close']],
})

/** Who called the outermost proxy that is ours; the entries before are whatever that caller likes to say. */
function addressOf(direct: string, forwarded: string | string[] | undefined, proxies: number): string {
  if (proxies === 0) return direct
  const entries = String(forwarded ?? '').split(',')
  const callers = entries.map((entry) => entry.trim()).filter((entry) => entry !== '')
  return callers.at(-Math.min(proxies, callers.length)) ?? direct
}
