import type { AccountBook, Parcel } from './account-book.ts'
import { partingOf } from './merge-accounts.ts'
import { cameWith } from './origin-class.ts'
import type { History, PastDocument, Replay } from './replay.ts'

/** Points that come back to a member that parted from the account in which they were burned. */
interface ComesBack {
  readonly origin: string
  readonly lots: Parcel['lots']
}

/**
 * What a return gives back of burns from the time when members were one goes to whose lots were burned, as far as these have
 * parted since; of what comes back in part, the same part.
 */
export function sendRefundsBack(
  book: AccountBook,
  { past }: History,
  [before, after]: readonly [Replay, Replay],
  at: Parameters<AccountBook['sendBack']>[2],
): void {
  for (const burn of past) {
    const { id } = burn.document
    const refunded = (before.kept.get(id) ?? 0n) - (after.kept.get(id) ?? 0n)
    if (refunded <= 0n) continue
    for (const { origin, lots } of partOf(refunded, burn, past)) book.sendBack(origin, lots, at)
  }
}

/** Has anybody parted from the account? */
export const hasParted = ({ past }: History): boolean =>
  past.some(({ document }) => partingOf(document)?.parts)

function partOf(refunded: bigint, burn: PastDocument, past: readonly PastDocument[]): ComesBack[] {
  // A capture spends what its hold has set aside.
  const taking =
    burn.document.kind === 'capture'
      ? past.find(({ document }) => document.id === burn.document.subject)
      : burn
  const lots = taking?.entry.moves.find(({ asset }) => asset === 'points')?.lots ?? []
  const taken = lots.reduce((sum, { amount }) => sum - amount, 0n)
  const parted = new Set(
    past.flatMap(({ document, entry }) => {
      const parting = entry.seq > (taking?.entry.seq ?? 0) ? partingOf(document) : undefined
      return parting?.parts ? parting.memberIds : []
    }),
  )
  const theirs = lots.filter(({ lotClass }) => parted.has(cameWith(lotClass) ?? ''))
  return [...Map.groupBy(theirs, ({ lotClass }) => cameWith(lotClass)!)].map(([origin, of]) => ({
    origin,
    lots: of
      .map(({ expiresOn, lotClass, amount }) => ({
        expiresOn,
        lotClass,
        amount: (-amount * refunded) / taken,
      }))
      .filter(({ amount }) => amount > 0n),
  }))
}
