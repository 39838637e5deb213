/**
 * What PostgreSQL and its driver say when it is not the request that is wrong: the connection broke, the server is going
 * down or coming up, it has no room or no time left. The same request may succeed in a moment, and because commands are
 * idempotent it may be sent again though nobody knows whether it was carried out.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQL_STATES: ReadonlySet<string> = new Set([
  '40001', // serialization_failure, still after all our attempts
  '40P01', // deadlock_detected, likewise
  '55P03', // lock_not_available
  '57014', // query_canceled: statement_timeout, or an operator
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
])
/** Connection exceptions; insufficient resources: disk full, out of memory, too many connections. */
const CLASSES: ReadonlySet<string> = new Set(['08', '53'])
const SYSTEM_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
/** The driver's own, which bear no code. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout)/

export function isPassingFailure(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string') {
    return (
      SQL_STATES.has(code) || (code.length === 5 && CLASSES.has(code.slice(0, 2))) || SYSTEM_CODES.has(code)
    )
  }
  return typeof message === 'string' && MESSAGES.test(message)
}
