import type { MemberId } from '../../../kernel/values/ids.ts'
import { type IdentityKind, KINDS } from './kinds.ts'

/**
 * How an identifier came to be believed.
 * - `proved`: by the person, with a one-time code or a WeChat code.
 * - `checked`: by staff at the counter, or by the channel or partner whose own key it is.
 * - `reported`: by a partner about something that is not its own. It leads to a member and may begin one, but is not
 *   added to a member who is already there: else a partner could open any of its customers' doors to another phone.
 * - `unverified`: by nobody. It neither leads to a member nor is it bound.
 */
export type Strength = 'proved' | 'checked' | 'reported' | 'unverified'

export interface FoundIdentifier {
  readonly kind: IdentityKind
  readonly scope: string
  readonly hash: string
  readonly strength: Strength
  /** The member that it leads to now. */
  readonly ownerId: MemberId | undefined
}

export interface HeldIdentifier extends Pick<FoundIdentifier, 'kind' | 'scope' | 'hash'> {
  readonly memberId: MemberId
}

/**
 * Why an identifier may not lead where it leads.
 * - `TWO_MEMBERS`: identifiers of one call lead to two members, or to another than the one who binds them.
 * - `PASSED_ON`: it comes with an account of which its member has another one: carriers give numbers to new people.
 * - `DORMANT`: a number alone, whose member was not seen for so long that the number may be somebody else's by now.
 */
export type ConflictKind = 'TWO_MEMBERS' | 'PASSED_ON' | 'DORMANT'

export interface Conflict {
  readonly kind: ConflictKind
  /** The identifier that is contested. */
  readonly hash: string
  readonly holderId: MemberId
  /** The member who claims it; undefined: somebody who is no member yet. */
  readonly claimantId: MemberId | undefined
}

/** `REVIEW`: people decide. `NEWEST_PROOF`: a number goes to who proves to have it now. */
export type ConflictPolicy = 'REVIEW' | 'NEWEST_PROOF'

export type OneId =
  | { readonly outcome: 'not-verified' }
  | { readonly outcome: 'new'; readonly moved: readonly Conflict[] }
  | {
      readonly outcome: 'known'
      readonly memberId: MemberId
      readonly bind: readonly string[]
      /** Numbers that its former members lose to this one. */
      readonly moved: readonly Conflict[]
    }
  | { readonly outcome: 'conflict'; readonly conflicts: readonly Conflict[] }

export interface Claim {
  readonly found: readonly FoundIdentifier[]
  /** What the members that they lead to have already. */
  readonly held: readonly HeldIdentifier[]
  /** The member to whom they are to be bound, if it is known who asks. */
  readonly memberId?: MemberId | undefined
  readonly policy: ConflictPolicy
  /** Members who were not seen for so long that a number alone does not lead to them. */
  readonly dormant: ReadonlySet<MemberId>
}

/** One person is one member: what verified identifiers that come together mean. */
export function resolveOneId(claim: Claim): OneId {
  const verified = claim.found.filter(({ strength }) => strength !== 'unverified')
  if (verified.length === 0) return { outcome: 'not-verified' }
  const conflicts = conflictsOf(claim, verified)
  if (!conflicts.every((conflict) => goesToNewest(claim, verified, conflict, conflicts))) {
    return { outcome: 'conflict', conflicts }
  }
  const freed = new Set(conflicts.map(({ hash }) => hash))
  const left = verified.map((one) => (freed.has(one.hash) ? { ...one, ownerId: undefined } : one))
  const memberId = claim.memberId ?? left.find(({ ownerId }) => ownerId !== undefined)?.ownerId
  if (memberId === undefined) return { outcome: 'new', moved: conflicts }
  const bind = left.filter(({ ownerId, strength }) => ownerId === undefined && strength !== 'reported')
  return { outcome: 'known', memberId, bind: bind.map(({ hash }) => hash), moved: conflicts }
}

function conflictsOf(claim: Claim, verified: readonly FoundIdentifier[]): Conflict[] {
  const claimantId = claim.memberId ?? surest(verified)?.ownerId
  if (claimantId === undefined) return []
  const others = verified.filter(({ ownerId }) => ownerId !== undefined && ownerId !== claimantId)
  if (others.length > 0) {
    return others.map(({ hash, ownerId }) => ({ kind: 'TWO_MEMBERS', hash, holderId: ownerId!, claimantId }))
  }
  const known = verified.filter(({ ownerId }) => ownerId === claimantId)
  const stranger = (kind: ConflictKind): Conflict[] =>
    known.map(({ hash }) => ({ kind, hash, holderId: claimantId, claimantId: undefined }))
  if (verified.some((one) => isSecond(one, claim.held))) {
    // Who is signed in and brings another account of a kind is told so; there is no identifier to contest.
    return claim.memberId === undefined || known.length > 0
      ? stranger('PASSED_ON')
      : [{ kind: 'PASSED_ON', hash: verified[0]!.hash, holderId: claimantId, claimantId }]
  }
  const byNumberAlone = known.length > 0 && known.every(({ kind }) => KINDS[kind].passesOn)
  return claim.memberId === undefined && byNumberAlone && claim.dormant.has(claimantId)
    ? stranger('DORMANT')
    : []
}

/** The identifier that says most surely who it is: one that is not passed on to others. */
const surest = (verified: readonly FoundIdentifier[]): FoundIdentifier | undefined =>
  verified.find(({ kind, ownerId }) => ownerId !== undefined && !KINDS[kind].passesOn) ??
  verified.find(({ ownerId }) => ownerId !== undefined)

/** A second account of a kind of which a person has one. */
const isSecond = (one: FoundIdentifier, held: readonly HeldIdentifier[]): boolean =>
  KINDS[one.kind].single &&
  one.ownerId === undefined &&
  held.some(({ kind, scope }) => kind === one.kind && scope === one.scope)

/** By the policy a number goes to who proves to have it, unless its member would be left without any identifier. */
function goesToNewest(
  { policy, held, memberId: asksId }: Claim,
  verified: readonly FoundIdentifier[],
  { kind, hash, holderId }: Conflict,
  conflicts: readonly Conflict[],
): boolean {
  const one = verified.find((candidate) => candidate.hash === hash)!
  if (policy !== 'NEWEST_PROOF' || !KINDS[one.kind].passesOn || one.strength !== 'proved') return false
  // Who asks has it: what is wrong is the second account that comes with it.
  if (holderId === asksId) return false
  // A number alone proves that one has the number, not that one is somebody else.
  if (kind === 'DORMANT') return false
  return held.some(
    ({ memberId, hash: other, kind: otherKind }) =>
      memberId === holderId &&
      otherKind !== 'SERIAL' &&
      !conflicts.some((conflict) => conflict.hash === other),
  )
}
