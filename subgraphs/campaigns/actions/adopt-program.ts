import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { findProgram, saveProgram } from '../../../kernel/programs/known-programs.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { ProgramPublished } from '../../../schema/events/ledger.ts'
import { changedMultipliers } from '../domain/multipliers.ts'
import { currentCampaigns, saveCampaigns, withdrawOlder } from '../store/campaigns.ts'

/** Takes over the campaigns of a new version of a programme, and tells so, and which multipliers changed by it. */
export async function adoptProgram(tx: Tx, published: ProgramPublished, now: Instant): Promise<void> {
  const { program, version, timeZone } = published
  const known = await findProgram(tx.query, program)
  if (known && known.version >= version) return

  const before = await currentCampaigns(tx.query, program)
  const after = published.campaigns.map((definition) => ({
    program,
    timeZone,
    slug: definition.id,
    version,
    definition,
    withdrawnAt: undefined,
  }))
  await saveCampaigns(tx, after)
  await withdrawOlder(tx, program, version, now)
  await saveProgram(tx, { slug: program, version, timeZone })
  const changed = changedMultipliers(before, after)
  await publish(tx, [
    { type: 'campaigns.ProgramAdopted', occurredAt: now, payload: { program, version } },
    ...changed.map((payload) => ({ type: 'campaigns.MultiplierChanged', occurredAt: now, payload })),
  ])
}
