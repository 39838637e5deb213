import type { Instant } from '../../../kernel/values/instant.ts'
import type { AccountBook } from './account-book.ts'
import type { Asset } from './asset.ts'
import type { LotMove } from './entry.ts'
import { splitLots } from './hold.ts'
import { receive } from './merge-accounts.ts'
import { classOf } from './origin-class.ts'
import { type Lots, upTo, waitingPart } from './waiting-part.ts'

export interface SetAside {
  readonly documentId: string
  readonly lots: Lots
}

/**
 * Takes certain lots out of an account for as long as a merge stands: what waits of them, and what is available, from others where
 * they are spent; nothing is owed for it. Answers what that was.
 */
export function setAside(
  book: AccountBook,
  wanted: Lots,
  at: Instant,
  begin: (what: 'pending' | 'open') => string,
): SetAside[] {
  const { waiting, open } = waitingPart(book, wanted)
  const there = open.map(({ asset, lots }) => ({ asset, lots: splitLots(lots, book.available(asset)).first }))
  const parcels = there.filter(({ lots }) => lots.length > 0)
  const aside: SetAside[] = []
  if (waiting.length > 0) {
    const documentId = begin('pending')
    book.takeWaiting('hand-over', upTo(waiting), { at, documentId })
    aside.push({ documentId, lots: waiting })
  }
  if (parcels.length > 0) {
    const documentId = begin('open')
    book.takeBack('send', parcels, { at, documentId })
    const { moves } = book.entries.at(-1)!
    aside.push({
      documentId,
      lots: moves.map(({ asset, lots }) => ({
        asset,
        lots: lots.map((lot) => ({ ...lot, amount: -lot.amount })),
      })),
    })
  }
  return aside
}

/** What was set aside comes back, in an account that may be another by now. */
export function giveBack(
  book: AccountBook,
  lots: readonly (LotMove & { readonly asset: Asset })[],
  origin: string | undefined,
  occasion: { readonly at: Instant; readonly documentId: string },
): void {
  const parts = [...Map.groupBy(lots, ({ asset }) => asset)].map(([asset, of]) => ({
    asset,
    lots: of.map((lot) => ({ ...lot, lotClass: classOf(lot.lotClass, origin) })),
  }))
  if (lots[0]?.releaseOn === undefined) receive(book, parts, occasion)
  else {
    const waiting = parts.map((part) => ({
      asset: part.asset,
      lots: part.lots.map(({ releaseOn = '', amount, ...lot }) => ({ ...lot, releaseOn, remaining: amount })),
    }))
    book.await(waiting, occasion, 'take-over')
  }
}
