import type { GraphQLFormattedError } from 'graphql'

/** What is merged and shaped: an object of a subgraph's answer. */
export type Entity = Record<string, unknown>

export interface SourceRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly variables: Record<string, unknown>
}

/** The answer belongs to who asked: it is merged into others and may be changed. */
export interface SourceAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

/** A subgraph as plans call it; what it throws becomes an error without a path. */
export type Source<Context = unknown> = (
  request: SourceRequest,
  context: Context,
) => Promise<SourceAnswer> | SourceAnswer
