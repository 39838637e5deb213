import { conditionLanguage } from '../../../kernel/conditions/conditions.ts'
import { currencyScale, parseDecimal } from '../../../kernel/values/money.ts'
import type {
  AttributeDefinition,
  BenefitDefinition,
  CampaignDefinition,
  LocalizedText,
  TagDefinition,
} from '../../../schema/events/program.ts'
import { type AdjustmentRules, NO_LIMITS } from './adjustment-rules.ts'
import type { Asset } from './asset.ts'
import type { BalanceSyncRule } from './balance-sync.ts'
import {
  type Burn,
  type BurnDocument,
  compileBurn,
  compileReward,
  type Reward,
  type RewardDocument,
} from './burn-rules.ts'
import { type Coalition, type CoalitionDocument, compileCoalition } from './coalition.ts'
import type { CapDocument, EarnRuleDocument } from './earn-document.ts'
import type { ProgramPeriod } from './earn-periods.ts'
import { compileEarnRules, type RuleBook } from './earn-rules.ts'
import type { EntryTierRule, WelcomeRules } from './entering.ts'
import type { HealthBound } from './forecast.ts'
import { compileStoredValue, type StoredValue, type StoredValueDocument } from './stored-value-rules.ts'
import { compileTiers, type Measure, type Tier, type TierDocument } from './tier-rules.ts'
import type { TransferRules } from './transfer-rules.ts'
import type { Pending, ValidFrom, Validity } from './validity.ts'
import type { VelocityDocument, VelocityLimit } from './velocity.ts'
import type { WatchPattern } from './watch.ts'

/** A program document as it is written: `schema/program.schema.json` describes the same in words. */
export interface ProgramDocument {
  readonly program: string
  readonly version: number
  readonly name: LocalizedText
  readonly currency: string
  readonly timeZone: string
  /** What `per: period` means. */
  readonly period?: ProgramPeriod
  /** Counts of a period stand with the account for so many days after its end. */
  readonly lateDays?: number
  readonly points: {
    readonly validity: Validity
    readonly validFrom?: ValidFrom
    readonly pending?: Pending
    readonly remind?: readonly number[]
    readonly graceDays?: number
    readonly holdMinutes?: number
    readonly burn?: BurnDocument
  }
  readonly growth: { readonly validity: Validity }
  readonly returns?: { readonly withinDays?: number; readonly spent?: SpentPolicy }
  readonly earn: readonly EarnRuleDocument[]
  readonly caps?: readonly CapDocument[]
  readonly tiers: readonly TierDocument[]
  readonly downgrade?: Downgrade
  /** Whether measures of tiers begin anew with an upgrade. */
  readonly onPromotion?: 'reset' | 'keep'
  readonly rewards?: readonly RewardDocument[]
  readonly welcome?: WelcomeRules
  readonly entryTiers?: readonly EntryTierRule[]
  readonly health?: readonly HealthBound[]
  readonly storedValue?: StoredValueDocument
  /** Absent: members cannot send points to each other. */
  readonly transfer?: TransferRules
  readonly adjustments?: AdjustmentRules
  readonly balanceSync?: readonly BalanceSyncRule[]
  readonly coalition?: CoalitionDocument
  readonly velocity?: readonly VelocityDocument[]
  readonly watch?: readonly WatchPattern[]
  readonly benefits?: readonly BenefitDefinition[]
  readonly campaigns?: readonly CampaignDefinition[]
  readonly tags?: readonly TagDefinition[]
  readonly attributes?: readonly AttributeDefinition[]
}

export type { Asset } from './asset.ts'
/** What becomes of points that a return takes back and that are spent already. */
export type SpentPolicy = 'debt' | 'negative' | 'cash'
export type Downgrade = 'one-step' | 'to-fit' | 'to-base'

export type { Tier } from './tier-rules.ts'

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
  readonly burn: Burn | undefined
  readonly rewards: readonly Reward[]
  readonly validFrom: ValidFrom
  /** When points become available, where their rule does not say. */
  readonly pending: Pending | undefined
  /** So many days before their last day members are reminded of points. */
  readonly remind: readonly number[]
  /** So many days more what comes back after its last day is good; 0: none. */
  readonly graceDays: number
  /** How long points are held where a hold does not say. */
  readonly holdMinutes: number
  readonly returns: { readonly withinDays: number | undefined; readonly spent: SpentPolicy }
  readonly period: ProgramPeriod | undefined
  readonly keptDays: number
  readonly earn: RuleBook
  /** The codes of all activities that rules or tiers speak of. */
  readonly activities: ReadonlySet<string>
  /** From the base up. */
  readonly tiers: readonly Tier[]
  readonly downgrade: Downgrade
  /** What has to be counted of a member for its tier. */
  readonly measures: readonly Measure[]
  readonly onPromotion: 'reset' | 'keep'
  /** Undefined: members are not welcomed with points. */
  readonly welcome: WelcomeRules | undefined
  /** Products that lead to a tier; the first that matches counts. */
  readonly entryTiers: readonly EntryTierRule[]
  readonly health: readonly HealthBound[]
  /** Undefined: no prepaid money. */
  readonly storedValue: StoredValue | undefined
  readonly transfer: TransferRules | undefined
  readonly adjustments: AdjustmentRules
  /** Channels that tell balances and not changes, each once. */
  readonly balanceSync: readonly BalanceSyncRule[]
  readonly coalition: Coalition | undefined
  readonly velocity: readonly VelocityLimit[]
  readonly watch: readonly WatchPattern[]
  /** Whether decisions ask what other subgraphs say of a member: its tags, or when it became active. */
  readonly asksStanding: boolean
}

