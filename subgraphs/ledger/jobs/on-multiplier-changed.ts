import type { Listener } from '../../../kernel/subgraph.ts'
import type { MultiplierChanged } from '../../../schema/events/campaigns.ts'
import type { LedgerContext } from '../context.ts'
import { removeMultiplier, saveMultiplier } from '../store/programs.ts'

/** Keeps the list of multipliers that purchases are rated with. */
export const onMultiplierChanged: Listener<LedgerContext> = {
  event: 'campaigns.MultiplierChanged',
  async handle(tx, event) {
    const change = event.payload as MultiplierChanged
    if (change.active) await saveMultiplier(tx, change)
    else await removeMultiplier(tx, change.program, change.campaign)
  },
}
