import { DAY_MS, type Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** How much staff may adjust alone, by role, as it is written and as it is decided by. */
export interface AdjustmentLimits {
  readonly limits: Readonly<Record<string, number>>
  /** All that one person adjusts alone in a day; a role that is not named has no such limit. */
  readonly perDay?: Readonly<Record<string, number>>
}

/** Limits of points, and of growth. */
export interface AdjustmentRules extends AdjustmentLimits {
  /** `tierFalls` says when a tier ends that growth does not keep any more; at its review where absent. */
  readonly growth?: AdjustmentLimits & { readonly tierFalls?: 'at-review' | 'at-once' }
  /** Requests that nobody has decided end after so many days; 14 where absent. */
  readonly requestsEndAfterDays?: number
}

/** Without a word in the document everything needs a second pair of eyes. */
export const NO_LIMITS: AdjustmentRules = { limits: {} }

const REQUESTS_END_AFTER_DAYS = 14

/** What staff may correct. */
export type AdjustedAsset = 'points' | 'growth'

export const limitsOf = (rules: AdjustmentRules, asset: AdjustedAsset): AdjustmentLimits =>
  asset === 'points' ? rules : (rules.growth ?? NO_LIMITS)

export type AdjustmentState = 'requested' | 'approved' | 'posted' | 'rejected' | 'ended' | 'refused'

/** A correction by staff, from its request to its end. */
export interface Adjustment {
  readonly id: string
  readonly memberId: string
  readonly programKey: number
  readonly direction: 'grant' | 'deduct'
  readonly asset: AdjustedAsset
  readonly amount: bigint
  readonly reason: string
  readonly document: string
  readonly state: AdjustmentState
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly endsAt: Instant
  readonly decidedBy: string | undefined
  readonly decidedAt: Instant | undefined
  readonly note: string | undefined
  /** Why the books refused what was approved. */
  readonly refusal: string | undefined
}

/**
 * A role that the document does not name may adjust nothing alone. Many small ones are one large one: what the person
 * has adjusted alone that day counts, too.
 */
export function needsSecond(
  { limits, perDay }: AdjustmentLimits,
  role: string,
  amount: bigint,
  thatDay: bigint,
): boolean {
  if (amount > BigInt(limits[role] ?? 0)) return true
  const most = perDay?.[role]
  return most !== undefined && thatDay + amount > BigInt(most)
}

export const requestEnds = (rules: AdjustmentRules, at: Instant): Instant =>
  (at + (rules.requestsEndAfterDays ?? REQUESTS_END_AFTER_DAYS) * DAY_MS) as Instant

export type DecisionRefusal =
  | 'ADJUSTMENT_NOT_FOUND'
  | 'SAME_PERSON'
  | 'ADJUSTMENT_ENDED'
  | 'ADJUSTMENT_DECIDED'

/** Whether somebody may decide a request now. The same decision by the same person again is a repetition. */
export function decideRequest(
  adjustment: Adjustment | undefined,
  decision: { readonly by: string; readonly at: Instant; readonly approve: boolean },
): Result<'decide' | 'repeat', DecisionRefusal> {
  if (!adjustment) return fail('ADJUSTMENT_NOT_FOUND', { path: ['adjustmentId'] })
  if (adjustment.requestedBy === decision.by) return fail('SAME_PERSON')
  const { state } = adjustment
  if (state === 'ended' || (state === 'requested' && decision.at >= adjustment.endsAt)) {
    return fail('ADJUSTMENT_ENDED')
  }
  if (state === 'requested') return ok('decide')
  const approved = state !== 'rejected'
  return adjustment.decidedBy === decision.by && approved === decision.approve
    ? ok('repeat')
    : fail('ADJUSTMENT_DECIDED', { details: { by: adjustment.decidedBy ?? '', state } })
}
