import { unreachable } from '../../../kernel/values/assert.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
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
import { type HoldingCommand, postCapture, postHold, postRelease } from './holding.ts'
import { type AdjustmentCommand, postAdjustment } from './post-adjustment.ts'
import { postStoredValue, type StoredValueCommand, type StoredValueRefusal } from './post-stored-value.ts'
import { postTransfer, type TransferCommand } from './post-transfer.ts'
import type { Program } from './program.ts'
import { burnOffset } from './redeem.ts'
import type { ReturnCommand } from './returning.ts'
import { documentOf, earningOccasion, occasionOf } from './source-document.ts'
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
    | { readonly kind: 'grant'; readonly points: bigint; readonly reason: string }
    | { readonly kind: 'redemption'; readonly points: bigint; readonly bill: string }
    | StoredValueCommand
    | TransferCommand
    | AdjustmentCommand
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
  | 'POINTS_NOT_POSITIVE'
  | 'LAPSE_NOT_VALID'
  | 'HOLD_CLOSED'
  | 'EXCEEDS_HOLD'
  | 'BURN_NOT_OFFERED'
  | 'BELOW_MINIMUM_SPEND'
  | 'POINTS_NOT_CONVERTIBLE'
  | 'EXCEEDS_BILL'
  | 'INSUFFICIENT_POINTS'
  | SendRefusal
  | StoredValueRefusal

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
      return recorded(program, book, command, (occasion) => postAdjustment(book, command, occasion, now))
    case 'hold':
      return postHold(program, book, command, now)
    case 'capture':
      return postCapture(program, book, command, now)
    case 'release':
      return postRelease(program, book, command, now)
    case 'return':
      return unreachable('a return is decided with all that the account has seen' as never)
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
export const timely = (command: PostingCommand, now: Instant): PostingCommand =>
  command.effectiveAt > now && command.effectiveAt <= now + CLOCK_SKEW_MS
    ? { ...command, effectiveAt: now }
    : command

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
  const { channel, store, effectiveAt } = command
  const amount = lines.value.reduce((sum, line) => sum + line.amount, 0n)
  return ok({
    event: { kind: 'purchase', channel, store, occurredAt: effectiveAt, lines: lines.value },
    document: { ...documentOf(program, command), amount, lines: lines.value },
  })
}

function draftActivity(
  program: Program,
  command: PostingCommand & { kind: 'activity' },
  now: Instant,
): Result<EarnDraft, PostingRefusal> {
  const { code, quantity, channel, store, effectiveAt } = command
  if (!program.activities.has(code)) return fail('ACTIVITY_NOT_KNOWN', { path: ['code'], details: { code } })
  const amount = command.amount === undefined ? 0n : parseDecimal(command.amount, program.scale)
  if (amount === undefined || amount < 0n || amount > AMOUNT_MAX)
    return fail('AMOUNT_NOT_VALID', { path: ['amount'], details: { amount: command.amount! } })
  if (quantity < 1) return fail('QUANTITY_NOT_POSITIVE', { path: ['quantity'] })
  if (effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  return ok({
    event: { kind: 'activity', code, quantity, amount, channel, store, occurredAt: effectiveAt },
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
  const rated = rate(program, event, { tier: tierBefore, tags: [], counters: book.counters }, multipliers)
  if (!rated.ok) return rated
  enterEarning(program, book, event, rated.value, earningOccasion(program, document))
  const { awards, consulted: counted } = rated.value
  return ok({ ...document, awards, counted, tierBefore, tierAfter: book.tier })
}

function postGrant(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'grant' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  if (command.effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  if (command.points <= 0n) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  if (command.points > AMOUNT_MAX) return fail('AMOUNT_NOT_VALID', { path: ['points'] })
  book.catchUp(command.effectiveAt)
  const tierBefore = book.tier
  book.credit('grant', { points: command.points }, occasionOf(documentOf(program, command)))
  const award: Award = { rule: command.reason, line: -1, asset: 'points', amount: command.points }
  return ok({ ...documentOf(program, command), awards: [award], tierBefore, tierAfter: book.tier })
}

function postRedemption(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'redemption' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  // What ran out before now is gone, though no job has come by yet.
  book.catchUp(now)
  const bill = parseDecimal(command.bill, program.scale)
  if (bill === undefined || bill < 0n) return fail('AMOUNT_NOT_VALID', { path: ['bill'] })
  const offset = burnOffset(program, { points: command.points, bill, available: book.available('points') })
  if (!offset.ok) return offset
  const document = documentOf(program, command)
  book.take('redeem', 'points', command.points, occasionOf(document))
  return ok({ ...document, amount: bill, tierBefore: book.tier, tierAfter: book.tier })
}

/** Rates a recorded document once more, by the rules of its day and what was counted before it; no campaigns. */
export const ratedAgain = (rules: Program, document: SourceDocument): Rating =>
  rateAgain(rules, eventOf(document), {
    tier: document.tierBefore,
    tags: [],
    counters: document.counted ?? {},
  })

/** The event that a document tells of; of a purchase perhaps only what is left of its lines. */
export function eventOf(document: SourceDocument, lines = document.lines): EarnEvent {
  const { channel, store, effectiveAt: occurredAt, subject, quantity, amount } = document
  const place = { channel, store, occurredAt }
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
