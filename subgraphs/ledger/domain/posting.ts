import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
import type { EarnedAsset } from './asset.ts'
import { shopOf } from './coalition.ts'
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
import { type AdjustmentCommand, postAdjustment } from './post-adjustment.ts'
import { postStoredValue, type StoredValueCommand, type StoredValueRefusal } from './post-stored-value.ts'
import { postTransfer, type TransferCommand } from './post-transfer.ts'
import type { Program } from './program.ts'
import { burnOffset } from './redeem.ts'
import type { SendRefusal } from './transfer-rules.ts'

/** What every command says of where it comes from. */
interface Source {
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
  )

export type PostingRefusal =
  | 'DOCUMENT_CONFLICT'
  | 'VELOCITY_EXCEEDED'
  | 'ACTIVITY_NOT_KNOWN'
  | 'LINES_MISSING'
  | 'AMOUNT_NOT_VALID'
  | 'QUANTITY_NOT_POSITIVE'
  | 'OCCURRED_IN_FUTURE'
  | 'CAP_REACHED'
  | 'POINTS_NOT_POSITIVE'
  | 'BURN_NOT_OFFERED'
  | 'BELOW_MINIMUM_SPEND'
  | 'POINTS_NOT_CONVERTIBLE'
  | 'EXCEEDS_BILL'
  | 'INSUFFICIENT_POINTS'
  | SendRefusal
  | StoredValueRefusal

