import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql'
import { compileQuery } from './compile-query.ts'
import { type Variables, variableCoercion } from './variables.ts'

/** A valid document that can be carried out; at once where no resolver waits. */
export type Executable = (
  contextValue: unknown,
  variables: Variables | undefined,
  operationName: string | null | undefined,
) => ExecutionResult | Promise<ExecutionResult>

/**
 * Compiles a document. The reference executor of `graphql` carries out what is not compiled, and says what is wrong with
 * variables, so that there is one set of texts.
 */
export function compileDocument(schema: GraphQLSchema, document: DocumentNode): Executable {
  const interpreted: Executable = (contextValue, variables, operationName) =>
    execute({ schema, document, contextValue, variableValues: variables, operationName })
  const operation = getOperationAST(document)
  const compiled = operation && compileQuery(schema, document)
  if (!compiled) return interpreted
  const coerce = variableCoercion(schema, operation.variableDefinitions ?? [])
  return (contextValue, variables, operationName) => {
    const { coerced } = coerce(variables ?? {})
    return coerced && isNamed(operation, operationName)
      ? compiled(contextValue, coerced)
      : interpreted(contextValue, variables, operationName)
  }
}

const isNamed = ({ name }: OperationDefinitionNode, wanted: string | null | undefined): boolean =>
  !wanted || wanted === name?.value
