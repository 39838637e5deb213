import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { positiveAmount } from './amounts.ts'
import { classOf } from './origin-class.ts'
import type { Program } from './program.ts'
import { bonusOf, instalmentsOf, refundParts, spendParts } from './stored-value.ts'
import type { InstalmentPlan } from './stored-value-rules.ts'
import { lastDay } from './validity.ts'
import type { PendingLot } from './wallet.ts'

export type StoredValueCommand =
  /** The amount may be left out where a plan says it. */
  | { readonly kind: 'top-up'; readonly amount: string | undefined; readonly plan: string | undefined }
  | { readonly kind: 'spend'; readonly amount: string }
  /** Unspent principal goes back to the payer. */
  | { readonly kind: 'withdrawal'; readonly amount: string; readonly reason: string }
  | { readonly kind: 'plan-stop'; readonly running: RunningPlan | undefined; readonly reason: string }

/** A plan that a top-up began, by the rules of its day. */
export interface RunningPlan {
  readonly topUpId: string
  readonly plan: InstalmentPlan
  readonly lots: readonly PendingLot[]
}

export type StoredValueRefusal =
  | 'STORED_VALUE_NOT_OFFERED'
  | 'PLAN_NOT_KNOWN'
  | 'AMOUNT_NOT_VALID'
  | 'AMOUNT_NOT_OF_PLAN'
  | 'TOP_UP_OUT_OF_BOUNDS'
  | 'WITHDRAWAL_NOT_OFFERED'
  | 'INSUFFICIENT_STORED_VALUE'
  | 'NOTHING_PENDING'

/** What a document of stored value says of itself, besides its source. */
export interface StoredValueFacts {
  /** The plan of a top-up, the top-up of a stop, the reason of a withdrawal. */
  readonly subject?: string
  readonly amount?: bigint
}

type Posted = Result<StoredValueFacts, StoredValueRefusal>

/** Decides a movement of prepaid money and posts it. What ran out or came due before now has happened first. */
export function postStoredValue(
  program: Program,
  book: AccountBook,
  command: StoredValueCommand,
  occasion: Occasion,
  now: Instant,
): Posted {
  if (!program.storedValue) return fail('STORED_VALUE_NOT_OFFERED')
  book.catchUp(now)
  switch (command.kind) {
    case 'top-up':
      return postTopUp(program, book, command, occasion)
    case 'spend':
      return postSpend(program, book, command, occasion)
    case 'withdrawal':
      return postWithdrawal(program, book, command, occasion)
    case 'plan-stop':
      return postPlanStop(book, command, occasion)
  }
}

function postTopUp(
  program: Program,
  book: AccountBook,
  command: StoredValueCommand & { kind: 'top-up' },
  occasion: Occasion,
): Posted {
  const storedValue = program.storedValue!
  const plan = storedValue.plans.find(({ id }) => id === command.plan)
  if (command.plan !== undefined && !plan) return fail('PLAN_NOT_KNOWN', { path: ['plan'] })
  const amount = command.amount === undefined ? plan?.amount : positiveAmount(command.amount, program.scale)
  if (amount === undefined) return fail('AMOUNT_NOT_VALID', { path: ['amount'] })
  if (plan) {
    if (amount !== plan.amount) return fail('AMOUNT_NOT_OF_PLAN', { path: ['amount'] })
    beginPlan(program, book, plan, occasion)
    return ok({ subject: plan.id, ...(plan.of === 'principal' ? { amount } : {}) })
  }
  const { minimum, maximum } = storedValue
  if (amount < minimum || (maximum !== undefined && amount > maximum)) {
    return fail('TOP_UP_OUT_OF_BOUNDS', { path: ['amount'] })
  }
  book.credit('top-up', { principal: amount }, occasion)
  const bonus = bonusOf(storedValue, amount)
  if (bonus > 0n) book.credit('earn', { bonus }, occasion)
  return ok({ amount })
}

