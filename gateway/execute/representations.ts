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
    const inner = selection.selections && compileRepresentation(schema, selection.selections)
    return (entity, made) => {
      const value = own(entity, name)
      if (value === undefined) return false
      put(made, sentAs, inner ? eachOf(value, inner) : value)
      return true
    }
  }
  const { typeCondition } = selection
  if (typeCondition === undefined) return () => true
  const inner = compileRepresentation(schema, selection.selections)
  // A type is met or not for good, and few types come to one place.
  const known = new Map<unknown, boolean>()
  return (entity, made) => {
    const typeName = own(entity, '__typename')
    let met = known.get(typeName)
    if (met === undefined) {
      met = typeof typeName === 'string' && meets(schema, typeName, typeCondition)
      if (known.size < 1_000) known.set(typeName, met)
    }
    const found = met ? inner(entity) : null
    if (found) merge(made, found)
    return true
  }
}

const eachOf = (value: unknown, inner: Represent): unknown => {
  if (Array.isArray(value)) return value.map((one) => eachOf(one, inner))
  return isEntity(value) ? inner(value) : null
}
