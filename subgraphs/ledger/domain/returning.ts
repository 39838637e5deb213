import { addDays, type Instant, localDate } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook } from './account-book.ts'
import { AMOUNT_MAX } from './amounts.ts'
import { compensate } from './compensation.ts'
import type { Award, PurchaseLine } from './earn.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { hasParted, sendRefundsBack } from './refunded-away.ts'
import { type History, type PastDocument, replay } from './replay.ts'
import { CASH, GRACE, linesLeft, REFUND } from './returns.ts'
import { documentOf, occasionOf } from './source-document.ts'
import { type TakenBackAway, takenBackAway } from './taken-back-away.ts'

/** Part of a line, or all that is left of it. */
export interface ReturnedLine {
  /** Counts from 0. */
  readonly line: number
  /** Undefined with no amount: all that is left; with an amount: a lower price for what was kept. */
  readonly quantity: number | undefined
  /** A decimal; undefined: the price of the quantity. */
  readonly amount: string | undefined
}

export interface ReturnCommand {
  readonly kind: 'return'
  /** The document of the purchase. */
  readonly purchase: string
  /** Undefined: all that is left. */
  readonly lines: readonly ReturnedLine[] | undefined
  readonly reason: string
}

export type ReturnRefusal =
  | 'PURCHASE_NOT_FOUND'
  | 'LINES_MISSING'
  | 'LINE_NOT_FOUND'
  | 'AMOUNT_NOT_VALID'
  | 'QUANTITY_NOT_POSITIVE'
  | 'OCCURRED_IN_FUTURE'
  | 'RETURNED_BEFORE_PURCHASE'
  | 'RETURN_WINDOW_OVER'
  | 'ALREADY_RETURNED'
  | 'EXCEEDS_PURCHASE'

/**
 * Takes back what the returned lines have brought, and gives back what was burned for them, by placing the purchase
 * once more without them: whatever followed from it is decided again.
 */
export function postReturn(
  program: Program,
  book: AccountBook,
  command: PostingCommand & ReturnCommand,
  history: History,
  now: Instant,
): Result<SourceDocument, ReturnRefusal> {
  const purchase = history.past.find(
    ({ document }) => document.id === command.purchase && document.kind === 'purchase',
  )
  if (!purchase) return fail('PURCHASE_NOT_FOUND', { path: ['purchase'] })
  const before = history.past.flatMap(({ document }) =>
    document.kind === 'return' && document.subject === purchase.document.id ? [document] : [],
  )
  const lines = returnedLines(program, purchase, before, command, now)
  if (!lines.ok) return lines
  book.catchUp(now)
  const amount = lines.value.reduce((sum, line) => sum + line.amount, 0n)
  const draft: SourceDocument = {
    ...documentOf(program, command),
    subject: purchase.document.id,
    lines: lines.value,
    amount,
    tierBefore: book.tier,
    tierAfter: book.tier,
  }
  const placed = replay(book.memberId, withReturn(history, draft, program), now)
  const away = takenBackAway(book, history, purchase, asPast(draft, program))
  const document = settled(program, book, placed.book, draft, command.reason, away)
  const entries = book.entries.length
  const plain = document.awards.every(({ rule }) => rule !== GRACE && rule !== CASH)
  // What the policies settle has its place in the order, too.
  const { book: ideal } = plain ? placed : replay(book.memberId, withReturn(history, document, program), now)
  const occasion = { ...occasionOf(document), at: now }
  compensate(book, ideal, occasion)
  if (!book.entries.slice(entries).some(({ documentId }) => documentId === document.id))
    book.note('reverse', occasion)
  if (hasParted(history)) sendRefundsBack(book, history, [replay(book.memberId, history, now), placed], now)
  if (away && away.lots.length > 0)
    book.homeward.push({ kind: 'return', origin: away.origin, document, lots: away.lots })
  return ok({ ...document, tierAfter: book.tier })
}

const withReturn = (history: History, document: SourceDocument, rules: Program): History => ({
  ...history,
  past: [...history.past, asPast(document, rules)],
})

const asPast = (document: SourceDocument, rules: Program): PastDocument => ({
  document,
  rules,
  multipliers: [],
  entry: { kind: 'reverse', moves: [], seq: Number.MAX_SAFE_INTEGER },
})

