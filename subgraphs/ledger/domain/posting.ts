import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { type Award, type Multiplier, type PurchaseLine, type Rating, ratePurchase } from './earn.ts'
import type { Program } from './program.ts'
import { burnOffset } from './redeem.ts'

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
    | { readonly kind: 'grant'; readonly points: bigint; readonly reason: string }
    | { readonly kind: 'redemption'; readonly points: bigint; readonly bill: string }
  )

export type PostingRefusal =
  | 'DOCUMENT_CONFLICT'
  | 'LINES_MISSING'
  | 'AMOUNT_NOT_VALID'
  | 'QUANTITY_NOT_POSITIVE'
  | 'OCCURRED_IN_FUTURE'
  | 'POINTS_NOT_POSITIVE'
  | 'BURN_NOT_OFFERED'
  | 'BELOW_MINIMUM_SPEND'
  | 'POINTS_NOT_CONVERTIBLE'
  | 'EXCEEDS_BILL'
  | 'INSUFFICIENT_POINTS'

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
  /** The bill in minor units; undefined where there is none. */
  readonly amount: bigint | undefined
  readonly lines: readonly PurchaseLine[]
  readonly awards: readonly Award[]
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
    case 'grant':
      return postGrant(program, book, timely, now)
    case 'redemption':
      return postRedemption(program, book, timely, now)
  }
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
  book.catchUp(command.effectiveAt)
  const tierBefore = book.tier
  const { awards } = rate(program, command, lines.value, tierBefore, multipliers)
  for (const asset of ['points', 'growth'] as const) {
    const amount = awards.reduce((sum, award) => (award.asset === asset ? sum + award.amount : sum), 0n)
    if (amount > 0n) book.credit(asset, 'earn', amount, command.effectiveAt, command.documentId)
  }
  const total = lines.value.reduce((sum, line) => sum + line.amount, 0n)
  return ok({ ...documentOf(program, command, book, tierBefore), amount: total, lines: lines.value, awards })
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
  book.credit('points', 'grant', command.points, command.effectiveAt, command.documentId)
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
  book.redeem(command.points, command.effectiveAt, command.documentId)
  return ok({ ...documentOf(program, command, book, book.tier), amount: bill })
}

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
    amount: undefined,
    lines: [],
    awards: [],
    tierBefore,
    tierAfter: book.tier,
    effectiveAt: command.effectiveAt,
    body: command.body,
  }
}

export function rate(
  program: Program,
  purchase: { channel: string; store: string | undefined; effectiveAt: Instant },
  lines: readonly PurchaseLine[],
  tier: string,
  multipliers: readonly Multiplier[],
): Rating {
  const { channel, store, effectiveAt } = purchase
  return ratePurchase(program, { channel, store, occurredAt: effectiveAt, lines, tier }, multipliers)
}

/** Minor units of one line. Balances must stay within the integers that JSON can carry. */
const AMOUNT_MAX = 1_000_000_000_000n

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
