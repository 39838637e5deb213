import { type Runner, run, Logger as WorkerLogger } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../log.ts'
import type { Job } from './define-job.ts'
import { crontabLine } from './schedule.ts'

/** Runs a subgraph's jobs on graphile-worker, in the subgraph's own job schema. */
export async function startJobs<Ctx>(options: {
  jobs: readonly Job<Ctx>[]
  context: () => Ctx
  pool: pg.Pool
  schema: string
  log: Logger
  concurrency?: number
}): Promise<Runner> {
  const { jobs, context, log } = options
  return run({
    pgPool: options.pool,
    schema: options.schema,
    concurrency: options.concurrency ?? 1,
    noHandleSignals: true,
    logger: new WorkerLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') log.warn({ message }, 'job runner')
      else log.trace({ message }, 'job runner')
    }),
    taskList: Object.fromEntries(
      jobs.map((job) => [job.name, async (payload: unknown) => runJob(job, context(), payload)]),
    ),
    crontab: jobs
      .filter((job) => job.schedule !== undefined)
      .map((job) => crontabLine(job.name, job.schedule!))
      .join('\n'),
  })
}

/** A payload is checked before its job begins. */
export async function runJob<Ctx>(job: Job<Ctx>, ctx: Ctx, payload: unknown): Promise<void> {
  // graphile-worker adds `_cron` to the payload of scheduled jobs.
  const { _cron, ...rest } = (payload ?? {}) as Record<string, unknown>
  await job.run(ctx, job.payload.parse(rest))
}
