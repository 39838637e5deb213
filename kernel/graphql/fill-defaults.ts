import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'

type Fill = (value: unknown) => unknown
type Values = Readonly<Record<string, unknown>>

/**
 * What gives an operation's variables the defaults of what may not be null, where it was left out. `graphql-jit` takes
 * such a field for one that must be given, and a call without it went the long way, its input coerced twice.
 */
export function fillDefaults(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): (variables: Values) => Values {
  const fields = (operation.variableDefinitions ?? []).flatMap(({ variable, type, defaultValue }) => {
    const inputType = typeFromAST(schema, type as never)
    return isInputType(inputType) ? fieldOf(variable.name.value, inputType, defaultValue, new Map()) : []
  })
  return fields.length === 0 ? (variables) => variables : (variables) => filled(variables, fields)
}

interface Field {
  readonly name: string
  /** What stands for a value that was left out, as a caller would write it; undefined: nothing does. */
  readonly absent: unknown
  /** Fills what is inside of a value; undefined: there is nothing to fill. */
  readonly inside: Fill | undefined
}

function fieldOf(
  name: string,
  type: GraphQLInputType,
  defaultValue: ValueNode | undefined,
  known: Map<GraphQLInputObjectType, Field[]>,
): Field[] {
  const absent = isNonNullType(type) && defaultValue ? valueFromASTUntyped(defaultValue) : undefined
  const inside = insideOf(type, known)
  return absent === undefined && !inside ? [] : [{ name, absent, inside }]
}

function insideOf(type: GraphQLInputType, known: Map<GraphQLInputObjectType, Field[]>): Fill | undefined {
  const named = getNamedType(type)
  if (!isInputObjectType(named) || !holdsDefaults(named, new Set())) return undefined
  const fields = fieldsOf(named, known)
  return through(type, (value) => (isObject(value) ? filled(value, fields) : value))
}

/** One value stands for a list of it. */
function through(type: GraphQLInputType, fill: Fill): Fill {
  if (isNonNullType(type)) return through(type.ofType, fill)
  if (!isListType(type)) return fill
  const each = through(type.ofType, fill)
  return (value) => (Array.isArray(value) ? value.map(each) : each(value))
}

function fieldsOf(type: GraphQLInputObjectType, known: Map<GraphQLInputObjectType, Field[]>): Field[] {
  const before = known.get(type)
  if (before) return before
  const fields: Field[] = []
  // Known before it is complete: an input may hold itself.
  known.set(type, fields)
  for (const { name, type: of, astNode } of Object.values(type.getFields())) {
    fields.push(...fieldOf(name, of, astNode?.defaultValue, known))
  }
  return fields
}

function holdsDefaults(type: GraphQLInputObjectType, seen: Set<GraphQLInputObjectType>): boolean {
  if (seen.has(type)) return false
  seen.add(type)
  return Object.values(type.getFields()).some((field) => {
    if (isNonNullType(field.type) && field.defaultValue !== undefined) return true
    const named = getNamedType(field.type)
    return isInputObjectType(named) && holdsDefaults(named, seen)
  })
}

const isObject = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** The caller's own value where nothing was left out. */
function filled(given: Values, fields: readonly Field[]): Values {
  let copy: Record<string, unknown> | undefined
  for (const { name, absent, inside } of fields) {
    const before = given[name] === undefined ? absent : given[name]
    const after = inside && before != null ? inside(before) : before
    if (after === given[name]) continue
    copy ??= { ...given }
    copy[name] = after
  }
  return copy ?? given
}
