import { type OperationDefinitionNode, valueFromASTUntyped } from 'graphql'

/** Longer variables than this make a place of their own for each caller. */
const LENGTH_MAX = 4_096
/** Which is something else than null. */
const LEFT_OUT = 0

/**
 * The variables by which an answer differs, as text: those that the operation declares, one that was left out as its
 * default, for then it comes to that. Undefined: an answer to these is not worth a place, or has none of its own.
 */
export function askedValues(
  { variableDefinitions = [] }: Pick<OperationDefinitionNode, 'variableDefinitions'>,
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  if (variableDefinitions.length === 0) return ''
  const values = variableDefinitions.map(({ variable: { name }, defaultValue }) => {
    if (Object.hasOwn(given, name.value)) return [given[name.value]]
    return defaultValue ? [valueFromASTUntyped(defaultValue)] : LEFT_OUT
  })
  let hasText = true
  const text = JSON.stringify(values, (_, value: unknown) => {
    // JSON may name a number that is too large for one; it is written as if it were null.
    if (typeof value === 'number' && !Number.isFinite(value)) hasText = false
    return value
  })
  return hasText && text.length <= LENGTH_MAX ? text : undefined
}
