import {
  GraphQLBoolean,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  getVariableValues,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql'
import { type CoerceInput, inputCoercion, REFUSED } from './input-values.ts'

export type Variables = Readonly<Record<string, unknown>>

/** What is wrong with variables, or what they come to. */
export type Coerce = (given: Variables) => ReturnType<typeof getVariableValues>

interface Variable {
  readonly name: string
  /** What it comes to where it is left out: a default, or nothing. */
  readonly absent: { readonly value: unknown } | undefined
  readonly isRequired: boolean
  readonly isPlain: (value: unknown) => boolean
  readonly coerce: CoerceInput
}

/**
 * Coerces variables as `getVariableValues` of `graphql` does, which is asked where something is wrong with them. Most are
 * texts and numbers that are what they come to, just as they were sent: then nothing is copied.
 */
export function variableCoercion(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): Coerce {
  // Names that every object has would be found where they are not.
  if (definitions.some(({ variable }) => variable.name.value in Object.prototype))
    return (given) => getVariableValues(schema, definitions, given)
  const variables = definitions.map(({ variable, type: node, defaultValue }): Variable => {
    const type = typeFromAST(schema, node as never)
    const isInput = isInputType(type)
    return {
      name: variable.name.value,
      absent: isInput && defaultValue ? { value: valueFromAST(defaultValue, type) } : undefined,
      isRequired: isNonNullType(type) && defaultValue === undefined,
      isPlain: isInput ? plainTest(type) : () => false,
      coerce: isInput ? inputCoercion(type) : () => REFUSED,
    }
  })
  return (given) => {
    if (arePlain(given, variables)) return { coerced: given }
    const coerced = coercedOf(given, variables)
    return coerced ? { coerced } : getVariableValues(schema, definitions, given)
  }
}

function arePlain(given: Variables, variables: readonly Variable[]): boolean {
  for (const { name, absent, isRequired, isPlain } of variables) {
    const value = given[name]
    // One that is there and undefined comes to null.
    if (value === undefined ? absent || isRequired || name in given : !isPlain(value)) return false
  }
  return true
}

function coercedOf(given: Variables, variables: readonly Variable[]): Variables | undefined {
  const coerced: Record<string, unknown> = {}
  for (const { name, absent, isRequired, coerce } of variables) {
    if (!Object.hasOwn(given, name)) {
      if (isRequired) return undefined
      if (absent) coerced[name] = absent.value
      continue
    }
    const value = coerce(given[name])
    if (value === REFUSED) return undefined
    coerced[name] = value
  }
  return coerced
}

/** Whether a value, and not null, is what it would come to. */
function plainTest(declared: GraphQLInputType): (value: unknown) => boolean {
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
  if (type.name === '_Any') return (value) => value !== null && value !== undefined
  return () => false
}
