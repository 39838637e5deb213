import { createHash } from 'node:crypto'
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql'
import { directivesNamed } from '../../kernel/graphql/directives.ts'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'

/** For how long an operation's answer may be kept, for whom, and of which subgraphs' rules it tells. */
export interface CachePolicy {
  readonly maxAgeSeconds: number
  readonly scope: 'PUBLIC' | 'PRIVATE'
  readonly subgraphs: readonly string[]
}

interface Hint {
  readonly maxAge?: number
  readonly scope?: 'PUBLIC' | 'PRIVATE'
  readonly inheritMaxAge?: boolean
}

/** What a selection comes to; an age that nothing limits is infinite. */
interface Found {
  readonly maxAge: number
  readonly isPrivate: boolean
  readonly subgraphs: ReadonlySet<string>
}

const NOTHING: Found = { maxAge: Number.POSITIVE_INFINITY, isPrivate: false, subgraphs: new Set() }

/**
 * Policies by `@cacheControl` of a supergraph, as Apollo Server has them: the least age of all fields, private if any
 * field is. A root field, and one of objects, without a hint of its own or of its type may not be kept, unless it inherits
 * its parent's age; a leaf always does. Conditions on fields are not looked at: what may be asked counts.
 * https://www.apollographql.com/docs/apollo-server/performance/caching
 */
export class CachePolicies {
  /** Of the supergraph: what was answered over another is not answered over this one. */
  readonly generation: string
  readonly #hints = new Map<string, Hint>()
  /** Subgraphs by type, and by `Type.field` where not all of the type's have the field. */
  readonly #subgraphs = new Map<string, readonly string[]>()
  readonly #known = new WeakMap<OperationDefinitionNode, { policy: CachePolicy | undefined }>()

  constructor(supergraphSdl: string) {
    this.generation = createHash('sha256').update(supergraphSdl).digest('base64url').slice(0, 16)
    const { definitions } = parse(supergraphSdl, { noLocation: true })
    const names = subgraphNames(definitions)
    for (const type of definitions) {
      if (
        type.kind !== Kind.OBJECT_TYPE_DEFINITION &&
        type.kind !== Kind.INTERFACE_TYPE_DEFINITION &&
        type.kind !== Kind.UNION_TYPE_DEFINITION
      )
        continue
      const note = (
        coordinate: string,
        directives: readonly ConstDirectiveNode[] | undefined,
        join: string,
      ) => {
        const [hint] = directivesNamed(directives, 'cacheControl')
        if (hint) this.#hints.set(coordinate, hint)
        const graphs = directivesNamed(directives, join).flatMap(
          ({ graph }) => names.get(String(graph)) ?? [],
        )
        if (graphs.length > 0) this.#subgraphs.set(coordinate, graphs)
      }
      note(type.name.value, type.directives, 'join__type')
      if (type.kind === Kind.UNION_TYPE_DEFINITION) continue
      for (const field of type.fields ?? [])
        note(`${type.name.value}.${field.name.value}`, field.directives, 'join__field')
    }
  }