/** The return with what came of it: how much was taken back and given back, and what its policies settled. */
function settled(
  program: Program,
  book: AccountBook,
  ideal: AccountBook,
  draft: SourceDocument,
  reason: string,
  away: TakenBackAway | undefined,
): SourceDocument {
  const [actual, then] = [book.wallet('points'), ideal.wallet('points')]
  const awards: Award[] = []
  const award = (rule: string, amount: bigint, asset: Award['asset'] = 'points'): void => {
    if (amount > 0n) awards.push({ rule, line: -1, asset, amount })
  }
  const net = (asset: Award['asset']): bigint => {
    const [is, was] = [ideal.wallet(asset), book.wallet(asset)]
    return was.earned - was.reversed - (is.earned - is.reversed) + (away?.[asset] ?? 0n)
  }
  const refunded = actual.spent - then.spent
  awards.push({ rule: reason, line: -1, asset: 'points', amount: net('points') > 0n ? net('points') : 0n })
  award(reason, net('growth'), 'growth')
  award(REFUND, refunded)
  const late = then.expired - actual.expired
  if (program.graceDays > 0) award(GRACE, late < refunded ? late : refunded)
  const owed = then.owed - actual.owed
  if (program.returns.spent === 'cash' && program.burn) award(CASH, owed)
  return { ...draft, awards }
}

/** How much of each line comes back, in the order of the lines of the purchase. */
function returnedLines(
  program: Program,
  { document, rules }: PastDocument,
  before: readonly SourceDocument[],
  { lines, effectiveAt }: PostingCommand & ReturnCommand,
  now: Instant,
): Result<PurchaseLine[], ReturnRefusal> {
  const wrong = lines && faultIn(document, lines, rules)
  if (wrong) return wrong
  if (effectiveAt > now) return fail('OCCURRED_IN_FUTURE', { path: ['occurredAt'] })
  if (effectiveAt < document.effectiveAt) return fail('RETURNED_BEFORE_PURCHASE', { path: ['occurredAt'] })
  const { withinDays } = program.returns
  if (withinDays !== undefined) {
    const last = addDays(localDate(document.effectiveAt, program.timeZone), withinDays)
    if (localDate(effectiveAt, program.timeZone) > last)
      return fail('RETURN_WINDOW_OVER', { path: ['document'], details: { lastDay: last } })
  }
  const left = new Map(linesLeft(document, before).map(({ line, index }) => [index, { ...line }]))
  if (left.size === 0) return fail('ALREADY_RETURNED', { path: ['document'] })
  const wanted = lines ?? [...left.keys()].map((line) => ({ line, quantity: undefined, amount: undefined }))
  const back = document.lines.map((): { quantity: number; amount: bigint } => ({ quantity: 0, amount: 0n }))
  for (const [place, each] of wanted.entries()) {
    const path = ['lines', String(place)]
    const rest = left.get(each.line)
    if (!rest) return fail('ALREADY_RETURNED', { path })
    const part = partOf(rest, each, rules.scale)
    if (part.quantity > rest.quantity || part.amount > rest.amount) return fail('EXCEEDS_PURCHASE', { path })
    const sum = back[each.line]!
    sum.quantity += part.quantity
    sum.amount += part.amount
    rest.quantity -= part.quantity
    rest.amount -= part.amount
    if (rest.quantity === 0 && rest.amount === 0n) left.delete(each.line)
  }
  return ok(back)
}

function faultIn(
  document: SourceDocument,
  lines: readonly ReturnedLine[],
  { scale }: Program,
):
  | Result<never, 'LINES_MISSING' | 'LINE_NOT_FOUND' | 'AMOUNT_NOT_VALID' | 'QUANTITY_NOT_POSITIVE'>
  | undefined {
  if (lines.length === 0) return fail('LINES_MISSING', { path: ['lines'] })
  for (const [place, { line, quantity, amount }] of lines.entries()) {
    const path = (name: string) => ({ path: ['lines', String(place), name] })
    if (!document.lines[line]) return fail('LINE_NOT_FOUND', path('line'))
    if (amount !== undefined) {
      const money = parseDecimal(amount, scale)
      if (money === undefined || money < 0n || money > AMOUNT_MAX || (money === 0n && quantity === undefined))
        return fail('AMOUNT_NOT_VALID', { ...path('amount'), details: { amount } })
    }
    if (quantity !== undefined && quantity < 1) return fail('QUANTITY_NOT_POSITIVE', path('quantity'))
  }
  return undefined
}

/** All money is all of the line; some pieces cost their part of what is left to pay. */
function partOf(
  rest: Pick<PurchaseLine, 'quantity' | 'amount'>,
  { quantity, amount }: ReturnedLine,
  scale: number,
): { quantity: number; amount: bigint } {
  if (amount !== undefined) {
    const money = parseDecimal(amount, scale)!
    return { amount: money, quantity: quantity ?? (money === rest.amount ? rest.quantity : 0) }
  }
  if (quantity === undefined) return rest
  if (quantity >= rest.quantity) return { quantity, amount: rest.amount }
  return { quantity, amount: (rest.amount * BigInt(quantity)) / BigInt(rest.quantity) }
}
