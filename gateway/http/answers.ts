import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorCode, RateLimitedError } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/log.ts'
import { NOT_FOUND_TEXT } from '../documents/resolve-document.ts'

/** Refusals of the edge look like any GraphQL error, so that clients need one way to read them. */
export const sendError = (
  request: FastifyRequest,
  reply: FastifyReply,
  { status, code, message }: Refused,
): FastifyReply =>
  reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ errors: [{ message, extensions: { code, requestId: request.id } }] })

interface Refused {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
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
export const errorHandler =
  (log: Logger) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof AppError && error.code !== 'INTERNAL') {
      if (error instanceof RateLimitedError) reply.header('retry-after', error.retryAfterSeconds)
      if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer error="invalid_token"')
      // Apollo's clients look for a persisted query that is not known in an answer of status 200.
      const status = error.message === NOT_FOUND_TEXT ? 200 : STATUS[error.code]
      return sendError(request, reply, {
        status,
        code: error.code,
        message: error.message,
      })
    }
    const { statusCode: status = 500 } = error as { statusCode?: number }
    if (status >= 400 && status < 500) {
      const message = MESSAGE_BY_STATUS[status] ?? 'The request cannot be read.'
      return sendError(request, reply, { status, code: 'BAD_USER_INPUT', message })
    }
    log.error({ error, requestId: request.id, path: request.routeOptions.url }, 'internal error')
    const message = `Internal error. Quote request ${request.id} when you report it.`
    return sendError(request, reply, { status: 500, code: 'INTERNAL', message })
  }
