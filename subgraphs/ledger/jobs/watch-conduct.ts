import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { watchConduct } from '../actions/watch-conduct.ts'
import type { LedgerContext } from '../context.ts'

/** Flags conduct that fits a pattern of its programme. */
export const watchConductJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'watch-conduct',
  payload: z.strictObject({}),
  schedule: 'every hour',
  run: (ctx) => watchConduct(ctx),
})
