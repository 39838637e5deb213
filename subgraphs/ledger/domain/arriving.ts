import type { Instant } from '../../../kernel/values/instant.ts'
import type { AccountBook, Parcel } from './account-book.ts'
import { assets } from './asset.ts'
import type { LotMove } from './entry.ts'
import type { Homeward } from './homeward.ts'
import { classAtHome } from './origin-class.ts'
import { byRelease } from './wallet.ts'

type Moves = Homeward['moves']

/** Begins a document of what arrives, and answers its id. */
export type Begin = (what: 'lots' | 'pending' | 'open', moves: Moves) => string

/** Lots that were on their way to a member come into the account that it has by now. Expects the book to be caught up. */
export function arriveHome(book: AccountBook, moves: Moves, at: Instant, begin: Begin): void {
  const lots = atHome(book, moves)
  book.arrive(positive(lots), { at, documentId: begin('lots', lots) })
}

/** An account takes back what a purchase has brought it that lies in another: from what waits, from the lots, or it is owed. */
export function takeBackHome(book: AccountBook, moves: Moves, at: Instant, begin: Begin): void {
  const open: Moves[number][] = []
  const waiting: Moves[number][] = []
  for (const { asset, lots } of atHome(book, moves)) {
    const parts = lots.map((lot) => partedBy(lot, waitsIn(book, asset, lot)))
    waiting.push({ asset, lots: parts.flatMap(({ there }) => there) })
    open.push({ asset, lots: parts.flatMap(({ rest }) => rest) })
  }
  const some = (parts: Moves) => parts.filter(({ lots }) => lots.length > 0)
  const [pending, available] = [some(waiting), some(open)]
  if (pending.length > 0) {
    const documentId = begin('pending', pending)
    for (const { asset, lots } of pending) {
      book.cancel(asset, (lot) => -(lots.find((one) => isSame(one, lot))?.amount ?? 0n), { at, documentId })
    }
  }
  if (available.length > 0)
    book.takeBack('reverse', positive(available), { at, documentId: begin('open', available) })
}

const isSame = ({ releaseOn = '', ...key }: LotMove, lot: Parameters<typeof byRelease>[0]): boolean =>
  byRelease({ ...key, releaseOn }, lot) === 0

const waitsIn = (book: AccountBook, asset: Moves[number]['asset'], lot: LotMove): bigint =>
  book.wallet(asset).waiting.find((one) => isSame(lot, one))?.remaining ?? 0n

/** Of what a lot is to lose: as much as waits, and the rest without its day of release. */
function partedBy(
  { releaseOn, amount, ...key }: LotMove,
  waits: bigint,
): { there: LotMove[]; rest: LotMove[] } {
  const there = releaseOn === undefined ? 0n : waits < -amount ? waits : -amount
  return {
    there: there > 0n && releaseOn !== undefined ? [{ ...key, releaseOn, amount: -there }] : [],
    rest: amount + there < 0n ? [{ ...key, amount: amount + there }] : [],
  }
}

const atHome = (book: AccountBook, moves: Moves): Moves =>
  assets.flatMap((asset) =>
    moves
      .filter((move) => move.asset === asset)
      .map(({ lots }) => ({
        asset,
        lots: lots.map((lot) => ({ ...lot, lotClass: classAtHome(lot.lotClass, book.memberId) })),
      })),
  )

const positive = (moves: Moves): Parcel[] =>
  moves.map(({ asset, lots }) => ({
    asset,
    lots: lots.map(({ amount, ...lot }) => ({ ...lot, amount: amount < 0n ? -amount : amount })),
  }))
