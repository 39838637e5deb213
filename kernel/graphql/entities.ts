import { type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from 'graphql'

interface Representation {
  readonly __typename: string
}

type ResolveReference = (reference: Representation, context: unknown, info: GraphQLResolveInfo) => unknown

/** Where `@apollo/subgraph` keeps a type's `__resolveReference`. */
interface Extensions {
  readonly apollo?: { readonly subgraph?: { readonly resolveReference?: ResolveReference } }
}

const itself: ResolveReference = (reference) => reference

/**
 * Entities are there at once where what `__resolveReference` answers is. The resolver that `@apollo/subgraph` brings makes
 * a promise of each, and so of every answer that has entities. It stays for interfaces, which have none here.
 */
export function resolveEntitiesAtOnce(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()._entities
  const byApollo = field?.resolve
  if (!byApollo) return
  const resolvers = new Map<string, ResolveReference>()
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    resolvers.set(type.name, (type.extensions as Extensions).apollo?.subgraph?.resolveReference ?? itself)
  }

  field.resolve = (source, args: { representations: readonly Representation[] }, context, info) => {
    const { representations } = args
    if (!representations.every(({ __typename }) => resolvers.has(__typename))) {
      return byApollo(source, args, context, info)
    }
    return representations.map((reference) => {
      const { __typename } = reference
      const entity = resolvers.get(__typename)!(reference, context, info)
      return entity instanceof Promise
        ? entity.then((one: unknown) => named(one, __typename))
        : named(entity, __typename)
    })
  }
}

/** By its `__typename` the union of all entities tells which one it has. */
function named(entity: unknown, typeName: string): unknown {
  if (typeof entity !== 'object' || entity === null) return entity
  const { __typename } = entity as Partial<Representation>
  if (__typename === typeName) return entity
  return Object.defineProperty(entity, '__typename', { value: typeName })
}
