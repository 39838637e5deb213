import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { ProgramPublished } from '../../../schema/events/ledger.ts'
import { adoptProgram } from '../actions/adopt-program.ts'
import type { CampaignsContext } from '../context.ts'

/** What happens here when something happened in the ledger. */
export const listeners: readonly Listener<CampaignsContext>[] = [
  {
    event: 'ledger.ProgramPublished',
    handle: (tx, event: RecordedEvent<string, ProgramPublished>, ctx) =>
      adoptProgram(tx, event.payload, ctx.now),
  },
]
