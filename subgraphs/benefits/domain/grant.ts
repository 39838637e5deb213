import { derivedId, type EntitlementId, type MemberId } from '../../../kernel/values/ids.ts'
import { addMonths, endOfDay, type Instant, localDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { TierChanged } from '../../../schema/events/ledger.ts'
import type { Benefit } from './benefit.ts'

/** What one entitlement shall be. */
export interface Grant {
  readonly id: EntitlementId
  readonly benefit: Benefit
  readonly source: string
  readonly uses: number
  readonly validFrom: Instant
  readonly validUntil: Instant
}

/**
 * What a change of tier gives: on the way up the row of the new tier, and of that alone, when tiers are skipped too.
 * Each rise gives anew. On the way down nothing is given and nothing taken away.
 */
export function decideTierGrants(given: {
  memberId: MemberId
  change: TierChanged
  at: Instant
  timeZone: string
  /** Those that the programme lists. */
  benefits: readonly Benefit[]
  alreadyGranted: ReadonlySet<EntitlementId>
}): Grant[] {
  const { memberId, change, at, timeZone, benefits, alreadyGranted } = given
  // Who rises because two members are one had each tier's benefits from one side or the other.
  if (change.direction === 'down' || change.because !== undefined) return []
  const source = `tier:${change.to}#${change.sequence}`
  return benefits
    .map((benefit) => ({
      id: derivedId<EntitlementId>('entitlement', memberId, benefit.program, benefit.slug, source),
      benefit,
      source,
      uses: benefit.definition.usesByTier[change.to] ?? 0,
      validFrom: at,
      validUntil: endOfValidity(at, benefit.definition.validMonths, timeZone),
    }))
    .filter((grant) => grant.uses > 0 && !alreadyGranted.has(grant.id))
}

export type GrantRefusal = 'MEMBER_NOT_FOUND' | 'BENEFIT_NOT_FOUND' | 'BENEFIT_DELISTED' | 'USES_NOT_POSITIVE'

/** May staff give so many uses of this benefit? */
export function decideGrant(benefit: Benefit | undefined, uses: number): Result<Benefit, GrantRefusal> {
  if (!benefit) return fail('BENEFIT_NOT_FOUND', { path: ['benefit'] })
  if (!benefit.listed) return fail('BENEFIT_DELISTED', { path: ['benefit'] })
  if (uses < 1) return fail('USES_NOT_POSITIVE', { path: ['uses'] })
  return ok(benefit)
}

/** The end of the day of the grant, so many months later, where the programme is at home. */
export const endOfValidity = (from: Instant, months: number, timeZone: string): Instant =>
  endOfDay(addMonths(localDate(from, timeZone), months), timeZone)
