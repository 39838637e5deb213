import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { ConsentPolicy } from './consents.ts'

/**
 * Where a merge stands. `PLANNED`: recorded, nothing done. `MOVING`: the siblings carry it out one after another. `DONE`: the
 * two are one, for as long as nobody unmerges them. `UNDOING`, `UNDONE`: it could not be, or was called off. `UNMERGING`,
 * `UNMERGED`: they are two again.
 */
export type MergeState = 'PLANNED' | 'MOVING' | 'DONE' | 'UNDOING' | 'UNDONE' | 'UNMERGING' | 'UNMERGED'

/** Somebody has still to do something for them. */
export const OPEN_STATES: readonly MergeState[] = ['PLANNED', 'MOVING', 'UNDOING', 'UNMERGING']

export type BonusPolicy = 'KEEP_BOTH' | 'TAKE_BACK_SMALLER' | 'TAKE_BACK_LATER'

/** Parts of Huitong that carry out their part, in this order; each learns what those before it did. */
export const SIBLINGS = ['campaigns', 'benefits', 'ledger'] as const
export type Sibling = (typeof SIBLINGS)[number]

/** What the member that is left did not know of itself and has from the other, by name only. */
export interface Filled {
  readonly profile: readonly string[]
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

export interface MergeCase {
  readonly id: string
  /** The member that goes into the other; both by the ids that they went by when it was asked for. */
  readonly fromId: MemberId
  readonly intoId: MemberId
  readonly bonuses: BonusPolicy
  readonly consents: ConsentPolicy
  readonly reason: string
  readonly requestedBy: string
  readonly requestedAt: Instant
  readonly state: MergeState
  /** What the siblings that have carried it out say that they did. */
  readonly answers: Readonly<Partial<Record<Sibling, unknown>>>
  /** Why it could not be. */
  readonly refusal: string | undefined
  /** Where the membership of `fromId` stood before. */
  readonly statusBefore: string | undefined
  readonly filled: Filled
  /** For an unmerge: the member out of which `fromId` comes, and those that come with it. */
  readonly outOfId: MemberId | undefined
  readonly withIds: readonly MemberId[]
  readonly undoReason: string | undefined
  readonly undoneBy: string | undefined
  readonly undoneAt: Instant | undefined
}

type Edge = Pick<MergeCase, 'fromId' | 'intoId'>

/** Members that were merged into one, directly or through others, by the merges that stand: they leave with it. */
export function mergedBelow(memberId: MemberId, standing: readonly Edge[]): MemberId[] {
  const direct = standing.filter(({ intoId }) => intoId === memberId).map(({ fromId }) => fromId)
  return direct.flatMap((id) => [id, ...mergedBelow(id, standing)])
}

/** The merges by which a member leads to the one that is left, the nearest first. */
export function pathUp<Case extends Edge>(memberId: MemberId, standing: readonly Case[]): Case[] {
  const next = standing.find(({ fromId }) => fromId === memberId)
  return next ? [next, ...pathUp(next.intoId, standing)] : []
}
