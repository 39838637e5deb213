/** The parts of a published program document that other subgraphs than `ledger` act on. */

export interface LocalizedText {
  readonly en: string
  readonly 'zh-CN': string
}

export type BenefitType = 'goods' | 'service' | 'activity' | 'discount' | 'alliance'
export type BenefitClass = 'basic' | 'value-added' | 'exclusive' | 'growth'

export interface BenefitDefinition {
  readonly id: string
  readonly name: LocalizedText
  readonly description?: LocalizedText
  readonly type: BenefitType
  readonly class: BenefitClass
  /** The partner that verifies and writes off; absent: the brand itself. */
  readonly partner?: string
  /** Tier id -> how many uses a member gets on reaching that tier. */
  readonly usesByTier: Readonly<Record<string, number>>
  /** An entitlement is valid for so many months from the day of its grant. */
  readonly validMonths: number
  /** Stores in which it may be written off; absent: all. */
  readonly stores?: readonly string[]
}

/** A tag that members may bear; a dimension with declared tags takes no others. */
export interface TagDefinition {
  readonly dimension: 'consumption' | 'interest' | 'behaviour' | 'region' | 'value' | 'lifecycle'
  readonly id: string
  readonly name: LocalizedText
  /** What its value may be: nothing, any text, a whole number, or one of `choices`. */
  readonly value: 'none' | 'text' | 'number' | 'choice'
  readonly choices?: readonly string[]
  /** Who may set it, the most believed first. */
  readonly sources: readonly ('STAFF' | 'STORE' | 'APP' | 'WECHAT' | 'WEB' | 'PARTNER' | 'IMPORT' | 'RULE')[]
  /** It goes by itself after so many days, unless its source says when. */
  readonly expiresAfterDays?: number
  /** Members for whom the condition holds bear it. */
  readonly rule?: { readonly when: string; readonly value?: string }
}

/** Something that a programme knows of its members beyond the profile. */
export interface AttributeDefinition {
  readonly id: string
  readonly name: LocalizedText
  readonly type: 'string' | 'integer' | 'decimal' | 'boolean' | 'date' | 'enum' | 'list'
  /** What an enum, or each item of a list, may be. */
  readonly choices?: readonly string[]
  /** Bounds of integers and decimals. */
  readonly minimum?: number
  readonly maximum?: number
  /** Characters of a string, or of each item of a list. */
  readonly maxLength?: number
  /** Shown only to the member and to who may see personal data. */
  readonly personal: boolean
  readonly setBy: readonly ('MEMBER' | 'STAFF' | 'CHANNEL')[]
}

export type CampaignDefinition = TaskDefinition | MultiplierDefinition

export interface TaskDefinition {
  readonly id: string
  readonly kind: 'task'
  readonly name: LocalizedText
  /** Points for each completion. */
  readonly points: number
  readonly perDay: number
  readonly perYear: number
}

export interface MultiplierDefinition {
  readonly id: string
  readonly kind: 'points-multiplier'
  readonly name: LocalizedText
  /** First and last day in the programme's time zone, `YYYY-MM-DD`. */
  readonly from: string
  readonly to: string
  /** A decimal, e.g. `'2'`: purchases of these days earn so many times the points of the rules. */
  readonly factor: string
  /** A CEL condition over the facts of a purchase; absent: always. */
  readonly when?: string
}

/** From now on the subgraph whose log this is in goes by this version of a programme. */
export interface ProgramAdopted {
  readonly program: string
  readonly version: number
}
