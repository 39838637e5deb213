import { BadInputError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import type { LedgerContext } from '../context.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { readMoneyStatement } from '../store/stored-value.ts'
import { moneyOf } from './Clearing.ts'
import type { MoneyEntrySource } from './StoredValueEntry.ts'

/** Of PostgreSQL's `integer`. */
const SEQUENCE_MAX = 2_147_483_647

/** Prepaid money of a book that has caught up with the present. */
export function storedValueBalance(program: Program, book: AccountBook, ctx: LedgerContext) {
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
    async entries(args: PageArguments) {
      const { limit, after } = pageOf(args)
      const before = after === undefined ? undefined : Number(after)
      if (before !== undefined && !(Number.isInteger(before) && before > 0 && before <= SEQUENCE_MAX))
        throw new BadInputError('after is not a cursor of this list.')
      const key = { memberId: book.memberId, programKey: program.key }
      const entries = await readMoneyStatement(ctx.db.query, key, { before, limit: limit + 1 })
      return connection(
        entries.map((entry): MoneyEntrySource => ({ program, entry })),
        limit,
        ({ entry }) => String(entry.seq),
      )
    },
  }
}
