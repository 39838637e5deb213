import type { FetchDataRewrite } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'
import { own, put } from './merge.ts'
import type { Entity } from './source.ts'
import { meets } from './type-conditions.ts'

const CONDITION = '... on '

type Rewrite = (value: unknown) => void

/**
 * What the planner says must change in representations before they are sent, or in answers before they are merged:
 * names under which a field travels to avoid a clash, and the types of interface objects.
 */
export function compileRewrites(
  schema: GraphQLSchema,
  rewrites: readonly FetchDataRewrite[] | undefined,
): Rewrite | undefined {
  const steps = (rewrites ?? []).flatMap((rewrite) => {
    const name = rewrite.path.at(-1)
    return name === undefined ? [] : [along(schema, rewrite.path.slice(0, -1), change(rewrite, name))]
  })
  if (steps.length === 0) return undefined
  return (value) => {
    for (const step of steps) step(value)
  }
}

function change(rewrite: FetchDataRewrite, name: string): (entity: Entity) => void {
  if (rewrite.kind === 'ValueSetter') return (entity) => put(entity, name, rewrite.setValueTo)
  return (entity) => {
    const value = own(entity, name)
    // A value that is nothing stays where it is: a reader finds nothing under the new name just as well.
    if (!value) return
    put(entity, rewrite.renameKeyTo, value)
    put(entity, name, undefined)
  }
}

function along(schema: GraphQLSchema, path: readonly string[], last: (entity: Entity) => void): Rewrite {
  const [element, ...rest] = path
  const next: Rewrite = element === undefined ? (value) => last(value as Entity) : along(schema, rest, last)
  const condition = element?.startsWith(CONDITION) ? element.slice(CONDITION.length) : undefined

  const visit: Rewrite = (value) => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const entity = value as Entity
    if (element === undefined) last(entity)
    else if (condition === undefined) next(own(entity, element))
    else {
      const typeName = own(entity, '__typename')
      if (!typeName || meets(schema, String(typeName), condition)) next(entity)
    }
  }
  return visit
}
