import { type FieldNode, type GraphQLField, getArgumentValues, Kind } from 'graphql'
import type { Variables } from './variables.ts'

/** What a field is asked with, by the variables of the request; most arguments are variables as they are. */
export function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Variables) => Record<string, unknown> {
  const given = node.arguments ?? []
  const left = field.args.filter(({ name }) => !given.some((one) => one.name.value === name))
  const defaults = Object.fromEntries(
    left.filter((one) => one.defaultValue !== undefined).map((one) => [one.name, one.defaultValue]),
  )
  const names: (readonly [argument: string, variable: string])[] = []
  for (const { name, value } of given) {
    // Names that every object has would be found where the variable was left out.
    if (value.kind !== Kind.VARIABLE || value.name.value in Object.prototype)
      return (variables) => getArgumentValues(field, node, variables)
    names.push([name.value, value.name.value])
  }
  if (names.length === 0) {
    const constant = Object.freeze(defaults)
    return () => constant
  }
  return (variables) => {
    const values: Record<string, unknown> = { ...defaults }
    for (const [argument, variable] of names) {
      const value = variables[variable]
      // Left out, it may have a default; null, it may not be allowed.
      if (value === undefined || value === null) return getArgumentValues(field, node, variables)
      values[argument] = value
    }
    return values
  }
}
