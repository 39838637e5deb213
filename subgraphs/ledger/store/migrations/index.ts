import type { Migration } from '../../../../kernel/db/migrate.ts'
import { Books1795640400000 } from './20261125T2100-books.ts'
import { ConductAndPartners1795645800000 } from './1795645800000-conduct-and-partners.ts'

/** In the order of their application. */
export const migrations: readonly Migration[] = [Books1795640400000, ConductAndPartners1795645800000]
