import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import {
  AppError,
  BadInputError,
  type ErrorCode,
  ForbiddenError,
  NotFoundError,
} from '../../../kernel/errors.ts'
import { formatError } from '../../../kernel/graphql/errors.ts'
import type { Logger } from '../../../kernel/log.ts'
import { assert } from '../../../kernel/values/assert.ts'

const logged: unknown[] = []
const push = (fields: unknown) => void logged.push(fields)
const log = { error: push, warn: push } as unknown as Logger

const seen = (cause: Error, path: string[] = ['member', 'name']) =>
  formatError(new GraphQLError(cause.message, { originalError: cause, path }), 'r-1', log)

const thrown = (work: () => void): Error => {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('what a caller sees of an error', () => {
  test.for([
    [new ForbiddenError(), 'FORBIDDEN', 'The caller has no right to this.'],
    [new NotFoundError('account', '7'), 'NOT_FOUND', 'There is no account 7.'],
    [new BadInputError('first must be from 1 to 100.'), 'BAD_USER_INPUT', 'first must be from 1 to 100.'],
    [new AppError('SUBGRAPH_UNAVAILABLE', 'Later.'), 'SUBGRAPH_UNAVAILABLE', 'Later.'],
  ] as const)('what was meant for it, as it is: $1', ([cause, code, message]) => {
    expect(seen(cause)).toMatchObject({
      message,
      path: ['member', 'name'],
      extensions: { code, requestId: 'r-1' },
    })
  })

  test.for([
    new Error('select phone from member'),
    new TypeError("Cannot read properties of undefined (reading 'x')"),
    thrown(() => assert(false, 'entries of a posting balance')),
    Object.assign(new Error('duplicate key value'), { code: '23505', detail: 'Key (phone)=(138) exists' }),
  ])('nothing of what broke here, but the id by which the log has it', (cause) => {
    logged.length = 0
    const error = seen(cause)
    expect(error).toEqual({
      message: 'Internal error. Quote request r-1 when you report it.',
      path: ['member', 'name'],
      locations: undefined,
      extensions: { code: 'INTERNAL', requestId: 'r-1' },
    })
    expect(logged).toEqual([{ error: cause, requestId: 'r-1', path: ['member', 'name'] }])
  })

  test.for(['22021', '54000'])('that its text cannot be stored (%s), and nothing of the database', (code) => {
    logged.length = 0
    const { message, extensions } = seen(
      Object.assign(new Error('invalid byte sequence for "UTF8"'), { code }),
    )
    expect(message).toBe('A text is too long, or has a character that cannot be stored.')
    expect(extensions).toEqual({ code: 'BAD_USER_INPUT', requestId: 'r-1' })
    expect(logged).toEqual([])
  })

  test.for([
    { code: '57014', message: 'canceling statement due to statement timeout' },
    { code: '53100', message: 'could not extend file "base/1/2": No space left on device' },
    { code: '57P01', message: 'terminating connection due to administrator command' },
    { code: '08006', message: 'connection failure' },
    { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' },
    { message: 'Connection terminated unexpectedly' },
    { message: 'timeout exceeded when trying to connect' },
  ])('that it may send the same again, where the database failed for the moment: $message', (failure) => {
    logged.length = 0
    const cause = Object.assign(new Error(failure.message), failure)
    expect(seen(cause)).toMatchObject({
      message: 'The service could not finish this for the moment. Send the same again.',
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', requestId: 'r-1' },
    })
    expect(logged).toEqual([{ error: cause, requestId: 'r-1', path: ['member', 'name'] }])
  })

  test('its own mistakes in a document', () => {
    expect(formatError(new GraphQLError('Syntax Error'), 'r-1', log).extensions).toEqual({
      code: 'BAD_USER_INPUT',
      requestId: 'r-1',
    })
  })

  test('codes of others become ours', () => {
    const coded = (code: string) =>
      formatError(
        new GraphQLError('x', { extensions: { code, serviceName: 'ledger', stacktrace: [] } }),
        'r',
        log,
      )
    expect(coded('GRAPHQL_VALIDATION_FAILED').extensions).toEqual({ code: 'BAD_USER_INPUT', requestId: 'r' })
    expect(coded('CONFLICT' satisfies ErrorCode).extensions).toEqual({ code: 'CONFLICT', requestId: 'r' })
    expect(coded('INTERNAL_SERVER_ERROR').extensions).toEqual({ code: 'INTERNAL', requestId: 'r' })
  })
})
