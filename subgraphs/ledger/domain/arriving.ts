import type { Instant } from '../../../kernel/values/instant.ts'
import type { AccountBook } from './account-book.ts'
import type { LotMove } from './entry.ts'
import { classAtHome } from './origin-class.ts'
import { type Lots, upTo, waitingPart } from './waiting-part.ts'

/** Begins a document of what arrives, and answers its id. */
export type Begin = (what: 'lots' | 'pending' | 'open', lots: Lots) => string

/** Lots that were on their way to a member come into the account that it has by now. Expects the book to be caught up. */
export function arriveHome(book: AccountBook, lots: Lots, at: Instant, begin: Begin): void {
  const here = atHome(book, lots)
  book.arrive(here, { at, documentId: begin('lots', here) })
}

/** An account takes back what a purchase has brought it that lies in another: from what waits, from the lots, or it is owed. */
export function takeBackHome(book: AccountBook, lots: Lots, at: Instant, begin: Begin): void {
  const { waiting, open } = waitingPart(book, atHome(book, lots))
  if (waiting.length > 0)
    book.takeWaiting('cancel', upTo(waiting), { at, documentId: begin('pending', waiting) })
  if (open.length > 0) book.takeBack('reverse', open, { at, documentId: begin('open', open) })
}

const atHome = (book: AccountBook, lots: Lots): Lots =>
  lots.map((part) => ({
    ...part,
    lots: part.lots.map((lot): LotMove => ({ ...lot, lotClass: classAtHome(lot.lotClass, book.memberId) })),
  }))
