import { unreachable } from '../../../kernel/values/assert.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
import type { SyncRefusal } from './balance-sync.ts'
import { tagsIn, withTags } from './counted-tags.ts'
import {
  type Award,
  type EarnEvent,
  type Multiplier,
  type PurchaseLine,
  type Rating,
  rate,
  rateAgain,
} from './earn.ts'
import type { Counters } from './earn-counters.ts'
import { enterEarning } from './enter-earning.ts'
import { tierGivenBy } from './entering.ts'
import { awardsOf, enterGrant } from './granting.ts'
import { type HoldingCommand, postCapture, postHold, postRelease } from './holding.ts'
import { type AdjustmentCommand, type AdjustmentRefusal, postAdjustment } from './post-adjustment.ts'
import { type BalanceSyncCommand, postBalanceSync } from './post-balance-sync.ts'
import { postStoredValue, type StoredValueCommand, type StoredValueRefusal } from './post-stored-value.ts'
import { postTransfer, type TransferCommand } from './post-transfer.ts'
import type { Program } from './program.ts'
import { type QuoteRefusal, quote, type Wish } from './quote.ts'
import type { ReturnCommand } from './returning.ts'
import { documentOf, earningOccasion, occasionOf, placeOf } from './source-document.ts'
import { tierOf } from './tiers.ts'
import type { SendRefusal } from './transfer-rules.ts'

/** What every command says of where it comes from. */
export interface Source {
  readonly memberId: string
  /** Follows from the business key, so that a repetition has the same. */
  readonly documentId: string
  readonly channel: string
  readonly number: string
  readonly store: string | undefined
  readonly operator: string
  /** When it takes effect. */
  readonly effectiveAt: Instant
  /** Equal for equal commands. */
  readonly body: Buffer
  readonly idempotencyKey: string | undefined
  /** The device that it was done on, where the channel tells. */
  readonly device?: string | undefined
}

export interface LineInput {
  readonly sku?: string | null
  readonly category?: string | null
  readonly quantity?: number | null
  /** A decimal in the programme's currency. */
  readonly amount: string
}

export type PostingCommand = Source &
  (
    | { readonly kind: 'purchase'; readonly lines: readonly LineInput[] }
    | {
        readonly kind: 'activity'
        readonly code: string
        readonly quantity: number
        /** A decimal in the programme's currency. */
        readonly amount: string | undefined
      }
    | {
        readonly kind: 'grant'
        readonly points: bigint
        /** Besides; none where absent. */
        readonly growth?: bigint
        readonly reason: string
      }
    | {
        readonly kind: 'redemption'
        readonly wish: Wish
        /** A decimal; the sum of the lines where there are any. */
        readonly bill: string
        readonly lines?: readonly LineInput[]
      }
    | {
        readonly kind: 'tier-decision'
        readonly tier: string
        readonly approved: boolean
        readonly reason: string
      }
    | StoredValueCommand
    | TransferCommand
    | AdjustmentCommand
    | BalanceSyncCommand
    | HoldingCommand
    | ReturnCommand
  )

/** In order of precedence. */
export type PostingRefusal =
  | 'DOCUMENT_CONFLICT'
  | 'VELOCITY_EXCEEDED'
  | 'PURCHASE_NOT_FOUND'
  | 'HOLD_NOT_FOUND'
  | 'ACTIVITY_NOT_KNOWN'
  | 'LINES_MISSING'
  | 'LINE_NOT_FOUND'
  | 'AMOUNT_NOT_VALID'
  | 'QUANTITY_NOT_POSITIVE'
  | 'OCCURRED_IN_FUTURE'
  | 'RETURNED_BEFORE_PURCHASE'
  | 'RETURN_WINDOW_OVER'
  | 'ALREADY_RETURNED'
  | 'EXCEEDS_PURCHASE'
  | 'CAP_REACHED'
  | 'LAPSE_NOT_VALID'
  | 'HOLD_CLOSED'
  | 'EXCEEDS_HOLD'
  | 'TIER_NOT_KNOWN'
  | 'TIER_NOT_REQUESTED'
  | QuoteRefusal
  | SendRefusal
  | StoredValueRefusal
  | AdjustmentRefusal
  | SyncRefusal

