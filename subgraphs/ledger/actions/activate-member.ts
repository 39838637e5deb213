import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { type AccountKey, accountName, accountsOf, lockAccounts } from '../store/accounts.ts'
import { writeSettled } from '../store/postings.ts'
import { saveActivated } from '../store/standings.ts'
import { balanceEvents } from './balance-events.ts'

/** A member that was registered beforehand is active: what it has earned runs out so long after that day. */
export async function activateMember(
  tx: Tx,
  ctx: LedgerContext,
  memberId: string,
  at: Instant,
): Promise<void> {
  await saveActivated(tx, memberId, at)
  const programs = await ctx.services.programs.current()
  const held = await accountsOf(tx, memberId)
  for (const program of programs.filter(({ key }) => held.includes(key)))
    await startClock(tx, ctx, program, memberId, at)
}

async function startClock(
  tx: Tx,
  ctx: LedgerContext,
  program: Program,
  memberId: string,
  at: Instant,
): Promise<void> {
  const key = { memberId, programKey: program.key, baseTier: program.tiers[0]!.id }
  const [states] = await lockAccounts(tx, [key], ctx.now, async () => undefined)
  const state = states.get(accountName(key))!
  const book = new AccountBook(program, { ...state, standing: { tags: [], activatedOn: 'awaited' } })
  book.catchUp(at)
  book.activate(at)
  const books: [AccountKey, AccountBook][] = [[key, book]]
  writeSettled(tx, books, ctx.now)
  await publish(tx, balanceEvents([{ program }], books, ctx.now))
}
