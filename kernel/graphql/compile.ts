import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getOperationAST,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import { compileQuery as compileByJit, isCompiledQuery } from 'graphql-jit'
import { compileQuery } from './compile-query.ts'
import { fillDefaults } from './fill-defaults.ts'
import { type Variables, variableCoercion } from './variables.ts'

/** A valid document that can be carried out; at once where no resolver waits. */
export type Executable = (
  contextValue: unknown,
  variables: Variables | undefined,
  operationName: string | null | undefined,
) => ExecutionResult | Promise<ExecutionResult>

/**
 * Compiles a document: a query by `compileQuery`, a mutation by `graphql-jit`. The reference executor of `graphql` carries
 * out what must not be compiled, and says what is wrong with variables, so that there is one set of texts.
 */
export function compileDocument(schema: GraphQLSchema, document: DocumentNode): Executable {
  const interpreted: Executable = (contextValue, variables, operationName) =>
    execute({ schema, document, contextValue, variableValues: variables, operationName })
  const operation = getOperationAST(document)
  if (!operation) return interpreted
  const query = compileQuery(schema, document)
  if (query) {
    const coerce = variableCoercion(schema, operation.variableDefinitions ?? [])
    return (contextValue, variables, operationName) => {
      const { coerced } = coerce(variables ?? {})
      return coerced && isNamed(operation, operationName)
        ? query(contextValue, coerced)
        : interpreted(contextValue, variables, operationName)
    }
  }
  if (!canBeCompiled(document)) return interpreted
  const compiled = compileByJit(schema, document)
  if (!isCompiledQuery(compiled)) return interpreted
  const filled = fillDefaults(schema, operation)
  return (contextValue, variables, operationName) => {
    const result = compiled.query(undefined, contextValue, filled(variables ?? {})) as
      | ExecutionResult
      | Promise<ExecutionResult>
    // Without data, nothing has been carried out: the variables are refused.
    const refused = !('then' in result) && result.data === undefined
    return refused ? interpreted(contextValue, variables, operationName) : result
  }
}

const isNamed = ({ name }: OperationDefinitionNode, wanted: string | null | undefined): boolean =>
  !wanted || wanted === name?.value

/**
 * `graphql-jit` writes a document's literals into the code that it generates, and finds dates again by a text that a
 * literal string may hold as well, with code of the caller's after it. So no literal text is ever compiled: clients
 * that send values as variables get the speed. Conditions on fragments it takes for conditions on all their uses.
 */
function canBeCompiled(document: DocumentNode): boolean {
  let can = true
  const stop = () => {
    can = false
    return BREAK
  }
  visit(document, {
    StringValue: stop,
    Directive: ({ name }) =>
      name.value === GraphQLSkipDirective.name || name.value === GraphQLIncludeDirective.name
        ? stop()
        : undefined,
  })
  return can
}
