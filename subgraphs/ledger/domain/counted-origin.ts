import type { Counters } from './earn-counters.ts'
import type { Entry, EntryKind } from './entry.ts'
import { cameIn } from './origin-class.ts'

/**
 * The merged member by whose id a document came stands beside the counters that it looked at. Its lots say so, too; but it
 * may have none, where nothing was earned or a debt was repaid, and has some when it is placed in its order again.
 */
const PREFIX = 'origin:'

export const withOrigin = (
  counted: Counters | undefined,
  origin: string | undefined,
): Counters | undefined => (origin === undefined ? counted : { ...counted, [PREFIX + origin]: 1n })

const originIn = (counted: Counters | undefined): string | undefined =>
  Object.keys(counted ?? {})
    .find((key) => key.startsWith(PREFIX))
    ?.slice(PREFIX.length)

/** Lots of entries that bring something are their document's own; what is burned or goes to and fro came with others. */
const BRINGING: ReadonlySet<EntryKind> = new Set([
  ...(['earn', 'grant', 'await', 'top-up', 'prepay'] as const),
  ...(['receive', 'take-over'] as const),
])

/** By whose id a document came, if not by its account's. Where a former version has recorded it, only its lots say so. */
export const recordedOrigin = (
  counted: Counters | undefined,
  { kind, moves }: Pick<Entry, 'kind' | 'moves'>,
): string | undefined => originIn(counted) ?? (BRINGING.has(kind) ? cameIn(moves) : undefined)
