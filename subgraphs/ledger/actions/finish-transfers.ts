import { later } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { transfersUnderWay } from '../store/transfers.ts'
import { finishTransfer } from './transfer-points.ts'

const LIMIT = 500
/** Whoever asked may be at it still. */
const UNDISTURBED_MS = 60_000

/** Finishes transfers that a crash left between two accounts. Answers how many are at their end now. */
export async function finishTransfers(ctx: LedgerContext): Promise<number> {
  const programs = await ctx.services.programs.current()
  let finished = 0
  for (const transfer of await transfersUnderWay(ctx.db.query, later(ctx.now, -UNDISTURBED_MS), LIMIT)) {
    const program = programs.find(({ key }) => key === transfer.programKey)
    if (!program) continue
    try {
      await finishTransfer(ctx, program, transfer)
      finished += 1
    } catch (error) {
      ctx.log.error({ error, transfer: transfer.id }, 'a transfer could not be finished')
    }
  }
  return finished
}
