import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  parse,
  type TypeNode,
} from 'graphql'

/** For whom there is a contract: the part of the graph that a kind of caller may name. */
export type Audience = 'member' | 'partner' | 'staff'
export const AUDIENCES: readonly Audience[] = ['member', 'partner', 'staff']

/**
 * Fields of objects and inputs, as `Type.field`, that stand outside of an audience's contract, by the tags in a supergraph. Staff see all
 * that is not internal: they answer for the rest.
 */
export function outsideOf(supergraphSdl: string, audience: Audience): ReadonlySet<string> {
  const outside = new Set<string>()
  if (audience === 'staff') return outside
  // The gateway's own, so it has no tag.
  if (audience === 'partner') outside.add('Subscription.memberChanged')
  for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
    const { kind } = definition
    if (kind !== Kind.OBJECT_TYPE_DEFINITION && kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) {
      const audiences = tagsOf(field.directives).filter((one) => AUDIENCES.some((known) => known === one))
      if (audiences.length > 0 && !audiences.includes(audience)) {
        outside.add(`${definition.name.value}.${field.name.value}`)
      }
    }
  }
  return outside
}

const tagsOf = (directives: readonly ConstDirectiveNode[] | undefined): string[] =>
  (directives ?? []).flatMap(({ name, arguments: given }) =>
    name.value === 'tag' && given?.[0]?.value.kind === Kind.STRING ? [given[0].value.value] : [],
  )

/**
 * The clients' schema without some fields, without types that have no field left or that nothing leads to, and without
 * what would lead to such a type.
 */
export function contractOf(api: DocumentNode, outside: ReadonlySet<string>): DocumentNode {
  let { definitions } = api
  for (;;) {
    const known = namesOf(definitions)
    const next = reachable(definitions.flatMap((one) => narrowed(one, outside, known)))
    if (next.length === definitions.length && weight(next) === weight(definitions)) break
    definitions = next
  }
  return { ...api, definitions }
}

const ROOTS: readonly string[] = ['Query', 'Mutation', 'Subscription']
const BUILT_IN: readonly string[] = ['Int', 'Float', 'String', 'Boolean', 'ID']

const namesOf = (definitions: readonly DefinitionNode[]): ReadonlySet<string> =>
  new Set([...BUILT_IN, ...definitions.flatMap((one) => ('name' in one && one.name ? [one.name.value] : []))])

const weight = (definitions: readonly DefinitionNode[]): number =>
  definitions.reduce((sum, one) => sum + ('fields' in one ? (one.fields?.length ?? 0) : 0), 0)

/** One definition with what is left of it; none where nothing is. */
function narrowed(
  definition: DefinitionNode,
  outside: ReadonlySet<string>,
  known: ReadonlySet<string>,
): DefinitionNode[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const fields = definition.fields?.filter(
        (field) =>
          !outside.has(`${definition.name.value}.${field.name.value}`) && allKnown(typesOf(field), known),
      )
      const interfaces = definition.interfaces?.filter(({ name }) => known.has(name.value))
      return fields?.length ? [{ ...definition, fields, interfaces }] : []
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const fields = definition.fields?.filter(
        ({ name }) => !outside.has(`${definition.name.value}.${name.value}`),
      )
      return fields?.length ? [{ ...definition, fields }] : []
    }
    case Kind.UNION_TYPE_DEFINITION: {
      const types = definition.types?.filter(({ name }) => known.has(name.value))
      return types?.length ? [{ ...definition, types }] : []
    }
    case Kind.SCHEMA_DEFINITION: {
      const operationTypes = definition.operationTypes.filter(({ type }) => known.has(type.name.value))
      return [{ ...definition, operationTypes }]
    }
    default:
      return [definition]
  }
}

const typesOf = (field: FieldDefinitionNode): string[] => [
  nameOf(field.type),
  ...(field.arguments ?? []).map(({ type }) => nameOf(type)),
]

const allKnown = (names: readonly string[], known: ReadonlySet<string>): boolean =>
  names.every((name) => known.has(name))

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)

/** Without types that no root leads to. */
function reachable(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const byName = new Map(
    definitions.flatMap((one) => ('name' in one && one.name ? [[one.name.value, one] as const] : [])),
  )
  const implementers = Map.groupBy(
    definitions.flatMap((one) =>
      ('interfaces' in one ? (one.interfaces ?? []) : []).map((to: NamedTypeNode) => ({ one, to })),
    ),
    ({ to }) => to.name.value,
  )
  const found = new Set<string>()
  const visitType = (name: string): void => {
    const definition = byName.get(name)
    if (found.has(name) || !definition) return
    found.add(name)
    for (const next of leadsTo(definition)) visitType(next)
    for (const { one } of implementers.get(name) ?? [])
      visitType((one as { name: { value: string } }).name.value)
  }
  for (const root of ROOTS) visitType(root)
  for (const one of definitions) {
    if (one.kind === Kind.DIRECTIVE_DEFINITION)
      for (const { type } of one.arguments ?? []) visitType(nameOf(type))
  }
  return definitions.filter(
    (one) =>
      one.kind === Kind.DIRECTIVE_DEFINITION || !('name' in one && one.name) || found.has(one.name.value),
  )
}

function leadsTo(definition: DefinitionNode): string[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
      return [
        ...(definition.fields ?? []).flatMap(typesOf),
        ...(definition.interfaces ?? []).map(({ name }) => name.value),
      ]
    case Kind.UNION_TYPE_DEFINITION:
      return (definition.types ?? []).map(({ name }) => name.value)
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return (definition.fields ?? []).map(({ type }: InputValueDefinitionNode) => nameOf(type))
    default:
      return []
  }
}
