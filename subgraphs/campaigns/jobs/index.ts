import { z } from 'zod'
import { defineJob, type Job } from '../../../kernel/jobs/define-job.ts'
import { settleRewards } from '../actions/settle-reward.ts'
import type { CampaignsContext } from '../context.ts'

/** Gives the points of participations that a crash or a silent ledger left pending. */
const settleRewardsJob = defineJob<CampaignsContext, unknown>({
  name: 'settle-rewards',
  payload: z.strictObject({}),
  schedule: 'every minute',
  run: (ctx) => settleRewards(ctx),
})

export const jobs: readonly Job<CampaignsContext>[] = [settleRewardsJob]
