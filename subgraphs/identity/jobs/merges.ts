import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { settleMerges } from '../actions/carry-merge-on.ts'
import type { IdentityContext } from '../context.ts'

/** Finishes merges that a crash or a silent sibling left under way, or their undoing. */
export const settleMergesJob = defineJob<IdentityContext, unknown>({
  name: 'settle-merges',
  payload: z.unknown(),
  schedule: 'every minute',
  run: (ctx) => settleMerges(ctx),
})
