import { GraphQLError, type GraphQLSchema } from 'graphql'
import { ForbiddenError } from '../../kernel/errors.ts'
import type { Audience } from '../../schema/contract.ts'

const UNKNOWN_FIELD = /^Cannot query field "(\w+)" on type "(\w+)"/
const UNKNOWN_TYPE = /^Unknown type "(\w+)"/

/**
 * In the sandbox, whoever asks for what only others may name is told so, in place of that there is no such thing.
 * Production says nothing of what stands outside of a caller's contract.
 */
export function sayOutsideContract(
  error: GraphQLError,
  audience: Audience,
  whole: GraphQLSchema,
): GraphQLError {
  const [, field, type] = UNKNOWN_FIELD.exec(error.message) ?? []
  const [, alone] = UNKNOWN_TYPE.exec(error.message) ?? []
  const name = field === undefined ? alone : `${type}.${field}`
  if (name === undefined || !hasElement(whole, name)) return error
  const message = `${name} is not in the contract of this kind of caller (${audience}); it is for others.`
  return new GraphQLError(message, { nodes: error.nodes, originalError: new ForbiddenError(message) })
}

function hasElement(schema: GraphQLSchema, name: string): boolean {
  const [typeName, field] = name.split('.') as [string, string | undefined]
  const type = schema.getType(typeName)
  return type !== undefined && (field === undefined || ('getFields' in type && field in type.getFields()))
}
