import { addMonths, type LocalDate } from '../../../kernel/values/instant.ts'
import { roundRatio } from '../../../kernel/values/points.ts'
import type { BonusOnRefund, InstalmentPlan, SpendOrder, StoredValue } from './stored-value-rules.ts'
import type { WalletState } from './wallet.ts'

/** The parts that money moves in: what was paid in, and what was given on top. */
export interface MoneyParts {
  readonly principal: bigint
  readonly bonus: bigint
}

/** The bonus of the highest step that a top-up reaches. */
export const bonusOf = ({ bonus }: Pick<StoredValue, 'bonus'>, amount: bigint): bigint =>
  bonus.find(({ from }) => amount >= from)?.bonus ?? 0n

/** What principal and bonus each pay of an amount. Expects that together they have enough. */
export function spendParts(order: SpendOrder, available: MoneyParts, amount: bigint): MoneyParts {
  switch (order) {
    case 'principal-first': {
      const principal = least(amount, available.principal)
      return { principal, bonus: amount - principal }
    }
    case 'bonus-first': {
      const bonus = least(amount, available.bonus)
      return { principal: amount - bonus, bonus }
    }
    case 'pro-rata': {
      const all = available.principal + available.bonus
      const principal = roundRatio(amount * available.principal, all, 'half-up')
      return { principal, bonus: amount - principal }
    }
  }
}

export interface RefundParts {
  /** Leaves the principal and goes to the payer. */
  readonly paidBack: bigint
  /** Leaves the principal for bonus that was spent. */
  readonly withheld: bigint
  /** Leaves the bonus. */
  readonly bonusTaken: bigint
}

type Wallets = Readonly<Record<'principal' | 'bonus', WalletState>>

/** What paying principal back comes to. Expects that so much principal is available. */
export function refundParts(
  policy: BonusOnRefund,
  { principal, bonus }: Wallets,
  amount: bigint,
): RefundParts {
  switch (policy) {
    case 'keep':
      return { paidBack: amount, withheld: 0n, bonusTaken: 0n }
    case 'remaining': {
      const bonusTaken = roundRatio(bonus.available * amount, principal.available, 'half-up')
      return { paidBack: amount, withheld: 0n, bonusTaken }
    }
    case 'given': {
      const brought = roundRatio(given(bonus) * amount, given(principal), 'half-up')
      const bonusTaken = least(brought, bonus.available)
      const withheld = least(brought - bonusTaken, amount)
      return { paidBack: amount - withheld, withheld, bonusTaken }
    }
  }
}

/** Given so far and neither taken back, run out, nor still to come. */
const given = ({ earned, expired, reversed, pending }: WalletState): bigint =>
  earned - expired - reversed - pending

export interface Instalment {
  /** The first day on which it is available. */
  readonly releaseOn: LocalDate
  readonly amount: bigint
}

/** The parts of a plan that begins on a day: equal ones, month by month; the last one has what does not divide. */
export function instalmentsOf(plan: InstalmentPlan, from: LocalDate): Instalment[] {
  const count = BigInt(plan.instalments)
  const part = plan.amount / count
  return Array.from({ length: plan.instalments }, (_, index) => ({
    releaseOn: addMonths(from, plan.firstAfterMonths + index),
    amount: index === plan.instalments - 1 ? plan.amount - part * (count - 1n) : part,
  }))
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
