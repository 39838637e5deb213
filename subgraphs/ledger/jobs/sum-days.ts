import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { sumPastDays } from '../actions/sum-days.ts'
import type { LedgerContext } from '../context.ts'

/** Adds to the sums of days what was recorded in those that are over. */
export const sumDaysJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'sum-days',
  payload: z.strictObject({}),
  schedule: 'every day',
  run: (ctx) => sumPastDays(ctx),
})
