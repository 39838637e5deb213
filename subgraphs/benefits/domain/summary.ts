import type { Instant } from '../../../kernel/values/instant.ts'
import { type Entitlement, type EntitlementState, stateOf } from './entitlement.ts'

/** An entitlement as the counter sees it at a moment: nothing in it tells whose it is. */
export interface EntitlementSummary {
  readonly program: string
  readonly benefit: string
  readonly benefitVersion: number
  readonly state: EntitlementState
  readonly usesTotal: number
  readonly usesLeft: number
  readonly validFrom: Instant
  readonly validUntil: Instant
}

export const summaryOf = (entitlement: Entitlement, now: Instant): EntitlementSummary => ({
  program: entitlement.program,
  benefit: entitlement.benefit,
  benefitVersion: entitlement.benefitVersion,
  state: stateOf(entitlement, now),
  usesTotal: entitlement.usesTotal,
  usesLeft: entitlement.usesLeft,
  validFrom: entitlement.validFrom,
  validUntil: entitlement.validUntil,
})
