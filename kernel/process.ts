/** Ends the process with one line that says what is wrong and, where it is known, what to do. */
export function reportAndExit(error: unknown): never {
  process.stderr.write(`huitong: ${explain(error)}\n`)
  process.exit(1)
}

/** One line for an operator. */
export function explain(error: unknown): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }
  const cause = code === undefined && errors ? errors[0] : undefined
  const { port, address } = error as { port?: number; address?: string }
  switch (code ?? cause?.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address} is in use; stop what listens there, or set PORT`
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return `the database cannot be reached (${message || cause?.message}); check DATABASE_URL`
    case '28P01':
    case '28000':
      return `the database refused the login (${message}); check DATABASE_URL`
    case '3D000':
      return `the database does not exist (${message}); check DATABASE_URL`
    case '42501':
      return `the database user lacks a right (${message}); it must own the database and may create roles`
    default:
      return (error instanceof Error ? error.message : String(error)).split('\n')[0]!
  }
}
