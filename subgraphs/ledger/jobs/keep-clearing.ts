import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { keepLastMonth } from '../actions/clear-month.ts'
import type { LedgerContext } from '../context.ts'

/** Keeps the clearing of a month once it is over. */
export const keepClearingJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'keep-clearing',
  payload: z.strictObject({}),
  schedule: 'every day',
  run: (ctx) => keepLastMonth(ctx),
})