/** Members became one, or two again: what left one account, what came into the other, and what a merge holds back. */
export type MergeDocumentKind = 'merge-out' | 'merge-in' | 'set-aside'

/** Why points moved; written once, with the entries that follow from it. */
export interface SourceDocument {
  readonly memberId: string
  readonly id: string
  readonly programKey: number
  readonly ruleVersion: number
  readonly kind: PostingCommand['kind'] | MergeDocumentKind
  readonly channel: string
  readonly number: string
  readonly store: string | undefined
  readonly operator: string
  /** The code of an activity, the moment at which a hold lapses, the hold or the purchase that it is about. */
  readonly subject: string | undefined
  /** Of an activity. */
  readonly quantity: number | undefined
  /** The bill in minor units; undefined where there is none. */
  readonly amount: bigint | undefined
  readonly lines: readonly PurchaseLine[]
  readonly awards: readonly Award[]
  /** The counters that its rating looked at, as they stood before it. */
  readonly counted: Counters | undefined
  readonly tierBefore: string
  readonly tierAfter: string
  readonly effectiveAt: Instant
  readonly body: Buffer
}

/** The calendar of shops and servers differs a little; more than this is not a clock that is off. */
const CLOCK_SKEW_MS = 5 * 60_000

/** Decides a command that comes in its order and, unless it is refused, posts it to the member's book. */
export function post(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  multipliers: readonly Multiplier[],
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  switch (command.kind) {
    case 'purchase':
    case 'activity': {
      const draft = draftOf(program, command, now)
      return draft.ok ? earn(program, book, draft.value, multipliers) : draft
    }
    case 'grant':
      return postGrant(program, book, command, now)
    case 'redemption':
      return postRedemption(program, book, command, now)
    case 'top-up':
    case 'spend':
    case 'withdrawal':
    case 'plan-stop':
      return recorded(program, book, command, (occasion) =>
        postStoredValue(program, book, command, occasion, now),
      )
    case 'transfer-out':
    case 'transfer-in':
      return recorded(program, book, command, (occasion) =>
        postTransfer(program, book, command, occasion, now),
      )
    case 'adjustment':
      return recorded(program, book, command, (occasion) =>
        postAdjustment(program, book, command, occasion, now),
      )
    case 'balance-sync':
      return recorded(program, book, command, (occasion) =>
        postBalanceSync(program, book, command, occasion, now),
      )
    case 'hold':
      return postHold(program, book, command, now)
    case 'capture':
      return postCapture(program, book, command, now)
    case 'release':
      return postRelease(program, book, command, now)
    case 'return':
      return unreachable('a return is decided with all that the account has seen' as never)
    case 'tier-decision':
      return postTierDecision(program, book, command, now)
  }
}

/** Writes down what a decision has posted. */
function recorded<Code extends PostingRefusal>(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  decide: (occasion: Occasion) => Result<Partial<SourceDocument>, Code>,
): Result<SourceDocument, Code> {
  const document = documentOf(program, command)
  const decided = decide(occasionOf(document))
  if (!decided.ok) return decided
  return ok({ ...document, tierBefore: book.tier, tierAfter: book.tier, ...decided.value })
}

/** A clock that is a little ahead means now; taken at its word, it would let run out what is good until midnight. */
export const timely = (command: PostingCommand, now: Instant): PostingCommand => {
  const effectiveAt = notAhead(command.effectiveAt, now)
  return effectiveAt === command.effectiveAt ? command : { ...command, effectiveAt }
}

/** A moment by a clock that is a little ahead is now. */
export const notAhead = (at: Instant, now: Instant): Instant =>
  at > now && at <= now + CLOCK_SKEW_MS ? now : at

/** What is to be recorded of an event, and the event as rules see it. */
export interface EarnDraft {
  readonly event: EarnEvent
  readonly document: Omit<SourceDocument, 'tierBefore' | 'tierAfter'>
}

