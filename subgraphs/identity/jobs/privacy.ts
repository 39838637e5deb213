import { z } from 'zod'
import { defineJob, type Job } from '../../../kernel/jobs/define-job.ts'
import { DAY_MS, later } from '../../../kernel/values/instant.ts'
import { rewrapDataKeys } from '../actions/data-key.ts'
import { nameStandingPhones } from '../actions/phone-aliases.ts'
import { resealTotps } from '../actions/reseal-totps.ts'
import type { IdentityContext } from '../context.ts'
import { forgetAccessRecords } from '../store/access-records.ts'

/** What keeps personal data as it should be, without anybody asking. */
export const privacyJobs: readonly Job<IdentityContext>[] = [
  defineJob<IdentityContext, unknown>({
    name: 'name-phones-by-hash',
    payload: z.unknown(),
    schedule: 'every hour',
    run: (ctx) => nameStandingPhones(ctx),
  }),
  defineJob<IdentityContext, unknown>({
    name: 'rewrap-data-keys',
    payload: z.unknown(),
    schedule: 'every day',
    async run(ctx) {
      await rewrapDataKeys(ctx)
      await resealTotps(ctx)
    },
  }),
  defineJob<IdentityContext, unknown>({
    name: 'forget-access-records',
    payload: z.unknown(),
    schedule: 'every day',
    run: ({ db, now, services }) => forgetAccessRecords(db, later(now, -services.accessRecordDays * DAY_MS)),
  }),
]