  /** Undefined: the answer may not be kept. */
  of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
  ): CachePolicy | undefined {
    let known = this.#known.get(operation)
    if (!known) {
      known = { policy: this.#read(schema, document, operation) }
      this.#known.set(operation, known)
    }
    return known.policy
  }

  #read(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
  ): CachePolicy | undefined {
    const root = schema.getQueryType()
    if (operation.operation !== 'query' || !root) return undefined
    const fragments = fragmentsOf(document)
    const ofFragments = new Map<string, Found>()

    const ofSelection = (selectionSet: SelectionSetNode | undefined, type: GraphQLCompositeType): Found =>
      together(
        (selectionSet?.selections ?? []).map((selection) => {
          if (selection.kind === Kind.FIELD) return ofField(selection, type)
          if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value)
          const on = selection.typeCondition && schema.getType(selection.typeCondition.name.value)
          return ofSelection(selection.selectionSet, (on as GraphQLCompositeType | undefined) ?? type)
        }),
      )

    const ofFragment = (name: string): Found => {
      let found = ofFragments.get(name)
      if (!found) {
        const { selectionSet, typeCondition } = fragments[name]!
        found = ofSelection(selectionSet, schema.getType(typeCondition.name.value) as GraphQLCompositeType)
        ofFragments.set(name, found)
      }
      return found
    }

    const ofField = (node: FieldNode, parent: GraphQLCompositeType): Found => {
      const name = node.name.value
      if (name === '__typename') return NOTHING
      const parents = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
      return together(parents.map((one) => this.#ofField(node, one, one === root, ofSelection)))
    }

    const { maxAge, isPrivate, subgraphs } = ofSelection(operation.selectionSet, root)
    if (!(maxAge > 0) || !Number.isFinite(maxAge) || subgraphs.size === 0) return undefined
    return {
      maxAgeSeconds: maxAge,
      scope: isPrivate ? 'PRIVATE' : 'PUBLIC',
      subgraphs: [...subgraphs].toSorted(),
    }
  }

  #ofField(
    node: FieldNode,
    parent: GraphQLCompositeType,
    isRoot: boolean,
    ofSelection: (selectionSet: SelectionSetNode | undefined, type: GraphQLCompositeType) => Found,
  ): Found {
    const name = node.name.value
    const field = 'getFields' in parent ? parent.getFields()[name] : undefined
    // What asks for the schema is no field of the root.
    if (!field) return isRoot ? { ...NOTHING, maxAge: 0 } : NOTHING
    const type = getNamedType(field.type)
    const isComposite = isCompositeType(type)
    const own = this.#hints.get(`${parent.name}.${name}`) ?? {}
    const ofType = (isComposite && this.#hints.get(type.name)) || {}
    const inherits = own.inheritMaxAge ?? (own.maxAge === undefined && ofType.inheritMaxAge)
    const stated = own.maxAge ?? (own.inheritMaxAge ? undefined : ofType.maxAge)
    const unstated = isRoot || (isComposite && !inherits) ? 0 : Number.POSITIVE_INFINITY
    const here: Found = {
      maxAge: stated ?? unstated,
      isPrivate: (own.scope ?? ofType.scope) === 'PRIVATE',
      subgraphs: new Set(this.#subgraphsOf(parent, name)),
    }
    return isComposite ? together([here, ofSelection(node.selectionSet, type)]) : here
  }

  /** Where several have the field, as all have a key, who else is asked tells where the rest comes from. */
  #subgraphsOf(parent: GraphQLCompositeType, name: string): readonly string[] {
    const ofField = this.#subgraphs.get(`${parent.name}.${name}`)
    if (ofField) return ofField
    const ofType = this.#subgraphs.get(parent.name) ?? []
    return isObjectType(parent) && ofType.length === 1 ? ofType : []
  }
}

const together = (all: readonly Found[]): Found => ({
  maxAge: Math.min(Number.POSITIVE_INFINITY, ...all.map(({ maxAge }) => maxAge)),
  isPrivate: all.some(({ isPrivate }) => isPrivate),
  subgraphs: new Set(all.flatMap(({ subgraphs }) => [...subgraphs])),
})

/** By their names in `join__Graph`. */
function subgraphNames(definitions: DocumentNode['definitions']): Map<string, string> {
  const graphs = definitions.find(
    (one) => one.kind === Kind.ENUM_TYPE_DEFINITION && one.name.value === 'join__Graph',
  )
  const values = graphs?.kind === Kind.ENUM_TYPE_DEFINITION ? (graphs.values ?? []) : []
  return new Map(
    values.flatMap((value) =>
      directivesNamed(value.directives, 'join__graph').map(({ name }): [string, string] => [
        value.name.value,
        String(name),
      ]),
    ),
  )
}
