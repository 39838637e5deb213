import type { Logger } from '../../kernel/log.ts'

/** What the libraries find worth telling at start is no news to an operator. */
export const quietLogger = (log: Logger) => ({
  debug: (message?: unknown) => log.trace(String(message)),
  info: (message?: unknown) => log.debug(String(message)),
  warn: (message?: unknown) => log.warn(String(message)),
  error: (message?: unknown) => log.error(String(message)),
})
