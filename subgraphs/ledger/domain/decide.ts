import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { assets } from './asset.ts'
import { compensate } from './compensation.ts'
import { withOrigin } from './counted-origin.ts'
import { withTags } from './counted-tags.ts'
import type { Multiplier } from './earn.ts'
import { enterAwards } from './enter-earning.ts'
import {
  draftOf,
  type PostingCommand,
  type PostingRefusal,
  post,
  type SourceDocument,
  timely,
} from './posting.ts'
import type { Program } from './program.ts'
import { type History, type PastDocument, replay, replayWith } from './replay.ts'
import { postReturn } from './returning.ts'
import { earningOccasion } from './source-document.ts'

/** What a decision looks at besides the book. */
export interface Surroundings {
  readonly multipliers: readonly Multiplier[]
  readonly now: Instant
  /** Undefined: it was not asked for yet. */
  readonly history: History | undefined
}

/** The decision depends on all that the account has seen: nothing was posted, read it and ask again. */
export const HISTORY_NEEDED = 'history needed'

/**
 * Decides a command and, unless it is refused, posts it. What comes in its order is decided on the book alone. What
 * comes late, and whatever is returned, is placed where it belongs: the account is played again from its beginning, and
 * entries of now make up for the difference.
 */
export function decide(
  program: Program,
  book: AccountBook,
  asked: PostingCommand,
  around: Surroundings,
): Result<SourceDocument, PostingRefusal> | typeof HISTORY_NEEDED {
  const decided = decideInOrder(program, book, asked, around)
  if (decided === HISTORY_NEEDED || !decided.ok || book.origin === undefined) return decided
  return ok({ ...decided.value, counted: withOrigin(decided.value.counted, book.origin) })
}

function decideInOrder(
  program: Program,
  book: AccountBook,
  asked: PostingCommand,
  around: Surroundings,
): Result<SourceDocument, PostingRefusal> | typeof HISTORY_NEEDED {
  const { multipliers, now, history } = around
  const command = asked.kind === 'balance-sync' ? behindAll(asked, book) : timely(asked, now)
  if (command.kind === 'return')
    return history ? postReturn(program, book, command, history, now) : HISTORY_NEEDED
  if (!isLate(book, command)) return post(program, book, command, multipliers, now)
  if (command.kind === 'purchase' || command.kind === 'activity' || command.kind === 'grant')
    return postLate(program, book, command, around)
  if (!history) return HISTORY_NEEDED
  const posted = post(program, book, command, multipliers, now)
  if (!posted.ok) return posted
  const past = [...history.past, pastOf(book, posted.value, program, multipliers)]
  const { book: ideal } = replay(book.memberId, { ...history, past }, now)
  compensate(book, ideal, { at: now, documentId: posted.value.id })
  return posted
}

/**
 * Two figures are compared as they stand: a sync takes effect after all that the account has seen, also where another
 * process's clock is a little ahead.
 */
const behindAll = <Command extends PostingCommand>(command: Command, { latestAt }: AccountBook): Command =>
  command.effectiveAt < latestAt ? { ...command, effectiveAt: latestAt } : command

/** What is burned now takes effect after all of this moment; what is earned could belong before some of it. */
const isLate = (book: AccountBook, { kind, effectiveAt }: PostingCommand): boolean =>
  kind === 'purchase' || kind === 'activity' || kind === 'grant'
    ? effectiveAt <= book.latestAt
    : effectiveAt < book.latestAt && !PREPAID.has(kind)

/** Prepaid money is moved now, whatever else is late. */
const PREPAID: ReadonlySet<PostingCommand['kind']> = new Set(['top-up', 'spend', 'withdrawal', 'plan-stop'])

/** Earnings come in any order where nothing was counted, burned or decided by them since. */
function commutes(program: Program, book: AccountBook, command: PostingCommand): boolean {
  if (command.effectiveAt <= book.fixedAt || book.wallet('points').owed > 0n) return false
  // What tiers count over some time, or how often, depends on when it was.
  if (program.measures.some(({ cycle }) => cycle !== 'balance')) return false
  if (command.kind === 'grant') return true
  if (command.kind === 'purchase') return !program.earn.purchase.counted
  if (command.kind !== 'activity') return false
  const waits = assets.some((asset) =>
    book.wallet(asset).waiting.some(({ releaseOn }) => releaseOn === command.code),
  )
  return !waits && !program.earn.activities.get(command.code)?.counted
}

function postLate(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'purchase' | 'activity' | 'grant' },
  { multipliers, now, history }: Surroundings,
): Result<SourceDocument, PostingRefusal> | typeof HISTORY_NEEDED {
  if (command.effectiveAt <= now && commutes(program, book, command)) {
    const { tierChangeCount } = book
    const posted = post(program, book, command, multipliers, now)
    if (!posted.ok) return posted
    book.catchUp(now)
    // Unless it lifted the tier, nothing would have come out otherwise.
    if (book.tierChangeCount === tierChangeCount) return posted
    if (!history) return HISTORY_NEEDED
    return placed(book, history, pastOf(book, posted.value, program, multipliers), now, posted.value)
  }
  if (!history) return HISTORY_NEEDED
  book.catchUp(now)
  if (command.kind === 'grant') {
    book.tiersRest = true
    const posted = post(program, book, command, multipliers, now)
    book.tiersRest = false
    if (!posted.ok) return posted
    return placed(book, history, pastOf(book, posted.value, program, multipliers), now, posted.value)
  }
  const draft = draftOf(program, command, now)
  if (!draft.ok) return draft
  const counted = withTags(undefined, book.tags)
  const document: SourceDocument = { ...draft.value.document, counted, tierBefore: '', tierAfter: '' }
  const fresh: PastDocument = {
    document,
    rules: program,
    multipliers,
    entry: { kind: 'earn', moves: [], seq: Number.MAX_SAFE_INTEGER },
    origin: book.origin,
  }
  const replayed = replayWith(book.memberId, history, fresh, now)
  if (!replayed.ok) return fail(replayed.refusal.code, replayed.refusal)
  const { rating, tierBefore, tierAfter } = replayed.value.placed.get(document.id)!
  book.tiersRest = true
  enterAwards(program, book, rating.awards, earningOccasion(program, document))
  book.catchUp(now)
  book.tiersRest = false
  compensate(book, replayed.value.book, { at: now, documentId: document.id })
  return ok({
    ...document,
    awards: rating.awards,
    counted: withTags(rating.consulted, book.tags),
    tierBefore,
    tierAfter,
  })
}

/** Brings the book to where order of effect leads with one more document that is posted already. */
function placed(
  book: AccountBook,
  history: History,
  fresh: PastDocument,
  now: Instant,
  document: SourceDocument,
): Result<SourceDocument, PostingRefusal> {
  book.catchUp(now)
  const replayed = replay(book.memberId, { ...history, past: [...history.past, fresh] }, now)
  compensate(book, replayed.book, { at: now, documentId: document.id })
  const { tierBefore, tierAfter } = replayed.placed.get(document.id) ?? document
  return ok({ ...document, tierBefore, tierAfter })
}

/** A document that was posted to a book just now, as a later decision will find it. */
export function pastOf(
  book: AccountBook,
  document: SourceDocument,
  rules: Program,
  multipliers: readonly Multiplier[],
): PastDocument {
  const entry = book.entries.find(({ documentId }) => documentId === document.id)!
  return { document, rules, multipliers, entry, origin: book.origin }
}
