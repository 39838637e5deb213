import { principalName } from '../../../kernel/auth/principal.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook, newAccount } from '../domain/account-book.ts'
import { type PurchaseEvent, type Rating, rate } from '../domain/earn.ts'
import { billOf, type LineInput } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { type Quote, quote, type Wish } from '../domain/quote.ts'
import { placeOf } from '../domain/source-document.ts'
import { accountName, readAccountStates } from '../store/accounts.ts'
import { pickProgram, readMultipliers } from '../store/programs.ts'
import { readStandings, standingAt } from '../store/standings.ts'
import { memberActedOn } from './member-acted-on.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface QuoteInput {
  readonly program?: string | null
  readonly memberId?: string | null
  readonly wish: {
    readonly points?: bigint | null
    readonly asManyAsPossible?: boolean | null
    readonly reward?: string | null
  }
  readonly lines?: readonly LineInput[] | null
  readonly bill?: string | null
  readonly channel: string
  readonly store?: string | null
}

/** What was asked for, with what the purchase would earn besides. */
export interface QuoteAnswer {
  readonly program: Program | undefined
  readonly result: Result<Quote, PurchaseRefusal>
  readonly earning: Rating | undefined
}

/** The decision of `redeemPoints` on the account as it stands now, caught up; nothing is written. */
export async function quotePoints(ctx: LedgerContext, input: QuoteInput): Promise<QuoteAnswer> {
  const asked = memberActedOn(ctx.principal, input.memberId)
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return refused(fail('PROGRAM_NOT_FOUND', { path: ['program'] }))
  const [memberId] = await resolveMembers(ctx, [{ id: asked }])
  if (!memberId) return refused(fail('MEMBER_NOT_FOUND', { path: ['memberId'] }))
  const bill = billOf(program, { bill: input.bill ?? '0', lines: input.lines ?? undefined })
  if (!bill.ok) return { program, result: bill, earning: undefined }
  const book = await bookOf(ctx, program, memberId)
  const place = placeOf(program, {
    channel: input.channel,
    store: storeOf(ctx, input.store),
    operator: principalName(ctx.principal),
    effectiveAt: ctx.now,
  })
  const standing = { ...place, tier: book.tier, tags: book.tags, lines: bill.value.lines }
  const result = quote(program, {
    ...standing,
    available: book.available('points'),
    wish: wishOf(input.wish),
  })
  return { program, result, earning: input.lines ? await earningOf(ctx, program, book, standing) : undefined }
}

export const wishOf = ({ points, reward }: QuoteInput['wish']): Wish =>
  reward ? { reward } : points === undefined || points === null ? 'max' : { points }

const refused = (result: Result<never, PurchaseRefusal>): QuoteAnswer => ({
  program: undefined,
  result,
  earning: undefined,
})

async function bookOf(ctx: LedgerContext, program: Program, memberId: string): Promise<AccountBook> {
  const key = { memberId, programKey: program.key }
  const [states, standings] = await Promise.all([
    readAccountStates(ctx.db.query, [key]),
    readStandings(ctx.db.query, [memberId]),
  ])
  const state = states.get(accountName(key)) ?? newAccount(memberId, program)
  const standing = standingAt(standings.get(memberId), ctx.now, program.timeZone)
  const book = new AccountBook(program, { ...state, standing })
  book.catchUp(ctx.now)
  return book
}

async function earningOf(
  ctx: LedgerContext,
  program: Program,
  { tier, tags, counters }: AccountBook,
  event: Omit<PurchaseEvent, 'kind'>,
): Promise<Rating | undefined> {
  const multipliers = (await readMultipliers(ctx.db.query)).get(program.id) ?? []
  const rated = rate(program, { ...event, kind: 'purchase' }, { tier, tags, counters }, multipliers)
  return rated.ok ? rated.value : undefined
}