/** Why points moved; written once, with the entries that follow from it. */
export interface SourceDocument {
  readonly memberId: string
  readonly id: string
  readonly programKey: number
  readonly ruleVersion: number
  readonly kind: PostingCommand['kind']
  readonly channel: string
  readonly number: string
  readonly store: string | undefined
  readonly operator: string
  /** The code of an activity. */
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

/** Decides a command and, unless it is refused, posts it to the member's book. */
export function post(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  multipliers: readonly Multiplier[],
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  // A clock that is a little ahead means now; taken at its word, it would let run out what is good until midnight.
  const ahead = command.effectiveAt > now && command.effectiveAt <= now + CLOCK_SKEW_MS
  const timely = ahead ? { ...command, effectiveAt: now } : command
  switch (timely.kind) {
    case 'purchase':
      return postPurchase(program, book, timely, multipliers, now)
    case 'activity':
      return postActivity(program, book, timely, now)
    case 'grant':
      return postGrant(program, book, timely, now)
    case 'redemption':
      return postRedemption(program, book, timely, now)
    case 'top-up':
    case 'spend':
    case 'withdrawal':
    case 'plan-stop':
      return recorded(program, book, timely, (occasion) =>
        postStoredValue(program, book, timely, occasion, now),
      )
    case 'transfer-out':
    case 'transfer-in':
      return recorded(program, book, timely, (occasion) => postTransfer(program, book, timely, occasion, now))
    case 'adjustment':
      return recorded(program, book, timely, (occasion) => postAdjustment(book, timely, occasion, now))
  }
}

/** Writes down what a decision has posted. */
function recorded<Code extends PostingRefusal>(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  decide: (occasion: Occasion) => Result<Partial<SourceDocument>, Code>,
): Result<SourceDocument, Code> {
  const decided = decide(occasionOf(command))
  return decided.ok ? ok({ ...documentOf(program, command, book, book.tier), ...decided.value }) : decided
}

function postPurchase(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'purchase' },
  multipliers: readonly Multiplier[],
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  const lines = readLines(program, command.lines)
  if (!lines.ok) return lines
  if (command.effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  const { channel, store, effectiveAt } = command
  const event = { kind: 'purchase', channel, store, occurredAt: effectiveAt, lines: lines.value } as const
  const earned = earn(program, book, command, event, multipliers)
  if (!earned.ok) return earned
  const total = lines.value.reduce((sum, line) => sum + line.amount, 0n)
  return ok({ ...earned.value, amount: total, lines: lines.value })
}

function postActivity(
  program: Program,
  book: AccountBook,
  command: PostingCommand & { kind: 'activity' },
  now: Instant,
): Result<SourceDocument, PostingRefusal> {
  const { code, quantity, channel, store, effectiveAt } = command
  if (!program.activities.has(code)) return fail('ACTIVITY_NOT_KNOWN', { path: ['code'], details: { code } })
  const amount = command.amount === undefined ? 0n : parseDecimal(command.amount, program.scale)
  if (amount === undefined || amount < 0n || amount > AMOUNT_MAX)
    return fail('AMOUNT_NOT_VALID', { path: ['amount'], details: { amount: command.amount! } })
  if (quantity < 1) return fail('QUANTITY_NOT_POSITIVE', { path: ['quantity'] })
  if (effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  const event = { kind: 'activity', code, quantity, amount, channel, store, occurredAt: effectiveAt } as const
  const earned = earn(program, book, command, event, [])
  if (!earned.ok) return earned
  return ok({
    ...earned.value,
    subject: code,
    quantity,
    amount: command.amount === undefined ? undefined : amount,
  })
}

/** Gives what the rules give for an event, and keeps what they counted. */
function earn(
  program: Program,
  book: AccountBook,
  command: PostingCommand,
  event: EarnEvent,
  multipliers: readonly Multiplier[],
): Result<SourceDocument, 'CAP_REACHED'> {
  book.catchUp(command.effectiveAt)
  const tierBefore = book.tier
  const rated = rate(program, event, { tier: tierBefore, tags: [], counters: book.counters }, multipliers)
  if (!rated.ok) return rated
  const { awards, counters, consulted: counted } = rated.value
  book.counters = counters
  book.credit(
    'earn',
    { points: sumOf(awards, 'points'), growth: sumOf(awards, 'growth') },
    { ...occasionOf(command), issuer: shopOf(program.coalition, command) },
  )
  return ok({ ...documentOf(program, command, book, tierBefore), awards, counted })
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
  book.credit('grant', { points: command.points }, occasionOf(command))
  const award: Award = { rule: command.reason, line: -1, asset: 'points', amount: command.points }
  return ok({ ...documentOf(program, command, book, book.tier), awards: [award] })
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
  book.take('redeem', 'points', command.points, occasionOf(command))
  return ok({ ...documentOf(program, command, book, book.tier), amount: bill })
}

const occasionOf = ({ effectiveAt, documentId }: PostingCommand): Occasion => ({
  at: effectiveAt,
  documentId,
})

const sumOf = (awards: readonly Award[], asset: EarnedAsset): bigint =>
  awards.reduce((sum, award) => (award.asset === asset ? sum + award.amount : sum), 0n)

function documentOf(
  program: Program,
  command: PostingCommand,
  book: AccountBook,
  tierBefore: string,
): SourceDocument {
  return {
    memberId: command.memberId,
    id: command.documentId,
    programKey: program.key,
    ruleVersion: program.version,
    kind: command.kind,
    channel: command.channel,
    number: command.number,
    store: command.store,
    operator: command.operator,
    subject: undefined,
    quantity: undefined,
    amount: undefined,
    lines: [],
    awards: [],
    counted: undefined,
    tierBefore,
    tierAfter: book.tier,
    effectiveAt: command.effectiveAt,
    body: command.body,
  }
}

/** Rates a recorded document once more, by the rules of its day and what was counted before it; no campaigns. */
export function ratedAgain(rules: Program, document: SourceDocument): Rating {
  const { channel, store, effectiveAt: occurredAt, subject, quantity, amount, lines } = document
  const place = { channel, store, occurredAt }
  const event: EarnEvent =
    document.kind === 'activity'
      ? {
          ...place,
          kind: 'activity',
          code: subject!,
          quantity: quantity!,
          ...(amount === undefined ? {} : { amount }),
        }
      : { ...place, kind: 'purchase', lines }
  return rateAgain(rules, event, { tier: document.tierBefore, tags: [], counters: document.counted ?? {} })
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
