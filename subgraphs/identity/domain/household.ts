import type { Instant } from '../../../kernel/values/instant.ts'
import { DAY_MS } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

export type HouseholdRole = 'OWNER' | 'ADULT' | 'CHILD'

export interface Relative {
  /** The id by which it came in. */
  readonly memberId: string
  /** The id by which it goes now: others, where it was merged with somebody. */
  readonly personId: string
  readonly id: string
  readonly role: HouseholdRole
  readonly joinedAt: Instant
}

export interface Household {
  readonly id: string
  readonly name: string
  readonly closed: boolean
  /** Present members, who joined first comes first. */
  readonly relatives: readonly Relative[]
}

export const INVITATION_LIFE_MS = 7 * DAY_MS

export interface Invitation {
  readonly household: string
  readonly role: Exclude<HouseholdRole, 'OWNER'>
  readonly expiresAt: Instant
  readonly usedBy: string | undefined
  readonly revoked: boolean
}

const owns = (household: Household, memberId: string): boolean =>
  household.relatives.some((one) => one.personId === memberId && one.role === 'OWNER')

/** Who invites owns the household, and there is room for one more beside those who are invited already. */
export function decideInvitation(
  household: Household | undefined,
  inviter: string,
  invited: number,
  most: number,
): Result<true, 'HOUSEHOLD_NOT_FOUND' | 'HOUSEHOLD_FULL'> {
  if (!household || household.closed || !owns(household, inviter)) return fail('HOUSEHOLD_NOT_FOUND')
  return household.relatives.length + invited >= most ? fail('HOUSEHOLD_FULL') : ok(true)
}

/** May this member come in by this invitation? */
export function decideJoining(
  invitation: Invitation | undefined,
  household: Household | undefined,
  member: { id: string; inHousehold: boolean },
  most: number,
  now: Instant,
): Result<true, 'INVITATION_NOT_VALID' | 'HOUSEHOLD_FULL' | 'ALREADY_IN_HOUSEHOLD'> {
  const path = { path: ['code'] }
  if (!invitation || invitation.revoked || invitation.usedBy !== undefined || invitation.expiresAt <= now) {
    return fail('INVITATION_NOT_VALID', path)
  }
  if (!household || household.closed) return fail('INVITATION_NOT_VALID', path)
  if (member.inHousehold) return fail('ALREADY_IN_HOUSEHOLD')
  return household.relatives.length >= most ? fail('HOUSEHOLD_FULL') : ok(true)
}

/**
 * Somebody leaves, or is sent away by the owner: who owns the household then. An owner who leaves hands it to the adult
 * who joined first; where there is none, it ends. Two relatives who turned out to be one person leave together.
 */
export function decideLeaving(
  household: Household | undefined,
  by: string,
  leaving: string,
): Result<
  { places: readonly Relative[]; heir: Relative | undefined; ends: boolean },
  'HOUSEHOLD_NOT_FOUND' | 'MEMBER_NOT_FOUND'
> {
  if (!household || household.closed) return fail('HOUSEHOLD_NOT_FOUND')
  const places = household.relatives.filter(({ personId }) => personId === leaving)
  const may = by === leaving || owns(household, by)
  if (places.length === 0 || !may) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  if (!owns(household, leaving)) return ok({ places, heir: undefined, ends: false })
  const heir = household.relatives.find(({ role, personId }) => role === 'ADULT' && personId !== leaving)
  return ok({ places, heir, ends: heir === undefined })
}
