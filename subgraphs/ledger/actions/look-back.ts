import { BadInputError } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook, newAccount } from '../domain/account-book.ts'
import { signOf } from '../domain/entry.ts'
import type { Program } from '../domain/program.ts'
import { accountName, readAccountStates } from '../store/accounts.ts'
import { type AccountAt, readAccountAt } from '../store/reads.ts'

interface Account {
  readonly memberId: string
  readonly program: Program
}

/** Where an account stands once what fell due has happened, though no job has come by yet. */
export async function caughtUp({ memberId, program }: Account, ctx: LedgerContext): Promise<AccountBook> {
  const key = { memberId, programKey: program.key }
  const states = await readAccountStates(ctx.db.query, [key])
  const book = new AccountBook(program, states.get(accountName(key)) ?? newAccount(memberId, program))
  book.catchUp(ctx.now)
  return book
}

/** What an account had at a past moment; what fell due and was not written down yet has happened all the same. */
export async function lookBack(account: Account, time: Instant, ctx: LedgerContext): Promise<AccountAt> {
  if (time > ctx.now) throw new BadInputError('time must not be in the future.')
  const key = { memberId: account.memberId, programKey: account.program.key }
  const [written, book] = await Promise.all([readAccountAt(ctx.db.query, key, time), caughtUp(account, ctx)])
  const { standing, pending } = written
  let { held } = written
  for (const { kind, moves, effectiveAt } of book.entries) {
    if (effectiveAt > time) continue
    for (const { asset, amount } of moves) {
      standing[asset] += signOf(kind) * amount
      if (kind === 'mature') pending[asset] -= amount
      if (kind === 'release') held -= amount
    }
  }
  return { ...written, held }
}
