import { AccountBook, newAccount } from './account-book.ts'
import type { Award } from './earn.ts'
import { enterAwards } from './enter-earning.ts'
import type { PastDocument } from './replay.ts'
import { earningOccasion } from './source-document.ts'
import type { Lots } from './waiting-part.ts'

/** Into which lots awards of a document go, by its rules; an origin is the merged member by whose id it came. */
export function lotsOfAwards(
  { document, rules }: Pick<PastDocument, 'document' | 'rules'>,
  awards: readonly Award[],
  origin: string | undefined,
): Lots {
  const book = new AccountBook(rules, newAccount(document.memberId, rules))
  book.origin = origin
  book.tiersRest = true
  enterAwards(rules, book, awards, earningOccasion(rules, document))
  return (['points', 'growth'] as const).flatMap((asset) => {
    const { waiting, lots } = book.wallet(asset)
    const all = [...waiting, ...lots].map(({ remaining, ...lot }) => ({ ...lot, amount: remaining }))
    return all.length > 0 ? [{ asset, lots: all }] : []
  })
}
