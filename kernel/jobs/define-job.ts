import type { z } from 'zod'

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
