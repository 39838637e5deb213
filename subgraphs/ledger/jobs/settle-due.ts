import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { settleDue } from '../actions/settle-due.ts'
import type { LedgerContext } from '../context.ts'

/** Expires lots and reviews tiers that fell due. Late is harmless: nothing that ran out can be spent meanwhile. */
export const settleDueJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'settle-due',
  payload: z.strictObject({}),
  schedule: 'every hour',
  run: async (ctx) => {
    const settled = await settleDue(ctx)
    ctx.log.debug({ settled }, 'settled what was due')
  },
})
