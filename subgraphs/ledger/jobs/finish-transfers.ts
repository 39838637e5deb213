import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { finishTransfers } from '../actions/finish-transfers.ts'
import type { LedgerContext } from '../context.ts'

/** Brings points that a crash left in transit to where they go. */
export const finishTransfersJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'finish-transfers',
  payload: z.strictObject({}),
  schedule: 'every minute',
  run: async (ctx) => {
    const finished = await finishTransfers(ctx)
    if (finished > 0) ctx.log.info({ finished }, 'finished transfers that were left under way')
  },
})
