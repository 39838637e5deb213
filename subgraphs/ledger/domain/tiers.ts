import { addMonths, type LocalDate } from '../../../kernel/values/instant.ts'
import type { Program, Tier } from './program.ts'

/** An unknown id is one that a later version took away: such members stand at the base. */
export const tierOf = (program: Program, id: string): Tier =>
  program.tiers.find((tier) => tier.id === id) ?? program.tiers[0]!

/** The highest tier that so much growth reaches. */
export const tierFor = (program: Program, growth: bigint): Tier =>
  program.tiers.findLast((tier) => tier.threshold <= growth) ?? program.tiers[0]!

export const nextTier = (program: Program, tier: Tier): Tier | undefined => program.tiers[tier.rank + 1]

/** The last day of a tier that begins on a day; undefined: it does not end. */
export const tierUntil = (tier: Tier, from: LocalDate): LocalDate | undefined =>
  tier.validMonths === undefined || tier.rank === 0 ? undefined : addMonths(from, tier.validMonths)

/** Where a member stands after its tier has run out with so much growth: the same tier is retention. */
export function reviewed(program: Program, tier: Tier, growth: bigint): Tier {
  if (growth >= tier.threshold) return tier
  switch (program.downgrade) {
    case 'to-fit':
      return tierFor(program, growth)
    case 'one-step':
      return program.tiers[Math.max(0, tier.rank - 1)]!
    case 'to-base':
      return program.tiers[0]!
  }
}
