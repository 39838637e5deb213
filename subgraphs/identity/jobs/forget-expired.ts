import { z } from 'zod'
import { defineJob } from '../../../kernel/jobs/define-job.ts'
import { forgetExpired } from '../actions/forget-expired.ts'
import type { IdentityContext } from '../context.ts'

export const forgetExpiredJob = defineJob({
  name: 'forget-expired',
  payload: z.unknown(),
  schedule: 'every day',
  run: (ctx: IdentityContext) => forgetExpired(ctx),
})
