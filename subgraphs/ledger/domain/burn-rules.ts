import type { Condition, ConditionLanguage } from '../../../kernel/conditions/conditions.ts'
import { type Ratio, type Rounding, ratioOf } from '../../../kernel/values/points.ts'
import type { LocalizedText } from '../../../schema/events/program.ts'

/** What points are worth when they pay for part of a bill, as it is written. */
export interface BurnDocument {
  readonly points: number
  readonly money: string
  readonly minimumSpend?: string
  readonly minimumPoints?: number
  readonly multiple?: number
  readonly maximumShare?: string
  readonly shareRounding?: Rounding
  readonly when?: string
  readonly tiers?: Readonly<Record<string, { readonly points: number; readonly money: string }>>
}

export interface RewardDocument {
  readonly id: string
  readonly name: LocalizedText
  readonly kind: RewardKind
  readonly points: number
  readonly money?: string
  readonly tiers?: readonly string[]
  /** kind: tier. The tier that is bought. */
  readonly tier?: string
}

export type RewardKind = 'goods' | 'service' | 'coupon' | 'tier'

/** So many points are worth so much money. */
export interface BurnRate {
  readonly points: bigint
  readonly money: bigint
}

export interface Burn extends BurnRate {
  /** On bills of at least this much. */
  readonly minimumSpend: bigint
  readonly minimumPoints?: bigint
  /** Only so many points at a time. */
  readonly multiple?: bigint
  /** Of the bill; undefined: all of it. */
  readonly maximumShare?: Ratio | undefined
  readonly shareRounding?: Rounding
  /** Which lines points may pay for; undefined: all. */
  readonly when?: Condition | undefined
  /** Rates of tiers that have their own. */
  readonly byTier?: ReadonlyMap<string, BurnRate>
}

/** Something with a price in points. */
export interface Reward {
  readonly id: string
  readonly name: LocalizedText
  readonly kind: RewardKind
  readonly points: bigint
  /** To be paid besides. */
  readonly money: bigint
  /** Undefined: for all tiers. */
  readonly tiers: readonly string[] | undefined
  readonly tier: string | undefined
}

export function compileBurn(
  burn: BurnDocument,
  money: (text: string) => bigint,
  conditions: ConditionLanguage,
): Burn {
  const rate = (of: { points: number; money: string }): BurnRate => ({
    points: BigInt(of.points),
    money: money(of.money),
  })
  return {
    ...rate(burn),
    minimumSpend: money(burn.minimumSpend ?? '0'),
    minimumPoints: BigInt(burn.minimumPoints ?? 1),
    multiple: BigInt(burn.multiple ?? 1),
    maximumShare: burn.maximumShare === undefined ? undefined : ratioOf(burn.maximumShare),
    shareRounding: burn.shareRounding ?? 'down',
    when: burn.when === undefined ? undefined : conditions.compile(burn.when),
    byTier: new Map(Object.entries(burn.tiers ?? {}).map(([tier, of]) => [tier, rate(of)])),
  }
}

export const compileReward = (reward: RewardDocument, money: (text: string) => bigint): Reward => ({
  id: reward.id,
  name: reward.name,
  kind: reward.kind,
  points: BigInt(reward.points),
  money: money(reward.money ?? '0'),
  tiers: reward.tiers,
  tier: reward.tier,
})
