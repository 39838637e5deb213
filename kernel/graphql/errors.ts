import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { isPassingFailure } from '../db/passing-failure.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Logger } from '../log.ts'

const CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'RATE_LIMITED',
  'COST_LIMIT_EXCEEDED',
  'SUBGRAPH_UNAVAILABLE',
  'INTERNAL',
])

/**
 * What PostgreSQL says of a caller's text that no column takes: a NUL (22021), or an indexed text that is longer than
 * an index holds (54000). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const NOT_STORABLE: ReadonlySet<unknown> = new Set(['22021', '54000'])

/**
 * The only place where an error becomes what a caller sees: a message that was meant for callers with a code of the
 * closed list, or `INTERNAL` with the request's id and nothing else. What is masked is logged in full. A failure of the
 * database that passes is `SUBGRAPH_UNAVAILABLE`: with `RATE_LIMITED`, the codes upon which a caller sends the same again.
 */
export function formatError(error: GraphQLError, requestId: string, log: Logger): GraphQLFormattedError {
  const where = { locations: error.locations, path: error.path }
  const cause = rootCause(error)
  if (cause instanceof AppError) {
    return { message: cause.message, ...where, extensions: { code: cause.code, requestId } }
  }
  if (NOT_STORABLE.has((cause as { code?: unknown } | undefined)?.code)) {
    const message = 'A text is too long, or has a character that cannot be stored.'
    return { message, ...where, extensions: { code: 'BAD_USER_INPUT', requestId } }
  }
  if (cause && isPassingFailure(cause)) {
    log.warn({ error: cause, requestId, path: error.path }, 'the database could not serve a request')
    const message = 'The service could not finish this for the moment. Send the same again.'
    return { message, ...where, extensions: { code: 'SUBGRAPH_UNAVAILABLE', requestId } }
  }
  const code = error.extensions?.code as string | undefined
  if (code !== undefined && CODES.has(code) && code !== 'INTERNAL') {
    return { message: error.message, ...where, extensions: { code, requestId } }
  }
  // Without a cause it comes from parsing, validating or coercing the caller's own document.
  if (cause === undefined || cause instanceof GraphQLError) {
    if (code !== 'INTERNAL' && code !== 'INTERNAL_SERVER_ERROR') {
      return { message: error.message, ...where, extensions: { code: 'BAD_USER_INPUT', requestId } }
    }
  }
  log.error({ error: cause ?? error, requestId, path: error.path }, 'internal error')
  return {
    message: `Internal error. Quote request ${requestId} when you report it.`,
    ...where,
    extensions: { code: 'INTERNAL', requestId },
  }
}

function rootCause(error: GraphQLError): Error | undefined {
  let cause: Error | undefined = error.originalError ?? undefined
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}
