import type { LocalizedText } from '../../../schema/events/program.ts'
import type { Validity } from './validity.ts'

/** What a programme says of prepaid money, as it is written. */
export interface StoredValueDocument {
  readonly topUp?: {
    readonly minimum?: string
    readonly maximum?: string
    readonly bonus?: readonly { readonly from: string; readonly bonus: string }[]
  }
  readonly validity?: { readonly principal?: Validity; readonly bonus?: Validity }
  readonly spend?: SpendOrder
  readonly refund?: { readonly bonus: BonusOnRefund }
  readonly plans?: readonly InstalmentPlanDocument[]
}

export interface InstalmentPlanDocument {
  readonly id: string
  readonly name: LocalizedText
  readonly amount: string
  readonly of?: 'principal' | 'bonus'
  readonly instalments: number
  readonly firstAfterMonths?: number
  readonly onStop: OnStop
}

export type SpendOrder = 'principal-first' | 'bonus-first' | 'pro-rata'

/**
 * What becomes of bonus when principal is paid back. `keep`: nothing. `remaining`: of the bonus that is left, the same
 * share goes. `given`: the bonus that the principal brought goes, and what of it is spent is withheld from the payment.
 */
export type BonusOnRefund = 'keep' | 'remaining' | 'given'

/** What becomes of the instalments still to come: paid back, lost, or available at once. */
export type OnStop = 'pay-back' | 'forfeit' | 'release'

export interface StoredValue {
  /** Of one top-up. */
  readonly minimum: bigint
  readonly maximum: bigint | undefined
  /** From the highest amount down. */
  readonly bonus: readonly { readonly from: bigint; readonly bonus: bigint }[]
  readonly spend: SpendOrder
  /** Undefined: principal is not paid back. */
  readonly refund: BonusOnRefund | undefined
  readonly plans: readonly InstalmentPlan[]
}

/** Prepaid money (`principal`) or a gift (`bonus`) that comes in monthly parts. */
export interface InstalmentPlan {
  readonly id: string
  readonly name: LocalizedText
  readonly amount: bigint
  readonly of: 'principal' | 'bonus'
  readonly instalments: number
  /** 0: the first part comes with the top-up. */
  readonly firstAfterMonths: number
  readonly onStop: OnStop
}

export function compileStoredValue(
  document: StoredValueDocument,
  money: (text: string) => bigint,
): StoredValue {
  const { minimum, maximum, bonus = [] } = document.topUp ?? {}
  return {
    minimum: minimum === undefined ? 1n : money(minimum),
    maximum: maximum === undefined ? undefined : money(maximum),
    bonus: bonus
      .map((step) => ({ from: money(step.from), bonus: money(step.bonus) }))
      .sort((a, b) => (a.from > b.from ? -1 : 1)),
    spend: document.spend ?? 'principal-first',
    refund: document.refund?.bonus,
    plans: (document.plans ?? []).map((plan) => ({
      id: plan.id,
      name: plan.name,
      amount: money(plan.amount),
      of: plan.of ?? 'principal',
      instalments: plan.instalments,
      firstAfterMonths: plan.firstAfterMonths ?? 1,
      onStop: plan.onStop,
    })),
  }
}
