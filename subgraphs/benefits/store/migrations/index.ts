import type { Migration } from '../../../../kernel/db/migrate.ts'
import { CatalogueAndEntitlements1764000000000 } from './1764000000000-catalogue-and-entitlements.ts'
import { ParkedEventsComeBack1795402510104 } from './1795402510104-parked-events-come-back.ts'
import { ForgetReasons1795403783136 } from './1795403783136-forget-reasons.ts'
import { MergedMembers1795410100001 } from './1795410100001-merged-members.ts'

/** In order; what has run is never edited. */
export const migrations: readonly Migration[] = [
  CatalogueAndEntitlements1764000000000,
  ParkedEventsComeBack1795402510104,
  ForgetReasons1795403783136,
  MergedMembers1795410100001,
]