function beginPlan(program: Program, book: AccountBook, plan: InstalmentPlan, occasion: Occasion): void {
  const today = localDate(occasion.at, program.timeZone)
  const parts = instalmentsOf(plan, today)
  const atOnce = parts.reduce((sum, { releaseOn, amount }) => (releaseOn <= today ? sum + amount : sum), 0n)
  if (atOnce > 0n) {
    if (plan.of === 'principal') book.credit('top-up', { principal: atOnce }, occasion)
    else book.credit('earn', { bonus: atOnce }, occasion)
  }
  const later = pendingLots(program, plan, occasion.at).map((lot) => ({
    ...lot,
    lotClass: classOf(lot.lotClass, book.origin),
  }))
  if (later.length > 0)
    book.await([{ asset: plan.of, lots: later }], occasion, plan.of === 'principal' ? 'prepay' : 'await')
}

/** The parts of a plan that are still to come on the day of its beginning; each is good from its release on. */
export function pendingLots(program: Program, plan: InstalmentPlan, begun: Instant): PendingLot[] {
  const today = localDate(begun, program.timeZone)
  return instalmentsOf(plan, today)
    .filter(({ releaseOn }) => releaseOn > today)
    .map(({ releaseOn, amount }) => ({
      releaseOn,
      expiresOn: lastDay(program.validity[plan.of], releaseOn),
      lotClass: '',
      remaining: amount,
    }))
}

function postSpend(
  program: Program,
  book: AccountBook,
  command: StoredValueCommand & { kind: 'spend' },
  occasion: Occasion,
): Posted {
  const amount = positiveAmount(command.amount, program.scale)
  if (amount === undefined) return fail('AMOUNT_NOT_VALID', { path: ['amount'] })
  const available = { principal: book.available('principal'), bonus: book.available('bonus') }
  if (amount > available.principal + available.bonus)
    return insufficient(available.principal + available.bonus)
  book.takeAll('redeem', { ...spendParts(program.storedValue!.spend, available, amount) }, occasion)
  return ok({ amount })
}

function postWithdrawal(
  program: Program,
  book: AccountBook,
  command: StoredValueCommand & { kind: 'withdrawal' },
  occasion: Occasion,
): Posted {
  const { refund } = program.storedValue!
  if (!refund) return fail('WITHDRAWAL_NOT_OFFERED')
  const amount = positiveAmount(command.amount, program.scale)
  if (amount === undefined) return fail('AMOUNT_NOT_VALID', { path: ['amount'] })
  const principal = book.wallet('principal')
  if (amount > principal.available) return insufficient(principal.available)
  const parts = refundParts(refund, { principal, bonus: book.wallet('bonus') }, amount)
  if (parts.paidBack > 0n) book.takeAll('withdraw', { principal: parts.paidBack }, occasion)
  if (parts.withheld > 0n) book.takeAll('deduct', { principal: parts.withheld }, occasion)
  if (parts.bonusTaken > 0n) book.takeAll('reverse', { bonus: parts.bonusTaken }, occasion)
  return ok({ amount, subject: command.reason })
}

function postPlanStop(
  book: AccountBook,
  { running, reason: _ }: StoredValueCommand & { kind: 'plan-stop' },
  occasion: Occasion,
): Posted {
  if (!running) return fail('NOTHING_PENDING')
  const { plan, lots, topUpId } = running
  // Parts of other plans may wait for the same day: no more is taken than this plan has there.
  const fits = (lot: PendingLot): bigint => {
    const own = lots.find(
      ({ releaseOn, expiresOn, lotClass }) =>
        releaseOn === lot.releaseOn && expiresOn === lot.expiresOn && lotClass === lot.lotClass,
    )
    return own ? least(own.remaining, lot.remaining) : 0n
  }
  const pending = book.wallet(plan.of).waiting.reduce((sum, lot) => sum + fits(lot), 0n)
  if (pending === 0n) return fail('NOTHING_PENDING')
  switch (plan.onStop) {
    case 'pay-back':
      book.cancel(plan.of, fits, occasion, 'repay')
      break
    case 'forfeit':
      book.cancel(plan.of, fits, occasion)
      break
    case 'release':
      book.matureEarly(plan.of, fits, occasion)
      break
  }
  return ok({ subject: topUpId, amount: pending })
}

const insufficient = (available: bigint) =>
  fail('INSUFFICIENT_STORED_VALUE', { path: ['amount'], details: { available: available.toString() } })

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
