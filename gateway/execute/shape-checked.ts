import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isListType,
  isNonNullType,
} from 'graphql'
import { leafCheck } from './leaves.ts'
import { own, put } from './merge.ts'
import { objectTypeNamed, type Selection, type Slot } from './selection.ts'
import type { Entity } from './source.ts'

export interface Shaped {
  readonly data: Entity | null
  /** Values that break the schema's promises, where no subgraph has told an error of its own. */
  readonly errors: GraphQLError[]
}

export interface ShapeOptions {
  readonly schema: GraphQLSchema
  readonly root: GraphQLObjectType
  readonly selection: Selection
  /** Answers `__schema` and `__type`. */
  readonly introspect: (slot: Slot) => unknown
}

/** What became of a value; `broken`: it may not be null and is, so the object around it is null. */
interface Completed {
  readonly value: unknown
  readonly broken?: boolean
  /** An error has been told for this null. */
  readonly told?: boolean
}

/** The answer as the client asked for it: names, order, types, and nulls that spread to where null may be. */
export function shapeChecked(input: Entity, options: ShapeOptions): Shaped {
  const { schema, root, selection, introspect } = options
  const errors: GraphQLError[] = []
  const path: (string | number)[] = []

  const tell = (message: string): void => {
    const extensions = { code: 'INVALID_GRAPHQL' }
    errors.push(new GraphQLError(message, { path: [...path], extensions }))
  }

  const where = (type: GraphQLOutputType, slot: Slot): string => {
    const last = path.at(-1)
    return typeof last === 'string'
      ? `field ${slot.parent}.${last}`
      : `array element of type ${type} at index ${last}`
  }

  const fill = (source: Entity, slots: readonly Slot[], output: Entity): boolean => {
    for (const slot of slots) {
      if (slot.kind === 'introspection') {
        put(output, slot.name, introspect(slot))
        continue
      }
      if (slot.kind === 'typename') {
        const name = own(source, slot.name) ?? own(source, '__typename') ?? slot.parent.name
        const type = objectTypeNamed(schema, name) ?? objectTypeNamed(schema, slot.parent.name)
        if (!type) return false
        put(output, slot.name, type.name)
        continue
      }
      path.push(slot.name)
      const { value, broken } = complete(slot.type, own(source, slot.name) ?? null, slot)
      path.pop()
      put(output, slot.name, value)
      if (broken) return false
    }
    return true
  }

  const complete = (type: GraphQLOutputType, value: unknown, slot: Slot): Completed => {
    if (isNonNullType(type)) {
      const completed = complete(type.ofType, value, slot)
      if (completed.value !== null) return { value: completed.value }
      if (!completed.told) tell(`Cannot return null for non-nullable ${where(type.ofType, slot)}.`)
      return { value: null, broken: true, told: true }
    }
    if (value === null || value === undefined) return { value: null }
    if (isListType(type)) return completeList(type.ofType, value, slot)
    if (isCompositeType(type)) {
      if (typeof value !== 'object') {
        throw new Error(`Invalid non-object value ${value} returned by subgraph for composite type ${type}`)
      }
      const source = value as Entity
      const typeName = own(source, '__typename') as string | undefined
      if (typeName && !isCompositeType(schema.getType(typeName))) {
        tell(`Invalid __typename found for object at ${where(type, slot)}.`)
        return { value: null, told: true }
      }
      const output: Entity = {}
      const whole = fill(source, slot.selection!(typeName || undefined), output)
      return whole ? { value: output } : { value: null, told: true }
    }
    if (leafCheck(type)(value)) return { value }
    tell(`Invalid value found for ${where(type, slot)}.`)
    return { value: null, told: true }
  }

  const completeList = (type: GraphQLOutputType, value: unknown, slot: Slot): Completed => {
    if (!Array.isArray(value)) {
      throw new Error(`Invalid non-list value ${value} returned by subgraph for list type [${type}]`)
    }
    let broken = false
    let told = false
    const values = value.map((one, index) => {
      path.push(index)
      const completed = complete(type, one, slot)
      path.pop()
      broken ||= completed.broken ?? false
      told ||= completed.told ?? false
      return completed.value
    })
    return { value: broken ? null : values, told }
  }

  const data: Entity = {}
  const whole = fill(input, selection(root.name), data)
  return { data: whole ? data : null, errors }
}
