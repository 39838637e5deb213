import { isEntity, own } from './merge.ts'
import type { Entity } from './source.ts'

/** The way to entities in a merged answer; `@` goes into each element of a list, and types stop objects of any other. */
export type Way = readonly (string | number | OnlyTypes)[]

export interface OnlyTypes {
  readonly types: ReadonlySet<string>
}

const isOf = (value: unknown, { types }: OnlyTypes): boolean =>
  isEntity(value) && types.has(own(value, '__typename') as string)

/** Each entity at the end of the way, in order. Nothing is there where a part of the way is missing. */
export function entitiesAt(root: Entity, way: Way): Entity[] {
  const found: Entity[] = []
  gather(root, way, 0, found)
  return found
}

function gather(value: unknown, way: Way, index: number, found: Entity[]): void {
  if (value === undefined || value === null) return
  if (index === way.length) {
    if (Array.isArray(value)) for (const one of value) gather(one, way, index, found)
    else if (isEntity(value)) found.push(value)
    return
  }
  const step = way[index]!
  if (step === '@') {
    if (Array.isArray(value)) for (const one of value) gather(one, way, index + 1, found)
  } else if (typeof step === 'object') {
    if (Array.isArray(value)) for (const one of value) gather(one, way, index, found)
    else if (isOf(value, step)) gather(value, way, index + 1, found)
  } else if (Object.hasOwn(value, step)) gather((value as Entity)[step], way, index + 1, found)
}

/** The paths of the entities that `entitiesAt` finds, one for each. */
export function pathsAt(root: Entity, way: Way): (string | number)[][] {
  const found: (string | number)[][] = []
  trace(root, way, 0, [], found)
  return found
}

function trace(
  value: unknown,
  way: Way,
  index: number,
  path: readonly (string | number)[],
  found: (string | number)[][],
): void {
  if (value === undefined || value === null) return
  if (index === way.length) {
    if (Array.isArray(value))
      for (const [i, one] of value.entries()) trace(one, way, index, [...path, i], found)
    else if (isEntity(value)) found.push([...path])
    return
  }
  const step = way[index]!
  if (step === '@') {
    if (Array.isArray(value))
      for (const [i, one] of value.entries()) trace(one, way, index + 1, [...path, i], found)
  } else if (typeof step === 'object') {
    if (Array.isArray(value))
      for (const [i, one] of value.entries()) trace(one, way, index, [...path, i], found)
    else if (isOf(value, step)) trace(value, way, index + 1, path, found)
  } else if (Object.hasOwn(value, step)) {
    trace((value as Entity)[step], way, index + 1, [...path, step], found)
  }
}
