import type { Migration } from '../../../../kernel/db/migrate.ts'
import { CampaignsAndParticipations1764000000000 } from './1764000000000-campaigns-and-participations.ts'
import { ParkedEventsComeBack1795402510105 } from './1795402510105-parked-events-come-back.ts'
import { MergedMembers1795410100002 } from './1795410100002-merged-members.ts'

/** In order; what has run is never edited. */
export const migrations: readonly Migration[] = [
  CampaignsAndParticipations1764000000000,
  ParkedEventsComeBack1795402510105,
  MergedMembers1795410100002,
]