/** Reads a purchase or an activity, or says what is wrong with it. */
export function draftOf(
  program: Program,
  command: PostingCommand & { kind: 'purchase' | 'activity' },
  now: Instant,
): Result<EarnDraft, PostingRefusal> {
  return command.kind === 'purchase'
    ? draftPurchase(program, command, now)
    : draftActivity(program, command, now)
}

function draftPurchase(
  program: Program,
  command: PostingCommand & { kind: 'purchase' },
  now: Instant,
): Result<EarnDraft, PostingRefusal> {
  const lines = readLines(program, command.lines)
  if (!lines.ok) return lines
  if (command.effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  const amount = lines.value.reduce((sum, line) => sum + line.amount, 0n)
  return ok({
    event: { ...placeOf(program, command), kind: 'purchase', lines: lines.value },
    document: { ...documentOf(program, command), amount, lines: lines.value },
  })
}

function draftActivity(
  program: Program,
  command: PostingCommand & { kind: 'activity' },
  now: Instant,
): Result<EarnDraft, PostingRefusal> {
  const { code, quantity } = command
  if (!program.activities.has(code)) return fail('ACTIVITY_NOT_KNOWN', { path: ['code'], details: { code } })
  const amount = command.amount === undefined ? 0n : parseDecimal(command.amount, program.scale)
  if (amount === undefined || amount < 0n || amount > AMOUNT_MAX)
    return fail('AMOUNT_NOT_VALID', { path: ['amount'], details: { amount: command.amount! } })
  if (quantity < 1) return fail('QUANTITY_NOT_POSITIVE', { path: ['quantity'] })
  if (command.effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  return ok({
    event: { ...placeOf(program, command), kind: 'activity', code, quantity, amount },
    document: {
      ...documentOf(program, command),
      subject: code,
      quantity,
      amount: command.amount === undefined ? undefined : amount,
    },
  })
}

/** Gives what the rules give for an event, and keeps what they counted. */
function earn(
  program: Program,
  book: AccountBook,
  { event, document }: EarnDraft,
  multipliers: readonly Multiplier[],
): Result<SourceDocument, 'CAP_REACHED'> {
  book.catchUp(document.effectiveAt)
  const tierBefore = book.tier
  const { tags } = book
  const rated = rate(program, event, { tier: tierBefore, tags, counters: book.counters }, multipliers)
  if (!rated.ok) return rated
  enterEarning(program, book, event, rated.value, earningOccasion(program, document))
  const { awards, consulted } = rated.value
  const counted = withTags(consulted, tags)
  return ok({ ...document, awards, counted, tierBefore, tierAfter: book.tier })
}

function postGrant(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'grant' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  if (command.effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  const { points, growth = 0n, reason } = command
  if (points < 0n || (points === 0n && growth === 0n))
    return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  if (growth < 0n) return fail('GROWTH_NOT_POSITIVE', { path: ['growth'] })
  if (points > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: ['points'] })
  if (growth > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: ['growth'] })
  book.catchUp(command.effectiveAt)
  const tierBefore = book.tier
  const document = documentOf(program, command)
  enterGrant(program, book, { points, growth }, occasionOf(document))
  return ok({ ...document, awards: awardsOf(reason, { points, growth }), tierBefore, tierAfter: book.tier })
}

function postRedemption(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'redemption' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  // What ran out before now is gone, though no job has come by yet.
  book.catchUp(now)
  const bill = billOf(program, command)
  if (!bill.ok) return bill
  const { lines, amount } = bill.value
  const { tags, tier: tierBefore } = book
  const { wish } = command
  const place = placeOf(program, command)
  const available = book.available('points')
  const quoted = quote(program, { ...place, tier: tierBefore, tags, available, lines, wish })
  if (!quoted.ok) return quoted
  const { points, tier } = quoted.value
  const document = documentOf(program, command)
  book.take('redeem', 'points', points, occasionOf(document))
  if (tier !== undefined) book.changeTier(tierOf(program, tier), 'bought', occasionOf(document))
  const subject = typeof wish === 'object' && 'reward' in wish ? wish.reward : undefined
  return ok({
    ...document,
    subject,
    amount,
    lines: command.lines ? lines : [],
    tierBefore,
    tierAfter: book.tier,
  })
}

/** What is to be paid, line by line; a bill without lines is one line of which nothing is known. */
export function billOf(
  program: Program,
  { bill, lines }: { readonly bill: string; readonly lines?: readonly LineInput[] | undefined },
): Result<
  { lines: readonly PurchaseLine[]; amount: bigint },
  'LINES_MISSING' | 'AMOUNT_NOT_VALID' | 'QUANTITY_NOT_POSITIVE'
> {
  if (lines) {
    const read = readLines(program, lines)
    if (!read.ok) return read
    return ok({ lines: read.value, amount: read.value.reduce((sum, line) => sum + line.amount, 0n) })
  }
  const amount = parseDecimal(bill, program.scale)
  if (amount === undefined || amount < 0n) return fail('AMOUNT_NOT_VALID', { path: ['bill'] })
  return ok({ lines: [{ quantity: 1, amount }], amount })
}

/** Somebody approves of a tier that a member has asked for by its measures, or does not; or it came without that. */
function postTierDecision(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'tier-decision' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  const tier = program.tiers.find(({ id }) => id === command.tier)
  if (!tier) return fail('TIER_NOT_KNOWN', { path: ['tier'], details: { tier: command.tier } })
  book.catchUp(now)
  const tierBefore = book.tier
  const given = tierGivenBy(command.channel)
  if (!given && !book.requested(tier.id))
    return fail('TIER_NOT_REQUESTED', { path: ['tier'], details: { tier: tier.id } })
  const document = documentOf(program, command)
  const occasion = occasionOf(document)
  book.note('grant', occasion)
  if (given) book.liftTo(tier, given, occasion)
  else if (command.approved) book.changeTier(tier, 'approved', occasion)
  else book.refuseTier(tier.id)
  return ok({ ...document, subject: tier.id, tierBefore, tierAfter: book.tier })
}

/** Rates a recorded document once more, by the rules of its day and what was counted before it; no campaigns. */
export const ratedAgain = (rules: Program, document: SourceDocument): Rating =>
  rateAgain(rules, eventOf(rules, document), {
    tier: document.tierBefore,
    tags: tagsIn(document.counted),
    counters: document.counted ?? {},
  })

/** The event that a document tells of; of a purchase perhaps only what is left of its lines. */
export function eventOf(rules: Program, document: SourceDocument, lines = document.lines): EarnEvent {
  const { subject, quantity, amount } = document
  const place = placeOf(rules, document)
  return document.kind === 'activity'
    ? {
        ...place,
        kind: 'activity',
        code: subject!,
        quantity: quantity!,
        ...(amount === undefined ? {} : { amount }),
      }
    : { ...place, kind: 'purchase', lines }
}

function readLines(
  program: Program,
  lines: readonly LineInput[],
): Result<PurchaseLine[], 'LINES_MISSING' | 'AMOUNT_NOT_VALID' | 'QUANTITY_NOT_POSITIVE'> {
  if (lines.length === 0) return fail('LINES_MISSING', { path: ['lines'] })
  const read: PurchaseLine[] = []
  for (const [index, line] of lines.entries()) {
    const amount = parseDecimal(line.amount, program.scale)
    if (amount === undefined || amount < 0n || amount > AMOUNT_MAX) {
      return fail('AMOUNT_NOT_VALID', {
        path: ['lines', String(index), 'amount'],
        details: { amount: line.amount },
      })
    }
    if ((line.quantity ?? 1) < 1)
      return fail('QUANTITY_NOT_POSITIVE', { path: ['lines', String(index), 'quantity'] })
    read.push({
      amount,
      quantity: line.quantity ?? 1,
      ...(line.sku ? { sku: line.sku } : {}),
      ...(line.category ? { category: line.category } : {}),
    })
  }
  return ok(read)
}
