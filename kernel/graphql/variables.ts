import {
  GraphQLBoolean,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  getVariableValues,
  isListType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql'

export type Variables = Readonly<Record<string, unknown>>

/** What is wrong with variables, or what they come to. */
export type Coerce = (given: Variables) => ReturnType<typeof getVariableValues>

/**
 * Coerces variables as `getVariableValues` of `graphql` does. Most are texts and numbers that are what they come to, just
 * as they were sent: then nothing is copied.
 */
export function variableCoercion(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): Coerce {
  const tests = definitions.map(({ variable, type, defaultValue }) => ({
    name: variable.name.value,
    mayBeLeftOut: type.kind !== 'NonNullType' && defaultValue === undefined,
    isPlain: plainTest(typeFromAST(schema, type as never) as GraphQLInputType | undefined),
  }))
  const arePlain = (given: Variables): boolean => {
    for (const { name, mayBeLeftOut, isPlain } of tests) {
      const value = given[name]
      // One that is there and undefined comes to null.
      if (value === undefined ? !mayBeLeftOut || name in given : !isPlain(value)) return false
    }
    return true
  }
  return (given) => (arePlain(given) ? { coerced: given } : getVariableValues(schema, definitions, given))
}

/** Whether a value, and not null, is what it would come to. */
function plainTest(declared: GraphQLInputType | undefined): (value: unknown) => boolean {
  const type = isNonNullType(declared) ? declared.ofType : declared
  if (isListType(type)) {
    const isPlain = plainTest(type.ofType)
    return (value) => Array.isArray(value) && value.every(isPlain)
  }
  switch (type) {
    case GraphQLString:
    case GraphQLID:
      return (value) => typeof value === 'string'
    case GraphQLBoolean:
      return (value) => typeof value === 'boolean'
    case GraphQLInt:
      return (value) => typeof value === 'number' && (value | 0) === value
  }
  // Representations of entities: https://specs.apollo.dev/federation/v2.9
  if (type?.name === '_Any') return (value) => value !== null && value !== undefined
  return () => false
}
