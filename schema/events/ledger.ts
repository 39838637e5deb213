import type { BenefitDefinition, CampaignDefinition, LocalizedText } from './program.ts'

export interface ProgramPublished {
  readonly program: string
  readonly version: number
  readonly name: LocalizedText
  readonly timeZone: string
  readonly tiers: readonly { readonly id: string; readonly name: LocalizedText }[]
  readonly benefits: readonly BenefitDefinition[]
  readonly campaigns: readonly CampaignDefinition[]
}

/** A member's tier rose or fell; the event's member id says whose. */
export interface TierChanged {
  readonly program: string
  /** Distinguishes the changes of one member: 1, 2, 3 … */
  readonly sequence: number
  readonly from: string
  readonly to: string
  readonly direction: 'up' | 'down'
}

/** One event per posting call, however many purchases it recorded. */
export interface PurchasesRecorded {
  readonly program: string
  readonly purchases: readonly {
    readonly memberId: string
    readonly documentId: string
    readonly channel: string
    /** Minor units, as text. */
    readonly total: string
    readonly points: string
  }[]
}

export interface LedgerEvents {
  readonly 'ledger.ProgramPublished': ProgramPublished
  readonly 'ledger.TierChanged': TierChanged
  readonly 'ledger.PurchasesRecorded': PurchasesRecorded
}
