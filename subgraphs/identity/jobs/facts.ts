import { z } from 'zod'
import { defineJob, type Job } from '../../../kernel/jobs/define-job.ts'
import { refreshDueFacts } from '../actions/refresh-facts.ts'
import { refreshAllRuleTags } from '../actions/refresh-rule-tags.ts'
import { refreshSegments } from '../actions/segments.ts'
import type { IdentityContext } from '../context.ts'

/** Facts that change because time passes, and the counts that follow from them. */
export const factJobs: readonly Job<IdentityContext>[] = [
  defineJob<IdentityContext, unknown>({
    name: 'refresh-due-facts',
    payload: z.unknown(),
    schedule: 'every hour',
    run: (ctx) => refreshDueFacts(ctx),
  }),
  defineJob<IdentityContext, unknown>({
    name: 'refresh-segments',
    payload: z.unknown(),
    schedule: 'every hour',
    run: (ctx) => refreshSegments(ctx),
  }),
  defineJob<IdentityContext, unknown>({
    name: 'refresh-rule-tags',
    payload: z.unknown(),
    schedule: 'every hour',
    run: (ctx) => refreshAllRuleTags(ctx),
  }),
]
