import type { Migration } from '../../../../kernel/db/migrate.ts'
import { Books1795640400000 } from './20261125T2100-books.ts'
import { HoldsAndReturns1795644000000 } from './20261125T2200-holds-and-returns.ts'
import { TiersAndStanding1795651200000 } from './20261126T0000-tiers-and-standing.ts'
import { SyncedBalances1796007600000 } from './20261130T0300-synced-balances.ts'
import { ConductAndPartners1795645800000 } from './1795645800000-conduct-and-partners.ts'
import { KindsTogether1795646700000 } from './1795646700000-kinds-together.ts'
import { MergedMembers1795650100001 } from './1795650100001-merged-members.ts'
import { SidesOfKinds1795650160000 } from './1795650160000-sides-of-kinds.ts'
import { CorrectionsOfGrowth1796000000000 } from './1796000000000-corrections-of-growth.ts'
import { Homeward1796009000000 } from './1796009000000-homeward.ts'
import { DaySums1796011000000 } from './1796011000000-day-sums.ts'
import { CorrectionsBesideAFormerVersion1796012000000 } from './1796012000000-corrections-beside-a-former-version.ts'
import { AccountStandsAtOnce1796013000000 } from './1796013000000-account-stands-at-once.ts'
import { DocumentsInEntries1796014000000 } from './1796014000000-documents-in-entries.ts'

/** In the order of their application. */
export const migrations: readonly Migration[] = [
  Books1795640400000,
  HoldsAndReturns1795644000000,
  ConductAndPartners1795645800000,
  KindsTogether1795646700000,
  MergedMembers1795650100001,
  SidesOfKinds1795650160000,
  TiersAndStanding1795651200000,
  CorrectionsOfGrowth1796000000000,
  SyncedBalances1796007600000,
  Homeward1796009000000,
  DaySums1796011000000,
  CorrectionsBesideAFormerVersion1796012000000,
  AccountStandsAtOnce1796013000000,
  DocumentsInEntries1796014000000,
]
