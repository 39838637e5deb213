import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { carryOutTierRuns } from '../actions/apply-tiers.ts'
import type { LedgerContext } from '../context.ts'

/** Decides the tiers of all members anew where that was asked for. */
export const applyTiersJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'apply-tiers',
  payload: z.strictObject({}),
  schedule: 'every minute',
  run: carryOutTierRuns,
})
