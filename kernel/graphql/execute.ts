import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql'
import type { Logger } from '../log.ts'
import { compileDocument, type Executable } from './compile.ts'
import { formatError } from './errors.ts'

export interface GraphQLRequest {
  readonly query: string
  readonly variables?: Record<string, unknown> | null
  readonly operationName?: string | null
}

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

/** Text of the documents that are remembered; parsed, it takes some hundred times as much memory. */
const CHARACTERS_MAX = 1_000_000

/**
 * Runs requests against one schema; a document is parsed, validated and compiled the first time that it is seen. Those
 * seen first are forgotten first: callers shape the documents that come here, and could fill the memory with them.
 */
export function executor(schema: GraphQLSchema, log: Logger) {
  const documentOf = documentsOf.get(schema) ?? remembering(schema)
  documentsOf.set(schema, documentOf)

  const shown = (result: ExecutionResult, requestId: string): GraphQLAnswer => {
    if (!result.errors) return { data: result.data }
    const errors = result.errors.map((error) => formatError(error, requestId, log))
    return result.data === undefined ? { errors } : { data: result.data, errors }
  }

  return (
    request: GraphQLRequest,
    contextValue: unknown & { requestId: string },
  ): GraphQLAnswer | Promise<GraphQLAnswer> => {
    const document = documentOf(request.query)
    const { requestId } = contextValue
    if (typeof document !== 'function') return shown({ errors: document }, requestId)
    const result = document(contextValue, request.variables ?? undefined, request.operationName)
    return 'then' in result ? result.then((one) => shown(one, requestId)) : shown(result, requestId)
  }
}

type Prepared = Executable | readonly GraphQLError[]

/** They belong to the schema: whoever runs another executor over it need not compile them again. */
const documentsOf = new WeakMap<GraphQLSchema, (query: string) => Prepared>()

function remembering(schema: GraphQLSchema): (query: string) => Prepared {
  const documents = new Map<string, Prepared>()
  let characters = 0
  return (query) => {
    let known = documents.get(query)
    if (!known) {
      known = prepare(schema, query)
      documents.set(query, known)
      characters += query.length
      while (characters > CHARACTERS_MAX) {
        const [oldest] = documents.keys()
        documents.delete(oldest!)
        characters -= oldest!.length
      }
    }
    return known
  }
}

function prepare(schema: GraphQLSchema, query: string): Prepared {
  try {
    const document = parse(query)
    const errors = validate(schema, document)
    return errors.length > 0 ? errors : compileDocument(schema, document)
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}
