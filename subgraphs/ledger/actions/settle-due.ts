import type { Tx } from '../../../kernel/db/transaction.ts'
import { publishLast } from '../../../kernel/events/publish.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook, type AccountState } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { type AccountKey, accountsDue, accountsWithLapses } from '../store/accounts.ts'
import { writeSettled } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { tierEvents } from './post-batch.ts'

const CHUNK = 500

/**
 * Lets holds lapse, lets run out what fell due and reviews the tiers that end, in every programme, in chunks that skip
 * whom others are busy with. Each takes effect at its own moment, however late this runs. Answers how many accounts it
 * settled.
 */
export async function settleDue(ctx: LedgerContext): Promise<number> {
  let settled = 0
  for (const program of await ctx.services.programs.current()) {
    const today = localDate(ctx.now, program.timeZone)
    settled += await settleAll(ctx, program, (tx) => accountsWithLapses(tx, ctx.now, program.key, CHUNK))
    settled += await settleAll(ctx, program, (tx) => accountsDue(tx, today, program.key, CHUNK))
  }
  return settled
}

type Take = (tx: Tx) => Promise<ReadonlyMap<string, AccountState>>

/** Where there is more than one chunk, one is decided while another is written. */
async function settleAll(ctx: LedgerContext, program: Program, take: Take): Promise<number> {
  const first = await settleChunk(ctx, program, take)
  if (first < CHUNK) return first
  const rest = await Promise.all([settleRest(ctx, program, take), settleRest(ctx, program, take)])
  return rest.reduce((sum, count) => sum + count, first)
}

async function settleRest(ctx: LedgerContext, program: Program, take: Take): Promise<number> {
  for (let settled = 0; ; ) {
    const count = await settleChunk(ctx, program, take)
    settled += count
    if (count < CHUNK) return settled
  }
}

const settleChunk = (ctx: LedgerContext, program: Program, take: Take): Promise<number> =>
  ctx.db.transaction(async (tx) => {
    const states = await take(tx)
    const books = [...states].map(([name, state]): [string, readonly [AccountKey, AccountBook]] => {
      const book = new AccountBook(program, state)
      book.catchUp(ctx.now)
      return [name, [{ memberId: state.memberId, programKey: program.key }, book]]
    })
    const all = books.map(([, book]) => book)
    writeSettled(tx, all, ctx.now)
    publishLast(tx, [
      ...tierEvents([{ program }], new Map(books)),
      ...balanceEvents([{ program }], all, ctx.now),
    ])
    return books.length
  })
