import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  type DocumentNode,
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  parse,
} from 'graphql'
import { InvariantError } from '../values/assert.ts'
import { resolveEntitiesAtOnce } from './entities.ts'
import { enforceRights } from './rights.ts'
import { scalars } from './scalars.ts'

// biome-ignore lint/suspicious/noExplicitAny: each resolver states the types of its own source, arguments and context.
export type Resolver = GraphQLFieldResolver<any, any, any>
export type ResolverMap = Readonly<Record<string, Readonly<Record<string, Resolver>>>>

/** A subgraph's executable schema: its SDL, its resolvers, the shared scalars, and rights on every field. */
export function buildSchema(sdl: string, resolvers: ResolverMap): GraphQLSchema {
  const typeDefs = parse(sdl)
  const used = scalarNames(typeDefs)
  const schema = buildSubgraphSchema([
    {
      typeDefs,
      resolvers: {
        ...resolvers,
        ...Object.fromEntries(Object.entries(scalars).filter(([name]) => used.has(name))),
      } as never,
    },
  ])
  checkResolvers(schema, resolvers)
  enforceRights(schema)
  resolveObjects(schema)
  resolveEntitiesAtOnce(schema)
  return schema
}

/**
 * Compiled, a field without a resolver is a property that is there at once. Resolvers pack promises of objects, so
 * fields of objects get the default resolver in so many words; a promise of a leaf is an error.
 */
function resolveObjects(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    if (type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      if (!isLeafType(getNamedType(field.type))) field.resolve ??= defaultFieldResolver
    }
  }
}

const scalarNames = (document: DocumentNode): Set<string> =>
  new Set(
    document.definitions
      .filter((definition) => definition.kind === 'ScalarTypeDefinition')
      .map((definition) => definition.name.value),
  )

/** A root field without a resolver, or a resolver without a field, is a mistake of ours; find it at start. */
function checkResolvers(schema: GraphQLSchema, resolvers: ResolverMap): void {
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const name of Object.keys(root?.getFields() ?? {})) {
      if (name.startsWith('_')) continue
      if (!resolvers[root!.name]?.[name]) throw new InvariantError(`${root!.name}.${name} has no resolver`)
    }
  }
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName)
    if (!isObjectType(type)) continue
    for (const name of Object.keys(fields)) {
      if (name.startsWith('__') || type.getFields()[name]) continue
      throw new InvariantError(`the resolver ${typeName}.${name} has no field in the schema`)
    }
  }
}
