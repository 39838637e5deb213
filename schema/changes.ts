import {
  BreakingChangeType,
  buildSchema,
  findBreakingChanges,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

/** What of the graph may not go without warning, and may after its date. */
const REMOVALS: ReadonlySet<BreakingChangeType> = new Set([
  BreakingChangeType.FIELD_REMOVED,
  BreakingChangeType.VALUE_REMOVED_FROM_ENUM,
  BreakingChangeType.ARG_REMOVED,
])

const DATE = /\b(\d{4}-\d{2}-\d{2})\b/

/**
 * What a release may not do to clients of the one before: nothing that breaks them, but for what was deprecated there and
 * whose date has come. `today` is a day as `2026-12-31`.
 */
export function brokenPromises(released: string, present: string, today: string): string[] {
  const before = buildSchema(released)
  const until = new Map(
    deprecations(before).map(({ coordinate, reason }) => [coordinate, DATE.exec(reason)?.[1]]),
  )
  return findBreakingChanges(before, buildSchema(present))
    .filter(({ type, description }) => {
      const coordinate = /^(\w+\.\w+)/.exec(description)?.[1] ?? enumValueIn(description) ?? ''
      const date = REMOVALS.has(type) ? until.get(coordinate) : undefined
      return date === undefined || date > today
    })
    .map(({ type, description }) => `${type}: ${description}`)
}

/** `NAME was removed from enum type Kind.` */
function enumValueIn(description: string): string | undefined {
  const [, value, type] = /^(\w+) was removed from enum type (\w+)/.exec(description) ?? []
  return type && `${type}.${value}`
}

/** Deprecations that do not say what to do instead and until when. */
export function unexplainedDeprecations(sdl: string): string[] {
  return deprecations(buildSchema(sdl))
    .filter(({ reason }) => !DATE.test(reason) || reason.replace(DATE, '').replaceAll(/\W/g, '').length < 10)
    .map(({ coordinate, reason }) => `${coordinate}: ${reason}`)
}

function deprecations(schema: GraphQLSchema): { coordinate: string; reason: string }[] {
  return Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      if (isEnumType(type)) return type.getValues().map((value) => [type.name, value] as const)
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return []
      return Object.values(type.getFields()).map((field) => [type.name, field] as const)
    })
    .flatMap(([type, { name, deprecationReason: reason }]) =>
      reason === undefined || reason === null ? [] : [{ coordinate: `${type}.${name}`, reason }],
    )
}
