import { publishLast } from '../../../kernel/events/publish.ts'
import { localDate } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { type AccountKey, lockIdleAccounts } from '../store/accounts.ts'
import { membersDue, membersWithLapses } from '../store/due.ts'
import { writeSettled } from '../store/postings.ts'
import { balanceEvents } from './balance-events.ts'
import { tierEvents } from './tier-events.ts'

/** So many are locked and written at once. */
const CHUNK = 500
/**
 * So many are listed at once. Each list walks over what was settled since the index was cleaned: one a chunk cost the server
 * more than to settle them, and more with each chunk.
 */
const LISTED = 10_000

/**
 * Lets holds lapse, lets run out what fell due and reviews the tiers that end, in every programme, in chunks that skip
 * whom others are busy with. Each takes effect at its own moment, however late this runs. Answers how many accounts it
 * settled.
 */
export async function settleDue(ctx: LedgerContext): Promise<number> {
  const { query } = ctx.db
  let settled = 0
  for (const program of await ctx.services.programs.current()) {
    const today = localDate(ctx.now, program.timeZone)
    settled += await settleAll(ctx, program, () => membersWithLapses(query, ctx.now, program.key, LISTED))
    settled += await settleAll(ctx, program, () => membersDue(query, today, program.key, LISTED))
  }
  return settled
}

async function settleAll(
  ctx: LedgerContext,
  program: Program,
  list: () => Promise<string[]>,
): Promise<number> {
  for (let settled = 0; ; ) {
    const memberIds = await list()
    const count = await settleListed(ctx, program, memberIds)
    if (count === 0) return settled
    settled += count
  }
}

/** One chunk is decided while another is written. */
async function settleListed(
  ctx: LedgerContext,
  program: Program,
  memberIds: readonly string[],
): Promise<number> {
  let next = 0
  const lane = async (): Promise<number> => {
    let settled = 0
    while (next < memberIds.length) {
      const chunk = memberIds.slice(next, next + CHUNK)
      next += CHUNK
      settled += await settleChunk(ctx, program, chunk)
    }
    return settled
  }
  const [one, other] = await Promise.all([lane(), lane()])
  return one + other
}

const settleChunk = (ctx: LedgerContext, program: Program, memberIds: readonly string[]): Promise<number> =>
  ctx.db.transaction(async (tx) => {
    const states = await lockIdleAccounts(tx, memberIds, program.key)
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
    // Somebody else may have settled it since it was listed.
    return all.filter(([, book]) => book.changed).length
  })
