import type { Query } from '../../../kernel/db/statement.ts'
import { addMonths, type Instant, localDate, startOfDay } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { AccountBook, type AccountState } from '../domain/account-book.ts'
import { compileProgram, type Program } from '../domain/program.ts'
import { type ProgramFault, readProgram } from '../domain/read-program.ts'
import { type Cycle, recounted } from '../domain/recount.ts'
import { type Reach, reevaluated, TierMoves } from '../domain/reevaluation.ts'
import { readAccountStates } from '../store/accounts.ts'
import { readMembersAfter, readPastEvents, readTierCycles } from '../store/past-events.ts'
import { pickProgram } from '../store/programs.ts'

const CHUNK = 500

export interface TierPreview {
  readonly members: number
  readonly moves: TierMoves
  readonly faults: readonly ProgramFault[]
}

/** Who would stand elsewhere if the tiers of all members were decided anew, by a document or the current version. */
export async function previewTiers(
  ctx: LedgerContext,
  asked: { readonly source: string | undefined; readonly program: string | undefined; readonly reach: Reach },
): Promise<Result<TierPreview, 'PROGRAM_NOT_FOUND'>> {
  const programs = await ctx.services.programs.current()
  const read = asked.source === undefined ? undefined : readProgram(asked.source)
  const moves = new TierMoves()
  if (read && !read.document) return ok({ members: 0, moves, faults: read.faults })
  const current = pickProgram(programs, read?.document?.program ?? asked.program)
  if (!current) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const program = read?.document ? compileProgram(current.key, read.document) : current
  let members = 0
  for (let after: string | undefined; ; ) {
    const chunk = await readMembersAfter(ctx.db.query, current.key, after, CHUNK)
    const keys = chunk.map((memberId) => ({ memberId, programKey: current.key }))
    const states = await readAccountStates(ctx.db.query, keys)
    const books = await booksAnew(ctx.db.query, program, [...states.values()], ctx.now)
    for (const { book, tier } of books) {
      const to = reevaluatedTier(program, book, ctx.now, asked.reach)
      if (to !== undefined) moves.add(tier, to)
    }
    members += chunk.length
    if (chunk.length < CHUNK) return ok({ members, moves, faults: [] })
    after = chunk.at(-1)
  }
}

/** The tier to which an account goes by the rules as they are now; undefined: it stays. */
export const reevaluatedTier = (
  program: Program,
  book: AccountBook,
  now: Instant,
  reach: Reach,
): string | undefined =>
  reevaluated(
    program,
    {
      tier: book.tier,
      measures: book.measures(localDate(now, program.timeZone)),
      tierUntil: book.tierUntil,
    },
    reach,
  )

/**
 * Accounts caught up, with what the programme's tiers ask for counted from all that is on record: an earlier version may
 * not have asked for it. Where tiers ask only for growth that is left there is nothing to count.
 */
export async function booksAnew(
  query: Query,
  program: Program,
  states: readonly AccountState[],
  now: Instant,
): Promise<readonly { readonly book: AccountBook; readonly tier: string }[]> {
  const counts = program.measures.some(({ cycle }) => cycle !== 'balance')
  const ids = states.map(({ memberId }) => memberId)
  const [events, cycles] = counts
    ? await Promise.all([
        readPastEvents(query, program.key, ids, LONG_AGO),
        readTierCycles(query, program.key, ids),
      ])
    : []
  return states.map((state) => {
    const book = new AccountBook(program, state)
    book.catchUp(now)
    if (counts) {
      const { memberId } = state
      const since = [...(cycles?.get(memberId) ?? []), ...termOf(program, book)].sort((a, b) => a.at - b.at)
      book.counters = recounted(program, book.counters, events?.get(memberId) ?? [], since)
    }
    return { book, tier: book.tier }
  })
}

const LONG_AGO = 0 as Instant

/** A tier that was kept at its review has a term that began then; no change tells of it. */
function termOf(program: Program, { tier, tierUntil }: AccountBook): Cycle[] {
  const months = program.tiers.find(({ id }) => id === tier)?.validMonths
  if (tierUntil === undefined || months === undefined) return []
  return [{ at: startOfDay(addMonths(tierUntil, -months), program.timeZone), promoted: false }]
}
