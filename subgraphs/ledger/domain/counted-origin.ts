import type { Counters } from './earn-counters.ts'

/**
 * The merged member by whose id a document came stands beside the counters that it looked at. Its lots say so, too; but it
 * may have none, where nothing was earned or a debt was repaid, and has some when it is placed in its order again.
 */
const PREFIX = 'origin:'

export const withOrigin = (
  counted: Counters | undefined,
  origin: string | undefined,
): Counters | undefined => (origin === undefined ? counted : { ...counted, [PREFIX + origin]: 1n })

export const originIn = (counted: Counters | undefined): string | undefined =>
  Object.keys(counted ?? {})
    .find((key) => key.startsWith(PREFIX))
    ?.slice(PREFIX.length)
