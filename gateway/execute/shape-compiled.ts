import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql'
import { leafCheck } from './leaves.ts'
import { objectTypeNamed, type Selection, type Slot } from './selection.ts'
import type { Entity } from './source.ts'

/** What comes back from a value that is not as promised: then the checked form looks at the whole answer. */
const IRREGULAR = Symbol('irregular')

type Shape = (value: unknown) => unknown

/**
 * The same as `shapeChecked`, for answers that keep every promise, as one function written for this operation. It
 * answers undefined for any other; for operations that it does not know, there is none. Objects of one type have one
 * hidden class, and nothing is looked up by name: an answer of 50 members takes a fifth of the time.
 */
export function compileShape(
  schema: GraphQLSchema,
  rootName: string,
  selection: Selection,
): ((input: Entity) => Entity | undefined) | undefined {
  const shape = objectShape(schema, rootName, selection, true)
  if (!shape) return undefined
  return (input) => {
    const data = shape(input)
    return data === IRREGULAR ? undefined : (data as Entity)
  }
}

/** Values that the written function refers to. */
class Constants {
  readonly names: string[] = []
  readonly values: unknown[] = []

  add(value: unknown): string {
    const name = `c${this.values.length}`
    this.names.push(name)
    this.values.push(value)
    return name
  }
}

function objectShape(
  schema: GraphQLSchema,
  typeName: string,
  selection: Selection,
  root: boolean,
): Shape | undefined {
  const constants = new Constants()
  const irregular = constants.add(IRREGULAR)
  let variables = 0

  /** Statements that leave the shaped value of `input` in a new variable, whose name they answer. */
  const write = (type: GraphQLOutputType, slot: Slot, input: string, lines: string[]): string => {
    const output = `v${variables++}`
    const nullable = !isNonNullType(type)
    const inner = isNonNullType(type) ? type.ofType : type
    lines.push(`let ${output} = null`)
    lines.push(
      `if (${input} === null || ${input} === undefined) { ${nullable ? '' : `return ${irregular}`} } else {`,
    )
    if (isListType(inner)) {
      const [index, element] = [`i${variables}`, `e${variables++}`]
      lines.push(`if (!Array.isArray(${input})) return ${irregular}`)
      lines.push(`${output} = new Array(${input}.length)`)
      lines.push(`for (let ${index} = 0; ${index} < ${input}.length; ${index}++) {`)
      lines.push(`const ${element} = ${input}[${index}]`)
      const value = write(inner.ofType, slot, element, lines)
      lines.push(`${output}[${index}] = ${value}`, '}')
    } else if (isLeafType(inner)) {
      lines.push(`if (${wrongLeaf(inner, input, constants)}) return ${irregular}`, `${output} = ${input}`)
    } else if (isAbstractType(inner)) {
      const dispatch = constants.add(dispatcher(schema, slot.selection!))
      lines.push(`${output} = ${dispatch}(${input})`, `if (${output} === ${irregular}) return ${irregular}`)
    } else {
      lines.push(`if (typeof ${input} !== 'object') return ${irregular}`)
      const object = writeObject(inner.name, slot.selection!(inner.name), input, lines)
      if (object === undefined) throw new NotCompiledError()
      lines.push(`${output} = ${object}`)
    }
    lines.push('}')
    return output
  }

  const writeObject = (
    name: string,
    slots: readonly Slot[],
    input: string,
    lines: string[],
  ): string | undefined => {
    const type = constants.add(name)
    if (input !== 'input' || !root) {
      lines.push(
        `if (${input}.__typename !== undefined && ${input}.__typename !== ${type}) return ${irregular}`,
      )
    }
    const properties: string[] = []
    for (const slot of slots) {
      // Names that every object has, `constructor` say, are looked at with care by the checked form.
      if (slot.kind === 'introspection' || slot.name in Object.prototype) return undefined
      if (slot.kind === 'typename') {
        properties.push(`${slot.name}: ${type}`)
        continue
      }
      const value = `x${variables++}`
      lines.push(`const ${value} = ${input}.${slot.name}`)
      properties.push(`${slot.name}: ${write(slot.type, slot, value, lines)}`)
    }
    return `{ ${properties.join(', ')} }`
  }

  try {
    const lines: string[] = []
    const object = writeObject(typeName, selection(typeName), 'input', lines)
    if (object === undefined) return undefined
    const body = `return function shape(input) {\n${lines.join('\n')}\nreturn ${object}\n}`
    // Written from names that GraphQL's grammar has let through: letters, digits and underscores.
    return new Function(...constants.names, body)(...constants.values) as Shape
  } catch (error) {
    if (error instanceof NotCompiledError) return undefined
    throw error
  }
}

class NotCompiledError extends Error {
  override name = 'NotCompiledError'
}

/** Shapes of the types that come to one place, each written when it first does. */
function dispatcher(schema: GraphQLSchema, selection: Selection): Shape {
  const known = new Map<unknown, Shape>()
  return (value) => {
    const typeName = (value as Entity).__typename
    let shape = known.get(typeName)
    if (!shape) {
      if (!objectTypeNamed(schema, typeName)) return IRREGULAR
      shape = objectShape(schema, typeName as string, selection, false) ?? (() => IRREGULAR)
      known.set(typeName, shape)
    }
    return shape(value)
  }
}

function wrongLeaf(type: Parameters<typeof leafCheck>[0], input: string, constants: Constants): string {
  if (isEnumType(type)) return `!${constants.add(leafCheck(type))}(${input})`
  if (isScalarType(type) && !isSpecifiedScalarType(type)) return 'false'
  switch (type.name) {
    case GraphQLString.name:
      return `typeof ${input} !== 'string'`
    case GraphQLBoolean.name:
      return `typeof ${input} !== 'boolean'`
    case GraphQLInt.name:
      return `!Number.isSafeInteger(${input})`
    case GraphQLFloat.name:
      return `!Number.isFinite(${input})`
    default:
      return `typeof ${input} !== 'string' && !Number.isSafeInteger(${input})`
  }
}
