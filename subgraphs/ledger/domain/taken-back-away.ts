import type { Instant } from '../../../kernel/values/instant.ts'
import type { AccountBook } from './account-book.ts'
import type { EarnedAsset } from './asset.ts'
import { lotsOfAwards } from './award-lots.ts'
import type { Award } from './earn.ts'
import type { LotMove } from './entry.ts'
import {
  awardsLess,
  type History,
  type PastDocument,
  replay,
  type Settled,
  settledByPartings,
} from './replay.ts'
import { isAtHome } from './returns.ts'
import type { Lots } from './waiting-part.ts'

/** What a return takes back in the account of another: from which lots, and the sums of them. */
export interface TakenBackAway extends Readonly<Record<EarnedAsset, bigint>> {
  readonly origin: string
  readonly lots: Lots
}

const EARNED = ['points', 'growth'] as const satisfies readonly EarnedAsset[]

/**
 * What was bought while two members were one, by the id of one that came out of it since, is taken back in that one's account:
 * there its points went. So much as the purchase would have brought less had the lines come back before. Undefined: it is this
 * account's own.
 */
export function takenBackAway(
  book: AccountBook,
  history: History,
  purchase: PastDocument,
  fresh: PastDocument,
): TakenBackAway | undefined {
  const settled = settledByPartings(book.memberId, history).get(purchase.document.id)
  if (!settled) return undefined
  const since = returnedSince(history, purchase.document.id, settled)
  const lotsAfter = (returned: readonly PastDocument[]) => {
    const awards = awardsLess(book.memberId, history, purchase.document.id, settled, returned)
    return lotsOfAwards(purchase, awards, settled.origin)
  }
  const [before, after] = [lotsAfter(since), lotsAfter([...since, fresh])]
  const of = (lots: Lots, asset: EarnedAsset) => lots.find((part) => part.asset === asset)?.lots ?? []
  const lots = EARNED.map((asset) => ({ asset, lots: less(of(before, asset), of(after, asset)) }))
  const sum = (asset: EarnedAsset) => of(lots, asset).reduce((all, { amount }) => all + amount, 0n)
  return {
    origin: settled.origin,
    lots: lots.filter((part) => part.lots.length > 0),
    points: sum('points'),
    growth: sum('growth'),
  }
}

const returnedSince = (history: History, purchase: string, { returned }: Settled): readonly PastDocument[] =>
  history.past.filter(
    ({ document }) =>
      document.kind === 'return' &&
      document.subject === purchase &&
      !isAtHome(document) &&
      !returned.some(({ id }) => id === document.id),
  )

/** What a document is worth as the books stand now, in the account where it lies or in that of its member. */
export function awardsNow(
  memberId: string,
  history: History,
  documentId: string,
  now: Instant,
): readonly Award[] {
  const settled = settledByPartings(memberId, history).get(documentId)
  if (settled)
    return awardsLess(memberId, history, documentId, settled, returnedSince(history, documentId, settled))
  return replay(memberId, history, now).placed.get(documentId)?.rating.awards ?? []
}

/** What lots have lost; where others have won by that, so much less. */
function less(before: readonly LotMove[], after: readonly LotMove[]): LotMove[] {
  const name = ({ releaseOn, expiresOn, lotClass }: LotMove) => `${releaseOn} ${expiresOn} ${lotClass}`
  const left = new Map(after.map((lot) => [name(lot), lot.amount]))
  const lost = before
    .map((lot) => ({ ...lot, amount: lot.amount - (left.get(name(lot)) ?? 0n) }))
    .filter(({ amount }) => amount > 0n)
  const total = (lots: readonly LotMove[]) => lots.reduce((sum, { amount }) => sum + amount, 0n)
  let won = total(after) - total(before) + total(lost)
  return lost.flatMap((lot) => {
    const kept = won < lot.amount ? won : lot.amount
    won -= kept
    return lot.amount > kept ? [{ ...lot, amount: lot.amount - kept }] : []
  })
}
