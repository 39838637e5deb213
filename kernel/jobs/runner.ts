import { setTimeout as delay } from 'node:timers/promises'
import { type Runner, run, Logger as WorkerLogger } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from '../log.ts'
import type { Job } from './define-job.ts'
import { crontabLine } from './schedule.ts'

/** Before a runner that could not start is started again. */
const RESTART_MS = 5_000

export interface JobRunner {
  /** Lets the jobs that run come to their end. */
  stop(): Promise<void>
}

/**
 * Runs a subgraph's jobs on graphile-worker, in the subgraph's own job schema.
 *
 * graphile-worker announces its migrations to the whole database, and a runner that hears of one stops, also if it
 * was for the schema of a sibling that has just been started. So a runner that stops by itself is started again; it
 * checks its own schema then, and refuses if that is too new.
 */
export async function startJobs<Ctx>(options: RunnerOptions<Ctx>): Promise<JobRunner> {
  const { log } = options
  const stopping = new AbortController()
  let runner: Runner | undefined = await startRunner(options)

  const keepRunning = async () => {
    for (;;) {
      await runner?.promise.catch((error) => log.error({ error }, 'the job runner failed'))
      runner = undefined
      if (stopping.signal.aborted) return
      try {
        runner = await startRunner(options)
        if (stopping.signal.aborted) await runner.stop()
      } catch (error) {
        log.error({ error }, 'the job runner cannot be started')
        await delay(RESTART_MS, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }
  const ended = keepRunning()

  return {
    async stop() {
      stopping.abort()
      await runner?.stop().catch(() => {}) // It may be stopping by itself right now.
      await ended
    },
  }
}

interface RunnerOptions<Ctx> {
  jobs: readonly Job<Ctx>[]
  context: () => Ctx
  pool: pg.Pool
  schema: string
  log: Logger
  concurrency?: number
}

async function startRunner<Ctx>(options: RunnerOptions<Ctx>): Promise<Runner> {
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
