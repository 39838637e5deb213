import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { directivesNamed } from '../../kernel/graphql/directives.ts'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'
import { own } from '../execute/merge.ts'

export type Variables = Readonly<Record<string, unknown>>

/** What an operation may come to with these variables, in objects that have to be looked up. */
export interface Cost {
  of(variables: Variables): number
  /** The largest page that is asked for. */
  page(variables: Variables): number
}

/** Of a list of which the SDL says nothing. */
const LIST_SIZE = 10
/** Of a connection where the client does not say how many; as `pageOf` has it. */
const PAGE_SIZE = 20
/** A write locks, decides, writes and publishes. */
const MUTATION_COST = 10
const SLICING: readonly string[] = ['first', 'last']

interface Weight {
  readonly cost: number | undefined
  readonly list:
    | {
        readonly assumedSize: number | undefined
        readonly slicingArguments: readonly string[]
        readonly sizedFields: readonly string[]
      }
    | undefined
}

/** What is fixed, and what depends on variables. */
interface Sum {
  readonly fixed: number
  readonly varying: readonly ((variables: Variables) => number)[]
}

type Size = number | ((variables: Variables) => number)

/**
 * Costs by `@cost` and `@listSize` of a supergraph (the IBM specification of GraphQL costs): an object costs 1, a leaf
 * nothing, a list as often as its size, a mutation 10. An operation is read once; what depends on variables is kept as a
 * function of them. https://ibm.github.io/graphql-specs/cost-spec.html
 */
export class Costs {
  readonly #weights: ReadonlyMap<string, Weight>
  readonly #known = new WeakMap<OperationDefinitionNode, Cost>()

  constructor(supergraphSdl: string) {
    this.#weights = weightsOf(supergraphSdl)
  }

  of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Cost {
    let cost = this.#known.get(operation)
    if (!cost) {
      cost = readCost(this.#weights, schema, document, operation)
      this.#known.set(operation, cost)
    }
    return cost
  }
}

function weightsOf(supergraphSdl: string): Map<string, Weight> {
  const weights = new Map<string, Weight>()
  for (const type of parse(supergraphSdl, { noLocation: true }).definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const field of type.fields ?? []) {
      const [cost] = directivesNamed(field.directives, 'cost')
      const [list] = directivesNamed(field.directives, 'listSize')
      if (!cost && !list) continue
      weights.set(`${type.name.value}.${field.name.value}`, {
        cost: cost && Number(cost.weight),
        list: list && {
          assumedSize: list.assumedSize as number | undefined,
          slicingArguments: (list.slicingArguments as string[] | undefined) ?? [],
          sizedFields: (list.sizedFields as string[] | undefined) ?? [],
        },
      })
    }
  }
  return weights
}

function readCost(
  weights: ReadonlyMap<string, Weight>,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const fragments = fragmentsOf(document)
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue ? valueFromASTUntyped(defaultValue) : undefined,
    ]),
  )
  const pages: ((variables: Variables) => number)[] = []
  const ofFragments = new Map<string, Sum>()

  /** `sized` are the fields below that stand for the pages of this one, with how many there are. */
  const ofSelection = (
    selectionSet: SelectionSetNode | undefined,
    type: GraphQLCompositeType,
    sized: ReadonlyMap<string, Size>,
  ): Sum =>
    total(
      (selectionSet?.selections ?? []).map((selection) => {
        if (selection.kind === Kind.FIELD) return ofField(selection, type, sized)
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const name = selection.typeCondition?.name.value
          return ofSelection(selection.selectionSet, name ? typeNamed(name) : type, sized)
        }
        return ofFragment(selection.name.value, sized)
      }),
    )

  const ofFragment = (name: string, sized: ReadonlyMap<string, Size>): Sum => {
    const known = sized.size === 0 ? ofFragments.get(name) : undefined
    if (known) return known
    const fragment = fragments[name]
    if (!fragment) return NOTHING
    const sum = ofSelection(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value), sized)
    if (sized.size === 0) ofFragments.set(name, sum)
    return sum
  }

  const ofField = (node: FieldNode, parent: GraphQLCompositeType, sized: ReadonlyMap<string, Size>): Sum => {
    const field = fieldOf(parent, node.name.value)
    if (!field) return NOTHING // `__typename`, and what asks for the schema.
    const weight = weights.get(`${parent.name}.${field.name}`)
    const type = getNamedType(field.type)
    const size = sizeOf(node, field, weight)
    const isPage = /(?:Connection|Edge|PageInfo)$/.test(type.name)
    const own =
      weight?.cost ??
      (parent === schema.getMutationType() ? MUTATION_COST : isCompositeType(type) && !isPage ? 1 : 0)
    if (!isCompositeType(type)) return { fixed: own, varying: [] }
    const sizedBelow = new Map(
      (
        weight?.list?.sizedFields ?? (isPage && type.name.endsWith('Connection') ? ['edges', 'nodes'] : [])
      ).map((name) => [name, size] as const),
    )
    const inner = total([{ fixed: own, varying: [] }, ofSelection(node.selectionSet, type, sizedBelow)])
    if (!isList(field)) return inner
    return times(inner, sized.get(field.name) ?? size)
  }

  const sizeOf = (
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    weight: Weight | undefined,
  ): Size => {
    const named = weight?.list?.slicingArguments ?? []
    const slicing = named.length > 0 ? named : SLICING
    const assumed = weight?.list?.assumedSize ?? (isList(field) ? LIST_SIZE : PAGE_SIZE)
    const given = node.arguments?.filter(({ name }) => slicing.includes(name.value)) ?? []
    if (given.length === 0) return assumed
    const sizeBy = (variables: Variables): number => {
      const values = given.map(({ value }) =>
        value.kind === Kind.VARIABLE
          ? (own(variables, value.name.value) ?? defaults.get(value.name.value))
          : valueFromASTUntyped(value),
      )
      const numbers = values.filter((value) => typeof value === 'number')
      return numbers.length > 0 ? Math.max(0, ...numbers) : assumed
    }
    pages.push(sizeBy)
    return given.some(({ value }) => value.kind === Kind.VARIABLE) ? sizeBy : sizeBy({})
  }

  const typeNamed = (name: string): GraphQLCompositeType => schema.getType(name) as GraphQLCompositeType

  const { fixed, varying } = ofSelection(
    operation.selectionSet,
    schema.getRootType(operation.operation)!,
    new Map(),
  )
  return {
    of: varying.length === 0 ? () => fixed : (variables) => fixed + at(varying, variables),
    page: pages.length === 0 ? () => 0 : (variables) => Math.max(...pages.map((size) => size(variables))),
  }
}

const NOTHING: Sum = { fixed: 0, varying: [] }

const at = (varying: Sum['varying'], variables: Variables): number => {
  let sum = 0
  for (const one of varying) sum += one(variables)
  return sum
}

const total = (sums: readonly Sum[]): Sum => ({
  fixed: sums.reduce((sum, { fixed }) => sum + fixed, 0),
  varying: sums.flatMap(({ varying }) => varying),
})

function times({ fixed, varying }: Sum, size: Size): Sum {
  if (typeof size === 'number') {
    const each = varying.map((one) => (variables: Variables) => size * one(variables))
    return { fixed: fixed * size, varying: each }
  }
  return { fixed: 0, varying: [(variables) => size(variables) * (fixed + at(varying, variables))] }
}

const fieldOf = (type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined

const isList = ({ type }: GraphQLField<unknown, unknown>): boolean =>
  isListType(isNonNullType(type) ? type.ofType : type)
