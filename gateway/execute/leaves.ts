import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql'

const INTEGER = /^-?(?:0|[1-9]\d*)$/

/** Whether a subgraph's value is one of its type. What a custom scalar allows, only the subgraph knows. */
export function leafCheck(type: GraphQLLeafType): (value: unknown) => boolean {
  if (isEnumType(type)) {
    const names = new Set<unknown>(type.getValues().map(({ name }) => name))
    return (value) => names.has(value)
  }
  switch (type.name) {
    case GraphQLString.name:
      return (value) => typeof value === 'string'
    case GraphQLBoolean.name:
      return (value) => typeof value === 'boolean'
    case GraphQLInt.name:
      return isInteger
    case GraphQLFloat.name:
      return (value) => typeof value === 'number' && Number.isFinite(value)
    case GraphQLID.name:
      return (value) => typeof value === 'string' || isInteger(value)
    default:
      return () => true
  }
}

const isInteger = (value: unknown): boolean => typeof value === 'number' && INTEGER.test(String(value))
