import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { bringHome } from '../actions/bring-home.ts'
import { forwardLeftBehind } from '../actions/merge-member.ts'
import type { LedgerContext } from '../context.ts'

/**
 * What was held or pending when its member was merged follows when it is released or has matured; what leaves for a member that
 * came out again arrives.
 */
export const forwardLeftBehindJob = defineJob<LedgerContext, unknown>({
  name: 'forward-left-behind',
  payload: z.unknown(),
  schedule: 'every minute',
  async run(ctx) {
    await forwardLeftBehind(ctx)
    await bringHome(ctx)
  },
})
