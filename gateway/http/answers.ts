import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode, RateLimitedError } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/log.ts'
import { NOT_FOUND_TEXT } from '../documents/resolve-document.ts'
import type { HttpAnswer } from '../warm-path.ts'

/** Refusals of the edge look like any GraphQL error, so that clients need one way to read them. */
export const refusal = ({ status, code, message, headers = [] }: Refused, requestId: string): HttpAnswer => ({
  status,
  headers: [['content-type', 'application/json; charset=utf-8'], ...headers],
  body: JSON.stringify({ errors: [{ message, extensions: { code, requestId } }] }),
})

interface Refused {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  readonly headers?: HttpAnswer['headers']
}

const STATUS: Record<ErrorCode, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  COST_LIMIT_EXCEEDED: 400,
  SUBGRAPH_UNAVAILABLE: 503,
  INTERNAL: 500,
}

const MESSAGE_BY_STATUS: Record<number, string> = {
  400: 'The body is not valid JSON.',
  413: 'The body is too large.',
  415: 'The Content-Type is not supported; send application/json.',
}

/** Whatever a route throws: shown if it was meant for the caller, masked and logged if not. */
export function refusalOf(
  error: unknown,
  { requestId, path, log }: { requestId: string; path: string | undefined; log: Logger },
): HttpAnswer {
  if (error instanceof AppError && error.code !== 'INTERNAL') {
    const { code, message } = error
    // Apollo's clients look for a persisted query that is not known in an answer of status 200.
    const status = message === NOT_FOUND_TEXT ? 200 : STATUS[code]
    return refusal({ status, code, message, headers: headersOf(error) }, requestId)
  }
  const { statusCode: status = 500 } = error as { statusCode?: number }
  if (status >= 400 && status < 500) {
    const message = MESSAGE_BY_STATUS[status] ?? 'The request cannot be read.'
    return refusal({ status, code: 'BAD_USER_INPUT', message }, requestId)
  }
  log.error({ error, requestId, path }, 'internal error')
  const message = `Internal error. Quote request ${requestId} when you report it.`
  return refusal({ status: 500, code: 'INTERNAL', message }, requestId)
}

function headersOf(error: AppError): HttpAnswer['headers'] {
  if (error instanceof RateLimitedError) return [['retry-after', String(error.retryAfterSeconds)]]
  if (error.code === 'UNAUTHENTICATED') return [['www-authenticate', 'Bearer error="invalid_token"']]
  return []
}

export function sendAnswer(reply: FastifyReply, { status, headers, body }: HttpAnswer): FastifyReply {
  for (const [name, value] of headers) reply.header(name, value)
  return reply.code(status).send(body)
}

export const errorHandler =
  (log: Logger) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    sendAnswer(reply, refusalOf(error, { requestId: request.id, path: request.routeOptions.url, log }))

/** What is said of each answer, in metrics and in the log. */
export interface Answered {
  readonly requestId: string
  readonly method: string
  /** Undefined: there is none. */
  readonly route: string | undefined
  readonly status: number
  readonly ms: number
}