const member = { tier: 'string', tags: 'list<string>' } as const
const place = {
  channel: 'string',
  store: 'string',
  partner: 'string',
  date: 'string',
  weekday: 'int',
  hour: 'int',
} as const

/** What the condition of a rule for purchases may speak of. Amounts are in minor units. */
export const purchaseFacts = {
  member,
  purchase: { ...place, total: 'int' },
  line: { sku: 'string', category: 'string', quantity: 'int', amount: 'int' },
} as const

/** What the condition of a rule for activities may speak of. */
export const activityFacts = {
  member,
  activity: { ...place, code: 'string', quantity: 'int', amount: 'int' },
} as const

export const conditions = conditionLanguage(purchaseFacts)
export const activityConditions = conditionLanguage(activityFacts)

/** What is stored is read by these. A version never changes: published ones may ask for a plan, which nobody has. */
const published = { ...member, plan: 'string' } as const
export const asPublished = {
  purchase: conditionLanguage({ ...purchaseFacts, member: published }),
  activity: conditionLanguage({ ...activityFacts, member: published }),
}

/** Counts of a period that is over stand with the account for so long, unless the document says otherwise. */
const LATE_DAYS = 7

/** An order is paid within the hour, or it is not. */
const HOLD_MINUTES = 60

/** Expects a document that `readProgram` found valid. */
export function compileProgram(key: number, document: ProgramDocument): Program {
  const scale = currencyScale(document.currency)
  const money = (text: string): bigint => parseDecimal(text, scale)!
  const { burn } = document.points
  const earn = compileEarnRules(document.earn, document.caps ?? [], {
    money,
    timeZone: document.timeZone,
    conditions: asPublished,
  })
  const { tiers, measures } = compileTiers(document.tiers, money)
  return {
    key,
    id: document.program,
    version: document.version,
    name: document.name,
    currency: document.currency,
    scale,
    timeZone: document.timeZone,
    validity: {
      points: document.points.validity,
      growth: document.growth.validity,
      principal: document.storedValue?.validity?.principal ?? { kind: 'never' },
      bonus: document.storedValue?.validity?.bonus ?? { kind: 'never' },
    },
    burn: burn && compileBurn(burn, money, asPublished.purchase),
    rewards: (document.rewards ?? []).map((reward) => compileReward(reward, money)),
    validFrom: document.points.validFrom ?? 'earning',
    pending: document.points.pending,
    remind: document.points.remind ?? [],
    graceDays: document.points.graceDays ?? 0,
    holdMinutes: document.points.holdMinutes ?? HOLD_MINUTES,
    returns: { withinDays: document.returns?.withinDays, spent: document.returns?.spent ?? 'debt' },
    period: document.period,
    keptDays: document.lateDays ?? LATE_DAYS,
    earn,
    activities: new Set([
      ...earn.activities.keys(),
      ...tiers.flatMap(({ direct }) => direct),
      ...measures.flatMap(({ activity }) => activity ?? []),
      ...[document.points.pending, ...document.earn.map(({ pending }) => pending)].flatMap((pending) =>
        pending && 'until' in pending ? [pending.until] : [],
      ),
    ]),
    tiers,
    measures,
    downgrade: document.downgrade ?? 'to-fit',
    onPromotion: document.onPromotion ?? 'keep',
    welcome: document.welcome,
    entryTiers: document.entryTiers ?? [],
    health: document.health ?? [],
    storedValue: document.storedValue && compileStoredValue(document.storedValue, money),
    transfer: document.transfer,
    adjustments: document.adjustments ?? NO_LIMITS,
    balanceSync: document.balanceSync ?? [],
    coalition: document.coalition && compileCoalition(document.coalition, money),
    velocity: (document.velocity ?? []).map((limit) => ({ ...limit, over: limit.over ?? 'reject' })),
    watch: document.watch ?? [],
    asksStanding: document.points.validFrom === 'activation' || asksTags(document),
  }
}

/** Conditions name tags by this word; one that only has it in a text asks in vain. */
const asksTags = ({ earn, points }: ProgramDocument): boolean =>
  [points.burn?.when, ...earn.map(({ when }) => when)].some((when) => namesTags(when))

export const namesTags = (condition: string | null | undefined): boolean =>
  condition?.includes('tags') ?? false
