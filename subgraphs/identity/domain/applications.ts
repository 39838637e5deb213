import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { liesWithin } from './organisation.ts'
import { checkText } from './text.ts'

export type ApplicationKind = 'MEMBERSHIP' | 'TIER'
export type ApplicationState = 'SUBMITTED' | 'APPROVED' | 'REFUSED' | 'WITHDRAWN'

export interface Application {
  readonly id: string
  readonly memberId: string
  readonly kind: ApplicationKind
  readonly program: string
  readonly tier: string | undefined
  /** Where it is reviewed; undefined: head office. */
  readonly node: string | undefined
  readonly state: ApplicationState
  readonly submittedBy: string
}

const WORDS_MAX = 500

/** What an applicant says, or a reviewer: a few lines of text. */
export const checkWords = (text: string): Result<string, 'APPLICATION_NOT_VALID'> => {
  const lines = checkText(text.replace(/\s*\n\s*/g, ' / '), WORDS_MAX)
  return lines.ok ? lines : fail('APPLICATION_NOT_VALID', { path: ['reason'], details: { field: 'reason' } })
}

/** May this be applied for? A tier of the programme; a membership has no tier. */
export function checkApplication(
  asked: { kind: ApplicationKind; tier: string | undefined },
  tiers: readonly string[],
): Result<true, 'APPLICATION_NOT_VALID'> {
  const fits =
    asked.kind === 'TIER' ? asked.tier !== undefined && tiers.includes(asked.tier) : asked.tier === undefined
  return fits ? ok(true) : fail('APPLICATION_NOT_VALID', { path: ['tier'], details: { field: 'tier' } })
}

export interface Reviewer {
  readonly name: string
  /** The path of the part of the organisation that it reviews for; undefined: all. */
  readonly part: { readonly path: string } | undefined
}

/** An application is seen by reviewers of the part in which it lies; what lies nowhere is head office's. */
export const mayReview = (reviewer: Reviewer, place: { readonly path: string } | undefined): boolean =>
  reviewer.part === undefined || (place !== undefined && liesWithin(place, reviewer.part))

/** May this reviewer decide, and so? Nobody decides what it handed in itself; a refusal has a reason. */
export function decideApplication(
  application: Application | undefined,
  place: { readonly path: string } | undefined,
  decision: { reviewer: Reviewer; approve: boolean; reason: string | undefined },
): Result<
  Application,
  'APPLICATION_NOT_VALID' | 'APPLICATION_NOT_FOUND' | 'APPLICATION_DECIDED' | 'REVIEWER_NOT_ALLOWED'
> {
  const { reviewer, approve, reason } = decision
  if (!approve && reason === undefined) {
    return fail('APPLICATION_NOT_VALID', { path: ['reason'], details: { field: 'reason' } })
  }
  if (!application || !mayReview(reviewer, place)) return fail('APPLICATION_NOT_FOUND', { path: ['id'] })
  if (application.state !== 'SUBMITTED') {
    return fail('APPLICATION_DECIDED', { path: ['id'], details: { state: application.state } })
  }
  if (application.submittedBy === reviewer.name) return fail('REVIEWER_NOT_ALLOWED', { path: ['id'] })
  return ok(application)
}
