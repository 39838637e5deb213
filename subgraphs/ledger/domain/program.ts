import { type Condition, conditionLanguage } from '../../../kernel/conditions/conditions.ts'
import { currencyScale, parseDecimal } from '../../../kernel/values/money.ts'
import type { Ratio, Rounding } from '../../../kernel/values/points.ts'
import { ratioOf } from '../../../kernel/values/points.ts'
import type {
  BenefitDefinition,
  CampaignDefinition,
  LocalizedText,
  TagDefinition,
} from '../../../schema/events/program.ts'
import type { Validity } from './validity.ts'

/** A program document as it is written: `schema/program.schema.json` describes the same in words. */
export interface ProgramDocument {
  readonly program: string
  readonly version: number
  readonly name: LocalizedText
  readonly currency: string
  readonly timeZone: string
  readonly points: {
    readonly validity: Validity
    readonly burn?: { readonly points: number; readonly money: string; readonly minimumSpend?: string }
  }
  readonly growth: { readonly validity: Validity }
  readonly earn: readonly EarnRuleDocument[]
  readonly tiers: readonly TierDocument[]
  readonly downgrade?: Downgrade
  readonly benefits?: readonly BenefitDefinition[]
  readonly campaigns?: readonly CampaignDefinition[]
  readonly tags?: readonly TagDefinition[]
}

interface EarnRuleDocument {
  readonly id: string
  readonly on: 'purchase'
  readonly asset: Asset
  readonly award?: { readonly points: number; readonly per: string }
  readonly multiplier?: string
  readonly rounding?: Rounding
  readonly when?: string
}

interface TierDocument {
  readonly id: string
  readonly name: LocalizedText
  readonly growth: number
  readonly validMonths?: number
  readonly discount?: string
}

export type Asset = 'points' | 'growth'
export type Downgrade = 'one-step' | 'to-fit' | 'to-base'

export interface Tier {
  readonly id: string
  readonly name: LocalizedText
  /** Counts from 0, the base. */
  readonly rank: number
  readonly threshold: bigint
  /** Undefined: does not end. */
  readonly validMonths: number | undefined
  readonly discount: string | undefined
}

export interface EarnRule {
  readonly id: string
  readonly asset: Asset
  /** Points for each minor unit of money, or how many times the base points. */
  readonly award:
    | { readonly kind: 'rate'; readonly rate: Ratio }
    | { readonly kind: 'multiplier'; readonly factor: Ratio }
  readonly rounding: Rounding
  readonly when: Condition | undefined
}

/** A published version, ready to decide by. */
export interface Program {
  /** The small number that the books carry. */
  readonly key: number
  readonly id: string
  readonly version: number
  readonly name: LocalizedText
  readonly currency: string
  /** Decimals of the currency. */
  readonly scale: number
  readonly timeZone: string
  readonly validity: Readonly<Record<Asset, Validity>>
  readonly burn:
    | { readonly points: bigint; readonly money: bigint; readonly minimumSpend: bigint }
    | undefined
  readonly rules: readonly EarnRule[]
  /** From the base up. */
  readonly tiers: readonly Tier[]
  readonly downgrade: Downgrade
}

/** What a rule's condition may speak of. Amounts are in minor units. */
export const purchaseFacts = {
  member: { tier: 'string' },
  purchase: {
    channel: 'string',
    store: 'string',
    total: 'int',
    date: 'string',
    weekday: 'int',
    hour: 'int',
  },
  line: { sku: 'string', category: 'string', quantity: 'int', amount: 'int' },
} as const

export const conditions = conditionLanguage(purchaseFacts)

/** Expects a document that `readProgram` found valid. */
export function compileProgram(key: number, document: ProgramDocument): Program {
  const scale = currencyScale(document.currency)
  const money = (text: string): bigint => parseDecimal(text, scale)!
  const { burn } = document.points
  return {
    key,
    id: document.program,
    version: document.version,
    name: document.name,
    currency: document.currency,
    scale,
    timeZone: document.timeZone,
    validity: { points: document.points.validity, growth: document.growth.validity },
    burn: burn && {
      points: BigInt(burn.points),
      money: money(burn.money),
      minimumSpend: money(burn.minimumSpend ?? '0'),
    },
    rules: document.earn.map((rule) => ({
      id: rule.id,
      asset: rule.asset,
      award: rule.award
        ? { kind: 'rate', rate: { numerator: BigInt(rule.award.points), denominator: money(rule.award.per) } }
        : { kind: 'multiplier', factor: ratioOf(rule.multiplier!) },
      rounding: rule.rounding ?? 'down',
      when: rule.when === undefined ? undefined : conditions.compile(rule.when),
    })),
    tiers: document.tiers.map((tier, rank) => ({
      id: tier.id,
      name: tier.name,
      rank,
      threshold: BigInt(tier.growth),
      validMonths: tier.validMonths,
      discount: tier.discount,
    })),
    downgrade: document.downgrade ?? 'to-fit',
  }
}
