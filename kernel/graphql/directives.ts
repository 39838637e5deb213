import { type ConstDirectiveNode, valueFromASTUntyped } from 'graphql'

/** What a directive says each time that it stands; what it leaves to a default is left out. */
export const directivesNamed = (
  directives: readonly ConstDirectiveNode[] | undefined,
  name: string,
): Record<string, unknown>[] =>
  (directives ?? []).flatMap((one) =>
    one.name.value === name
      ? [
          Object.fromEntries(
            (one.arguments ?? []).map(({ name: { value: key }, value }) => [key, valueFromASTUntyped(value)]),
          ),
        ]
      : [],
  )
