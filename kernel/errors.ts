/** The closed list of `extensions.code`. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'COST_LIMIT_EXCEEDED'
  | 'SUBGRAPH_UNAVAILABLE'
  | 'INTERNAL'

/** The world is not as the caller supposed. Shown to the caller as it stands, so it names no internals. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export class UnauthenticatedError extends AppError {
  override name = 'UnauthenticatedError'
  constructor(message = 'A valid access token is required.') {
    super('UNAUTHENTICATED', message)
  }
}

export class ForbiddenError extends AppError {
  override name = 'ForbiddenError'
  constructor(message = 'The caller has no right to this.') {
    super('FORBIDDEN', message)
  }
}

export class BadInputError extends AppError {
  override name = 'BadInputError'
  constructor(message: string) {
    super('BAD_USER_INPUT', message)
  }
}

export class RateLimitedError extends AppError {
  override name = 'RateLimitedError'
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', `Too much was asked for of late. Try again in ${retryAfterSeconds} seconds.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class NotFoundError extends AppError {
  override name = 'NotFoundError'
  constructor(what: string, id: string) {
    super('NOT_FOUND', `There is no ${what} ${id}.`)
  }
}
