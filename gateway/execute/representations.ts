import type { GraphQLSchema } from 'graphql'
import { isEntity, merge, own, put } from './merge.ts'
import type { RequiredSelection } from './plan-nodes.ts'
import type { Entity } from './source.ts'
import { meets } from './type-conditions.ts'

/** Takes out of an entity what another subgraph needs to know it by; null where a part is missing. */
export type Represent = (entity: Entity) => Entity | null

export function compileRepresentation(
  schema: GraphQLSchema,
  selections: readonly RequiredSelection[],
): Represent {
  const [first, ...others] = selections
  // Nearly always it is one type's key, which then need not be copied into something larger.
  if (first?.kind === 'InlineFragment' && first.typeCondition !== undefined && others.length === 0) {
    return compileFragment(schema, first.typeCondition, first.selections)
  }
  return compileObject(schema, selections)
}

/** Within an object, what is of another type is left out; at its top, the object is. */
function compileObject(schema: GraphQLSchema, selections: readonly RequiredSelection[]): Represent {
  return writeKey(selections) ?? partByPart(schema, selections)
}

/** Nearly always a key is a few leaves, which one written function takes: `{ __typename: …, id: … }`. */
function writeKey(selections: readonly RequiredSelection[]): Represent | undefined {
  const lines: string[] = []
  const properties: string[] = []
  for (const selection of selections) {
    if (selection.kind !== 'Field' || selection.selections) return undefined
    const { name: ownName, alias: name = ownName } = selection
    const { sentAs = name } = selection
    // Names that every object has would be found where they are not.
    if (name in Object.prototype || sentAs in Object.prototype) return undefined
    const value = `value${lines.length}`
    lines.push(`const ${value} = entity.${name}`, `if (${value} === undefined) return null`)
    properties.push(`${sentAs}: ${value}`)
  }
  // Written from names that GraphQL's grammar has let through: letters, digits and underscores.
  return new Function('entity', `${lines.join('\n')}\nreturn { ${properties.join(', ')} }`) as Represent
}

function partByPart(schema: GraphQLSchema, selections: readonly RequiredSelection[]): Represent {
  const parts = selections.map((selection) => compilePart(schema, selection))
  return (entity) => {
    const made: Entity = {}
    for (const part of parts) if (!part(entity, made)) return null
    return made
  }
}

type Part = (entity: Entity, made: Entity) => boolean

function compilePart(schema: GraphQLSchema, selection: RequiredSelection): Part {
  if (selection.kind === 'Field') {
    const name = selection.alias ?? selection.name
    const sentAs = selection.sentAs ?? name
    const inner = selection.selections && compileObject(schema, selection.selections)
    return (entity, made) => {
      const value = own(entity, name)
      if (value === undefined) return false
      put(made, sentAs, inner ? eachOf(value, inner) : value)
      return true
    }
  }
  const { typeCondition } = selection
  if (typeCondition === undefined) return () => true
  const fragment = compileFragment(schema, typeCondition, selection.selections)
  return (entity, made) => {
    const found = fragment(entity)
    if (found) merge(made, found)
    return true
  }
}

/** Null also for an object that is of another type. */
function compileFragment(
  schema: GraphQLSchema,
  typeCondition: string,
  selections: readonly RequiredSelection[],
): Represent {
  const inner = compileObject(schema, selections)
  // A type is met or not for good, and few types come to one place.
  const known = new Map<unknown, boolean>()
  return (entity) => {
    const typeName = own(entity, '__typename')
    let met = known.get(typeName)
    if (met === undefined) {
      met = typeof typeName === 'string' && meets(schema, typeName, typeCondition)
      if (known.size < 1_000) known.set(typeName, met)
    }
    return met ? inner(entity) : null
  }
}

const eachOf = (value: unknown, inner: Represent): unknown => {
  if (Array.isArray(value)) return value.map((one) => eachOf(one, inner))
  return isEntity(value) ? inner(value) : null
}
