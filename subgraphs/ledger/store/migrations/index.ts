import type { Migration } from '../../../../kernel/db/migrate.ts'
import { Books1795338000000 } from './20261122T0900-books.ts'
import { ParkedEventsComeBack1795402510103 } from './1795402510103-parked-events-come-back.ts'
import { CountersAndActivities1795405200001 } from './1795405200001-counters-and-activities.ts'

/** In the order of their application. */
export const migrations: readonly Migration[] = [
  Books1795338000000,
  ParkedEventsComeBack1795402510103,
  CountersAndActivities1795405200001,
]
