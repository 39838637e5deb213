import type { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { moneyOf } from './Clearing.ts'

/** Prepaid money of a book that has caught up with the present. */
export function storedValueBalance(program: Program, book: AccountBook) {
  const wallets = book && { principal: book.wallet('principal'), bonus: book.wallet('bonus') }
  const principal = wallets?.principal.available ?? 0n
  const bonus = wallets?.bonus.available ?? 0n
  const instalments = (['principal', 'bonus'] as const).flatMap((part) =>
    (wallets?.[part].waiting ?? []).map(({ releaseOn, remaining }) => ({ part, releaseOn, remaining })),
  )
  return {
    principal: moneyOf(program, principal),
    bonus: moneyOf(program, bonus),
    available: moneyOf(program, principal + bonus),
    pending: moneyOf(
      program,
      instalments.reduce((sum, { remaining }) => sum + remaining, 0n),
    ),
    instalments: instalments
      .sort((a, b) => (a.releaseOn < b.releaseOn ? -1 : 1))
      .map(({ part, releaseOn, remaining }) => ({
        releaseOn,
        amount: moneyOf(program, remaining),
        part: part.toUpperCase(),
      })),
  }
}
