import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { findProgram, saveProgram } from '../../../kernel/programs/known-programs.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { ProgramPublished } from '../../../schema/events/ledger.ts'
import { saveBenefits } from '../store/benefits.ts'

/** Takes over what a new version of a programme says of benefits, and tells so. An older version changes nothing. */
export async function adoptProgram(tx: Tx, published: ProgramPublished, now: Instant): Promise<void> {
  const { program, version, timeZone, benefits } = published
  const current = await findProgram(tx.query, program)
  if (current && current.version >= version) return
  await saveBenefits(tx, program, version, benefits)
  await saveProgram(tx, { slug: program, version, timeZone })
  await publish(tx, [{ type: 'benefits.ProgramAdopted', occurredAt: now, payload: { program, version } }])
}
