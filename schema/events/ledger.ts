import type {
  AttributeDefinition,
  BenefitDefinition,
  CampaignDefinition,
  LocalizedText,
  TagDefinition,
} from './program.ts'

export interface ProgramPublished {
  readonly program: string
  readonly version: number
  readonly name: LocalizedText
  readonly timeZone: string
  readonly tiers: readonly { readonly id: string; readonly name: LocalizedText }[]
  readonly benefits: readonly BenefitDefinition[]
  readonly campaigns: readonly CampaignDefinition[]
  /** Absent in events of before. */
  readonly tags?: readonly TagDefinition[]
  /** Absent in events of before. */
  readonly attributes?: readonly AttributeDefinition[]
}

/** A member's tier rose or fell; the event's member id says whose. */
export interface TierChanged {
  readonly program: string
  /** Distinguishes the changes of one member: 1, 2, 3 … */
  readonly sequence: number
  readonly from: string
  readonly to: string
  readonly direction: 'up' | 'down'
  /** Not by what the member did: two members became one, or two again. */
  readonly because?: 'merge' | 'unmerge'
}

/** One event per posting call, however many purchases it recorded. */
export interface PurchasesRecorded {
  readonly program: string
  readonly purchases: readonly {
    readonly memberId: string
    /** The id by which it came, if that member was merged into this one: what it counts goes with it. */
    readonly holderId?: string
    readonly documentId: string
    readonly channel: string
    /** Minor units, as text. */
    readonly total: string
    readonly points: string
    /** When it was made, ISO 8601; absent in events of before: then the event's own moment. */
    readonly occurredAt?: string
  }[]
}

/** How accounts stand after a call that changed them; one event per call and programme. */
export interface BalancesChanged {
  readonly program: string
  readonly accounts: readonly {
    readonly memberId: string
    readonly tier: string
    /** Points that can be spent, and growth; whole units, as text. */
    readonly points: string
    readonly growth: string
  }[]
}

/** Points run out in so many days; each is told of once for each number of days. One event for up to 500 members. */
export interface PointsExpiring {
  readonly program: string
  readonly daysBefore: number
  readonly members: readonly {
    readonly memberId: string
    /** The last day on which they can be spent, YYYY-MM-DD. */
    readonly expiresOn: string
    readonly points: string
  }[]
}

/** A member has reached a tier that somebody has to approve. */
export interface TierRequested {
  readonly program: string
  readonly tier: string
}

export interface LedgerEvents {
  readonly 'ledger.PointsExpiring': PointsExpiring
  readonly 'ledger.TierRequested': TierRequested
  readonly 'ledger.ProgramPublished': ProgramPublished
  readonly 'ledger.TierChanged': TierChanged
  readonly 'ledger.PurchasesRecorded': PurchasesRecorded
  readonly 'ledger.BalancesChanged': BalancesChanged
}
