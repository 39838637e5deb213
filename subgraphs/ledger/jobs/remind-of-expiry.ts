import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { remindOfExpiry } from '../actions/remind-of-expiry.ts'
import type { LedgerContext } from '../context.ts'

/** Tells of points that run out soon, so many days before as each program document says. */
export const remindOfExpiryJob = defineJob<LedgerContext, Record<string, never>>({
  name: 'remind-of-expiry',
  payload: z.strictObject({}),
  schedule: 'every hour',
  run: async (ctx) => {
    const told = await remindOfExpiry(ctx)
    ctx.log.debug({ told }, 'told of points that run out soon')
  },
})
