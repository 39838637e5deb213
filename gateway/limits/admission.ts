import { HeaderMap } from '@apollo/server'
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { GraphQLError } from 'graphql'
import { AppError, BadInputError, RateLimitedError } from '../../kernel/errors.ts'
import { PAGE_SIZE_MAX } from '../../kernel/graphql/page.ts'
import type { GatewayContext } from '../peer-source.ts'
import type { Costs, Variables } from './cost.ts'
import type { Spending } from './spending.ts'

/** Objects that an operation may come to. */
const COST_MAX = 5_000
/** A document that is new has to be planned, which takes as long as some dozens of look-ups. */
const PLANNING_COST = 20

export interface Admitted {
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  readonly schema: GraphQLSchema
  readonly isKnown: boolean
}

/** Before an operation is carried out, on either path: throws or rejects with what a caller is refused for. */
export type Admission = (
  operation: Admitted,
  variables: Variables,
  context: GatewayContext,
) => undefined | Promise<undefined>

export function openAdmission(costs: () => Costs, spend: Spending): Admission {
  return ({ document, definition, schema, isKnown }, variables, { claims, seen, trusted }) => {
    seen.operation = definition.operation
    seen.name = definition.name?.value
    const cost = costs().of(schema, document, definition)
    const comesTo = cost.of(variables)
    seen.cost = comesTo
    if (!trusted) {
      if (cost.page(variables) > PAGE_SIZE_MAX) {
        throw new BadInputError(`first and last must be from 1 to ${PAGE_SIZE_MAX}.`)
      }
      if (comesTo > COST_MAX) {
        const message = `The operation may cost ${comesTo}, more than ${COST_MAX}; ask for smaller pages, or in parts.`
        throw new AppError('COST_LIMIT_EXCEEDED', message)
      }
    }
    return spend(claims, comesTo + (isKnown ? 0 : PLANNING_COST))
  }
}

/** A refusal as both paths send it. */
export function refusedOperation(error: unknown): GraphQLError {
  if (!(error instanceof AppError)) {
    return new GraphQLError('', { originalError: error as Error, extensions: { http: { status: 500 } } })
  }
  const { status, headers } = httpOf(error)
  const http = { status, headers: new HeaderMap() }
  for (const [name, value] of headers) http.headers.set(name, value)
  return new GraphQLError(error.message, { originalError: error, extensions: { http: http as never } })
}

export function httpOf(error: AppError): { status: number; headers: [string, string][] } {
  return error instanceof RateLimitedError
    ? { status: 429, headers: [['retry-after', String(error.retryAfterSeconds)]] }
    : { status: 400, headers: [] }
}
