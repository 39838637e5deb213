/** The embedded server cannot do its work here; the message is one line, fit to be shown as it is. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
}

/** What an operator can do about every one of these errors. */
export const useYourOwn = 'set DATABASE_URL to a PostgreSQL 15+ server'

/** Errors of the operating system that are about rights become one clear line; others stay as they are. */
export function explained(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && /^(EACCES|EPERM|EROFS)$/.test(String(error.code)))
    return new EmbeddedPostgresError(`not permitted: ${error.message}`, { cause: error })
  return error
}
