import { publish } from '../../../kernel/events/publish.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { type AccountKey, accountName, accountsDue, lockAccounts } from '../store/accounts.ts'
import { writePostings } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { tierEvents } from './post-batch.ts'

const CHUNK = 500

/**
 * Lets run out what fell due and reviews the tiers that end, in every programme, in chunks that skip whom others are
 * busy with. Each takes effect at its own moment, however late this runs. Answers how many accounts it settled.
 */
export async function settleDue(ctx: LedgerContext): Promise<number> {
  let settled = 0
  for (const program of await ctx.services.programs.current()) {
    for (;;) {
      const count = await settleChunk(ctx, program)
      settled += count
      if (count < CHUNK) break
    }
  }
  return settled
}

const settleChunk = (ctx: LedgerContext, program: Program): Promise<number> =>
  ctx.db.transaction(async (tx) => {
    const today = localDate(ctx.now, program.timeZone)
    const due = await accountsDue(tx, today, program.key, CHUNK)
    if (due.length === 0) return 0
    const keys = due.map((key) => ({ ...key, baseTier: program.tiers[0]!.id }))
    const states = await lockAccounts(tx, keys, ctx.now)
    const books = due.map((key): readonly [AccountKey, AccountBook] => {
      const book = new AccountBook(program, states.get(accountName(key))!)
      book.catchUp(ctx.now)
      return [key, book]
    })
    await writePostings(tx, books, [], ctx.now)
    await publish(tx, [
      ...tierEvents([{ program }], new Map(books.map((entry) => [accountName(entry[0]), entry]))),
      ...balanceEvents([{ program }], books, ctx.now),
    ])
    return due.length
  })
