import type { Entity } from './source.ts'

export const isEntity = (value: unknown): value is Entity =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A property that the object itself has; names such as `constructor` are good GraphQL. */
export const own = (entity: Entity, name: string): unknown =>
  Object.hasOwn(entity, name) ? entity[name] : undefined

export function put(entity: Entity, name: string, value: unknown): void {
  if (name !== '__proto__') entity[name] = value
  else Object.defineProperty(entity, name, { value, configurable: true, enumerable: true, writable: true })
}

/** Takes all of `from` into `into`: objects and lists of one length are joined, anything else is replaced. */
export function merge(into: Entity, from: Entity): void {
  for (const name of Object.keys(from)) {
    const value = from[name]
    if (value === undefined) continue
    const before = own(into, name)
    if (isEntity(value) && isEntity(before)) merge(before, value)
    else if (Array.isArray(value) && Array.isArray(before) && value.length === before.length) {
      mergeLists(before, value)
    } else put(into, name, value)
  }
}

function mergeLists(into: unknown[], from: readonly unknown[]): void {
  for (let index = 0; index < from.length; index++) {
    const value = from[index]
    const before = into[index]
    if (isEntity(value) && isEntity(before)) merge(before, value)
    else if (Array.isArray(value) && Array.isArray(before) && value.length === before.length) {
      mergeLists(before, value)
    } else into[index] = value
  }
}

/** A copy for the second place that one answer goes to: each place is merged into on its own. */
export function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (!isEntity(value)) return value
  const made: Entity = {}
  for (const name of Object.keys(value)) put(made, name, copy(value[name]))
  return made
}
