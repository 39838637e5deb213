import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { finishAdjustments } from '../actions/carry-out-adjustment.ts'
import type { LedgerContext } from '../context.ts'

/** Posts corrections that were approved before a crash, and ends requests that nobody has decided. */
export const finishAdjustmentsJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'finish-adjustments',
  payload: z.strictObject({}),
  schedule: 'every hour',
  run: async (ctx) => {
    const posted = await finishAdjustments(ctx)
    if (posted > 0) ctx.log.info({ posted }, 'posted corrections that were left approved')
  },
})
