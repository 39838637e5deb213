import { buildASTSchema, type GraphQLSchema, parse, printSchema } from 'graphql'
import { type Audience, contractOf, outsideOf } from '../../schema/contract.ts'

/** The part of the clients' schema that an audience may name; the schema itself where that is all of it. */
export function contractSchema(
  supergraphSdl: string,
  apiSchema: GraphQLSchema,
  audience: Audience,
): GraphQLSchema {
  const outside = outsideOf(supergraphSdl, audience)
  const fields = [...outside].some((coordinate) => hasField(apiSchema, coordinate))
  return fields ? buildASTSchema(contractOf(parse(printSchema(apiSchema)), outside)) : apiSchema
}

function hasField(schema: GraphQLSchema, coordinate: string): boolean {
  const [typeName, fieldName] = coordinate.split('.') as [string, string]
  const type = schema.getType(typeName)
  return type !== undefined && 'getFields' in type && fieldName in type.getFields()
}
