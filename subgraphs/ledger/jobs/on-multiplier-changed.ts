import type { Listener } from '../../../kernel/subgraph.ts'
import { ratioOf } from '../../../kernel/values/points.ts'
import type { MultiplierChanged } from '../../../schema/events/campaigns.ts'
import type { LedgerContext } from '../context.ts'
import { asPublished } from '../domain/program.ts'
import { removeMultiplier, saveMultiplier } from '../store/programs.ts'

/** Keeps the list of multipliers that purchases are rated with. */
export const onMultiplierChanged: Listener<LedgerContext> = {
  event: 'campaigns.MultiplierChanged',
  async handle(tx, event) {
    const change = event.payload as MultiplierChanged
    // One that cannot be read would stop every purchase; it is thrown here, where the event is parked.
    if (change.when !== null) asPublished.purchase.compile(change.when)
    ratioOf(change.factor)
    if (change.active) await saveMultiplier(tx, change, event.occurredAt)
    else await removeMultiplier(tx, change.program, change.campaign, event.occurredAt)
  },
}
