/** One place in which two program documents say different things; undefined: one of them says nothing there. */
export interface Difference {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/**
 * In what two program documents differ, place by place, e.g. `earn[spend].award.points`. Items of lists are told apart by
 * their ids, so that one put between two is one difference; where only their order changed, that is said.
 */
export function programDifferences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => programDifferences(before[key], after[key], path ? `${path}.${key}` : key))
  }
  if (haveIds(before) && haveIds(after)) return listDifferences(before, after, path)
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }]
}

interface Item {
  readonly id: string
}

function listDifferences(before: readonly Item[], after: readonly Item[], path: string): Difference[] {
  const of = (items: readonly Item[]) => new Map(items.map((item) => [item.id, item]))
  const [was, is] = [of(before), of(after)]
  const ids = [...new Set([...was.keys(), ...is.keys()])]
  const differences = ids.flatMap((id) => programDifferences(was.get(id), is.get(id), `${path}[${id}]`))
  const [orderBefore, orderAfter] = [before, after].map((items) =>
    items.map(({ id }) => id).filter((id) => was.has(id) && is.has(id)),
  )
  return orderBefore!.join() === orderAfter!.join()
    ? differences
    : [...differences, { path: `${path} (order)`, before: orderBefore, after: orderAfter }]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const haveIds = (value: unknown): value is readonly Item[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => isRecord(item) && typeof item.id === 'string')

/** As a line for people: `+ tiers[silver]: {...}`, `- caps[daily]: {...}`, `~ version: 1 -> 2`. */
export function differenceLine({ path, before, after }: Difference): string {
  if (before === undefined) return `+ ${path}: ${JSON.stringify(after)}`
  if (after === undefined) return `- ${path}: ${JSON.stringify(before)}`
  return `~ ${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`
}
