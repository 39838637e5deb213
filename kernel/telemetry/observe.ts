import { eventsHandled, gauges, jobSeconds, probeBefore, stopwatch, subgraphSeconds } from './metrics.ts'
import { failSpan, isTracing, withSpan } from './trace.ts'

interface Answered {
  readonly errors?: readonly unknown[]
}

/** A call to a subgraph, as who calls sees it; at once, where the subgraph answers at once. */
export function observeCall<Answer extends Answered>(
  subgraph: string,
  call: () => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  const began = performance.now()
  let answer: Answer | Promise<Answer>
  try {
    answer = isTracing() ? traced(subgraph, call) : call()
  } catch (error) {
    return failed(subgraph, began, error)
  }
  return answer instanceof Promise
    ? answer.then(
        (one) => answered(subgraph, began, one),
        (error: unknown) => failed(subgraph, began, error),
      )
    : answered(subgraph, began, answer)
}

const traced = <Answer extends Answered>(
  subgraph: string,
  call: () => Answer | Promise<Answer>,
): Promise<Answer> =>
  withSpan(subgraph, { kind: 'client' }, async (span) => {
    const answer = await call()
    if (answer.errors) failSpan(span, 'graphql')
    return answer
  })

function answered<Answer extends Answered>(subgraph: string, began: number, answer: Answer): Answer {
  const outcome = answer.errors ? 'errors' : 'ok'
  subgraphSeconds.observe({ subgraph, outcome }, (performance.now() - began) / 1_000)
  return answer
}

function failed(subgraph: string, began: number, error: unknown): never {
  subgraphSeconds.observe({ subgraph, outcome: 'unavailable' }, (performance.now() - began) / 1_000)
  throw error
}

/** An event that takes effect; it begins a trace of its own. */
export function observeEvent<T>(
  { subgraph, source, type }: { subgraph: string; source: string; type: string },
  handle: () => Promise<T>,
): Promise<T> {
  return withSpan(type, { kind: 'consumer', attributes: { subgraph } }, async () => {
    const handled = await handle()
    eventsHandled.inc({ subgraph, source })
    return handled
  })
}

/** A job whose runs are counted, timed and traced. */
export const observedJob = <
  Ctx,
  Payload,
  J extends { name: string; run(ctx: Ctx, payload: Payload): Promise<void> },
>(
  subgraph: string,
  job: J & { run(ctx: Ctx, payload: Payload): Promise<void> },
): J => ({
  ...job,
  run: (ctx: Ctx, payload: Payload) => {
    const seconds = stopwatch()
    return withSpan(`job ${job.name}`, { attributes: { subgraph } }, async () => {
      let outcome = 'failed'
      try {
        await job.run(ctx, payload)
        outcome = 'ok'
      } finally {
        jobSeconds.observe({ subgraph, job: job.name, outcome }, seconds())
      }
    })
  },
})

interface Observed {
  readonly name: string
  readonly db: {
    readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number }
    query<Row extends object>(sql: string): Promise<Row[]>
  }
  readonly jobSchema: string
  readonly consumers: readonly {
    readonly reader: string
    readonly consumer: { lagSeconds(): Promise<number> }
  }[]
}

/** What a mounted subgraph is asked when somebody reads the metrics; answers how to stop that. */
export function probeSubgraph({ name: subgraph, db, jobSchema, consumers }: Observed): () => void {
  const stops = [
    probeBefore(() => {
      const { totalCount, idleCount, waitingCount } = db.pool
      gauges.poolInUse.set({ subgraph }, totalCount - idleCount)
      gauges.poolIdle.set({ subgraph }, idleCount)
      gauges.poolWaiting.set({ subgraph }, waitingCount)
    }),
    ...consumers.map(({ reader: source, consumer }) =>
      probeBefore(async () => gauges.eventLag.set({ subgraph, source }, await consumer.lagSeconds())),
    ),
    probeBefore(async () => {
      const [row] = await db.query<{ parked: number }>(
        '/* countParkedEvents */ select count(*)::int as parked from parked_event',
      )
      gauges.eventsParked.set({ subgraph }, row!.parked)
    }),
    probeBefore(async () => {
      const [row] = await db.query<{ lag: number; failed: number }>(
        `/* jobState */
         select
           coalesce(extract(epoch from now() - min(run_at) filter (
             where run_at < now() and locked_at is null and attempts < max_attempts
           )), 0)::float8 as lag,
           count(*) filter (where last_error is not null)::int as failed
         from ${jobSchema}.jobs`,
      )
      gauges.jobLag.set({ subgraph }, row!.lag)
      gauges.jobsFailed.set({ subgraph }, row!.failed)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
