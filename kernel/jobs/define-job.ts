import type { z } from 'zod'
import type { Tx } from '../db/transaction.ts'
import { type Instant, toIso } from '../values/instant.ts'

/** When a job comes round by itself, in UTC. */
export type Schedule = 'every minute' | 'every hour' | 'every day'

/** A name, a payload, perhaps a schedule, and a call of an action. It may run twice. */
export interface Job<Ctx, Payload = unknown> {
  readonly name: string
  readonly payload: z.ZodType<Payload>
  readonly schedule?: Schedule
  readonly run: (ctx: Ctx, payload: Payload) => Promise<void>
}

export const defineJob = <Ctx, Payload>(job: Job<Ctx, Payload>): Job<Ctx, Payload> => job

/** Puts a job in the queue, in the transaction of what it follows from. A key holds at most one waiting job. */
export async function enqueue(
  tx: Tx,
  jobSchema: string,
  job: { name: string; payload: unknown; runAt?: Instant; key?: string },
): Promise<void> {
  await tx.query(
    `select ${jobSchema}.add_job($1, payload := $2::json, run_at := $3::timestamptz, job_key := $4)`,
    [job.name, JSON.stringify(job.payload ?? {}), job.runAt ? toIso(job.runAt) : null, job.key ?? null],
  )
}
