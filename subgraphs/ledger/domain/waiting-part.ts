import type { AccountBook, Parcel } from './account-book.ts'
import type { Asset } from './asset.ts'
import type { LotMove } from './entry.ts'
import { byRelease, type PendingLot } from './wallet.ts'

/** Lots of several assets; amounts are positive. Those with a day of release, or an activity, wait. */
export type Lots = readonly { readonly asset: Asset; readonly lots: readonly LotMove[] }[]

/** Of some lots that an account is to lose: what waits there still, and what has to come out of its open lots. */
export function waitingPart(
  book: AccountBook,
  lots: Lots,
): { readonly waiting: Lots; readonly open: Parcel[] } {
  const waiting: { asset: Asset; lots: LotMove[] }[] = []
  const open: Parcel[] = []
  for (const part of lots) {
    const there = part.lots.map((lot) => waitsIn(book, part.asset, lot))
    waiting.push({
      asset: part.asset,
      lots: part.lots.map((lot, index) => ({ ...lot, amount: there[index]! })).filter(isSome),
    })
    open.push({
      asset: part.asset,
      lots: part.lots
        .map(({ releaseOn: _, ...lot }, index) => ({ ...lot, amount: lot.amount - there[index]! }))
        .filter(isSome),
    })
  }
  const some = <P extends { readonly lots: readonly unknown[] }>(parts: P[]): P[] =>
    parts.filter((part) => part.lots.length > 0)
  return { waiting: some(waiting), open: some(open) }
}

/** So much of certain lots that wait. */
export const upTo =
  (lots: Lots) =>
  (asset: Asset, lot: PendingLot): bigint =>
    lots.find((part) => part.asset === asset)?.lots.find((one) => isSame(one, lot))?.amount ?? 0n

function waitsIn(book: AccountBook, asset: Asset, lot: LotMove): bigint {
  if (lot.releaseOn === undefined) return 0n
  const there = book.wallet(asset).waiting.find((one) => isSame(lot, one))?.remaining ?? 0n
  return there < lot.amount ? there : lot.amount
}

const isSame = ({ releaseOn = '', ...key }: LotMove, lot: PendingLot): boolean =>
  byRelease({ ...key, releaseOn }, lot) === 0

const isSome = ({ amount }: { readonly amount: bigint }): boolean => amount > 0n
