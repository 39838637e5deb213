import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { Counters } from './earn-counters.ts'
import type { LotKey } from './entry.ts'

type LotAmount = LotKey & { readonly amount: bigint }

/**
 * The lots that came from another member, where a debt took some of them: the entry has only those that are left. They stand
 * beside the counters of the document, for in another order there was no debt.
 */
const PREFIX = 'lot:'

export const countedLots = (lots: readonly LotAmount[]): Counters =>
  Object.fromEntries(
    lots.map(({ expiresOn, lotClass, amount }) => [`${PREFIX}${expiresOn}/${lotClass}`, amount]),
  )

/** Undefined: the entry has them all. */
export function lotsIn(counted: Counters | undefined): LotAmount[] | undefined {
  const lots = Object.entries(counted ?? {}).flatMap(([key, amount]): LotAmount[] => {
    if (!key.startsWith(PREFIX)) return []
    const slash = key.indexOf('/')
    return [
      { expiresOn: key.slice(PREFIX.length, slash) as LocalDate, lotClass: key.slice(slash + 1), amount },
    ]
  })
  return lots.length > 0 ? lots : undefined
}
