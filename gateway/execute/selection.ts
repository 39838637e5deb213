import {
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  isUnionType,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  valueFromASTUntyped,
} from 'graphql'
import { assert } from '../../kernel/values/assert.ts'
import { meets } from './type-conditions.ts'

/** A field of the answer: every place of the operation that asks for this name, put together. */
export interface Slot {
  readonly name: string
  readonly node: SelectionNode
  readonly kind: 'value' | 'typename' | 'introspection'
  readonly type: GraphQLOutputType
  /** The type that messages name. */
  readonly parent: GraphQLCompositeType
  /** What is asked of the object behind it; undefined for a leaf. */
  readonly selection: Selection | undefined
}

/** What is asked of an object, by the type that it turns out to have; undefined: it does not say. */
export type Selection = (typeName: string | undefined) => readonly Slot[]

interface Part {
  readonly selectionSet: SelectionSetNode
  /** The type against which the part was written. */
  readonly type: GraphQLCompositeType
}

export interface SelectionOptions {
  readonly schema: GraphQLSchema
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  /** The variables of `@skip` and `@include`: a selection is compiled for one set of answers. */
  readonly flags: Readonly<Record<string, unknown>>
}

/** Collects fields as the specification says, once for each type that an object of the answer may have. */
export function compileSelection(
  declared: GraphQLCompositeType,
  parts: readonly Part[],
  options: SelectionOptions,
): Selection {
  const known = new Map<string | undefined, readonly Slot[]>()
  return (typeName) => {
    let slots = known.get(typeName)
    if (!slots) {
      slots = collect(declared, parts, typeName, options)
      known.set(typeName, slots)
    }
    return slots
  }
}

function collect(
  declared: GraphQLCompositeType,
  parts: readonly Part[],
  typeName: string | undefined,
  options: SelectionOptions,
): Slot[] {
  const { schema, fragments, flags } = options
  const slots = new Map<string, Omit<Slot, 'selection'> & { parts: Part[] }>()

  const visit = (
    selectionSet: SelectionSetNode,
    type: GraphQLCompositeType,
    parent: GraphQLCompositeType,
  ) => {
    for (const node of selectionSet.selections) {
      if (isLeftOut(node, flags)) continue
      if (node.kind === 'Field') {
        const name = (node.alias ?? node.name).value
        const field = fieldOf(schema, type, node.name.value)
        let slot = slots.get(name)
        if (!slot) {
          slot = { name, node, parent, ...field, parts: [] }
          slots.set(name, slot)
        }
        // Of this mention: an object may promise more of a field than its interface, and be asked for more.
        const inner = getNamedType(field.type)
        if (node.selectionSet && isCompositeType(inner)) {
          slot.parts.push({ selectionSet: node.selectionSet, type: inner })
        }
        continue
      }
      const fragment = node.kind === 'FragmentSpread' ? fragments[node.name.value]! : node
      const condition = fragment.typeCondition?.name.value
      if (condition !== undefined && !meets(schema, typeName ?? parent.name, condition)) continue
      const narrowed =
        condition === undefined ? undefined : (schema.getType(condition) as GraphQLCompositeType)
      visit(fragment.selectionSet, narrowed ?? type, narrowed ?? parent)
    }
  }

  const actual = typeName === undefined ? undefined : schema.getType(typeName)
  for (const part of parts) visit(part.selectionSet, part.type, isCompositeType(actual) ? actual : declared)
  return [...slots.values()].map(({ parts: inner, ...slot }) => ({
    ...slot,
    selection:
      inner.length > 0 && slot.kind === 'value'
        ? compileSelection(inner[0]!.type, inner, options)
        : undefined,
  }))
}

function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLCompositeType,
  name: string,
): Pick<Slot, 'kind' | 'type'> {
  if (name === TypeNameMetaFieldDef.name) return { kind: 'typename', type: TypeNameMetaFieldDef.type }
  if (type === schema.getQueryType()) {
    const meta = [SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name)
    if (meta) return { kind: 'introspection', type: meta.type }
  }
  const { [name]: field } = isUnionType(type) ? {} : type.getFields()
  assert(field, `${type.name} has the field ${name}, as validation has seen`)
  return { kind: 'value', type: field.type }
}

function isLeftOut(node: SelectionNode, flags: Readonly<Record<string, unknown>>): boolean {
  for (const { name, arguments: args } of node.directives ?? []) {
    const leavesOutIf = name.value === 'skip' ? true : name.value === 'include' ? false : undefined
    const value = args?.find((argument) => argument.name.value === 'if')?.value
    if (leavesOutIf === undefined || !value) continue
    if (valueFromASTUntyped(value, flags) === leavesOutIf) return true
  }
  return false
}

export const objectTypeNamed = (schema: GraphQLSchema, name: unknown) => {
  const type = typeof name === 'string' ? schema.getType(name) : undefined
  return isObjectType(type) ? type : undefined
}
