import { z } from 'zod'
import { defineJob, type Job } from '../../../kernel/jobs/define-job.ts'
import { rewrapDataKeys } from '../actions/data-key.ts'
import type { IdentityContext } from '../context.ts'

/** What keeps personal data as it should be, without anybody asking. */
export const privacyJobs: readonly Job<IdentityContext>[] = [
  defineJob<IdentityContext, unknown>({
    name: 'rewrap-data-keys',
    payload: z.unknown(),
    schedule: 'every day',
    run: (ctx) => rewrapDataKeys(ctx),
  }),
]
