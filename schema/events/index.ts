import type { BenefitsEvents } from './benefits.ts'
import type { CampaignsEvents } from './campaigns.ts'
import type { IdentityEvents } from './identity.ts'
import type { LedgerEvents } from './ledger.ts'

/** Every event type with its payload. */
export interface Events extends IdentityEvents, LedgerEvents, BenefitsEvents, CampaignsEvents {}
