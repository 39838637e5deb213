import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { within } from '../deadlines.ts'
import { Counts } from './counts.ts'
import { Durations } from './durations.ts'

/** The metrics of this process. Labels come from closed lists: names of ours, codes, and operations that are known. */
export const registry = new Registry()
collectDefaultMetrics({ register: registry })

const registers = [registry]
/** From a balance that is at hand to the deadline of a request. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What clients asked the gateway, one observation a request. */
export const operationSeconds = new Durations({
  name: 'huitong_operation_seconds',
  help: 'Time to answer an operation; outcome is ok, errors (some field has one), refused (nothing was executed) or failed.',
  labelNames: ['operation', 'kind', 'outcome'] as const,
  buckets: SECONDS,
  registers,
})

export const errorsShown = new Counts({
  name: 'huitong_errors_total',
  help: 'Errors in answers of the gateway, by extensions.code.',
  labelNames: ['code'] as const,
  registers,
})

export const httpAnswers = new Counts({
  name: 'huitong_http_answers_total',
  help: 'Answers over HTTP by route and status.',
  labelNames: ['route', 'status'] as const,
  registers,
})

export const supergraphReloads = new Counts({
  name: 'huitong_supergraph_reloads_total',
  help: 'Attempts to go over to another supergraph, by outcome: ok or failed.',
  labelNames: ['outcome'] as const,
  registers,
})

export const planLookups = new Counts({
  name: 'huitong_plan_lookups_total',
  help: 'Operations executed, by whether their plan was known (hit) or had to be made (miss).',
  labelNames: ['outcome'] as const,
  registers,
})

export const answersKept = new Counts({
  name: 'huitong_answer_cache_lookups_total',
  help: 'Operations whose answer may be kept, by whether it was there (hit), at another gateway (shared, after a miss) or not (miss).',
  labelNames: ['outcome'] as const,
  registers,
})

export const answerBytes = new Gauge({
  name: 'huitong_answer_cache_bytes',
  help: 'Memory that kept answers take.',
  registers,
})

/** What the gateway and siblings asked a subgraph. */
export const subgraphSeconds = new Durations({
  name: 'huitong_subgraph_seconds',
  help: 'Time of a call to a subgraph; outcome is ok, errors or unavailable.',
  labelNames: ['subgraph', 'outcome'] as const,
  buckets: SECONDS,
  registers,
})

export const postingBatchSize = new Histogram({
  name: 'huitong_posting_batch_size',
  help: 'Commands posted together in one transaction.',
  buckets: [1, 2, 5, 10, 25, 50, 100, 250],
  registers,
})

export const eventsHandled = new Counts({
  name: 'huitong_events_handled_total',
  help: 'Events that have taken effect, by the subgraph that reads and the one that published.',
  labelNames: ['subgraph', 'source'] as const,
  registers,
})

export const jobSeconds = new Durations({
  name: 'huitong_job_seconds',
  help: 'Time of a run of a job; outcome is ok or failed.',
  labelNames: ['subgraph', 'job', 'outcome'] as const,
  buckets: [0.01, 0.1, 1, 10, 60, 600],
  registers,
})

const gauge = (name: string, help: string, labelNames: readonly string[]) =>
  new Gauge({ name, help, labelNames: [...labelNames], registers })

/** What is looked up when somebody asks for the metrics. */
export const gauges = {
  poolInUse: gauge('huitong_pool_in_use', 'Database connections at work.', ['subgraph']),
  poolIdle: gauge('huitong_pool_idle', 'Database connections that are open and free.', ['subgraph']),
  poolWaiting: gauge('huitong_pool_waiting', 'Callers that wait for a connection.', ['subgraph']),
  eventLag: gauge(
    'huitong_event_lag_seconds',
    'For how long a reader of events has been behind; 0: it is not.',
    ['subgraph', 'source'],
  ),
  eventsParked: gauge('huitong_events_parked', 'Events whose handler kept failing.', ['subgraph']),
  jobLag: gauge('huitong_job_lag_seconds', 'For how long the oldest job that is due has waited.', [
    'subgraph',
  ]),
  jobsFailed: gauge(
    'huitong_jobs_failed',
    'Jobs that have failed and are waiting for another try, or gave up.',
    ['subgraph'],
  ),
  subscriptions: gauge('huitong_subscriptions', 'Subscriptions that are open.', []),
} as const

type Probe = () => Promise<void> | void
const probes = new Set<Probe>()

/** `probe` sets its gauges before each answer; answers how to stop that. */
export function probeBefore(probe: Probe): () => void {
  probes.add(probe)
  return () => void probes.delete(probe)
}

/** A pool that is used up, or a sibling that is away, must not keep the rest from being told. */
const PROBES_MS = 2_000

/** The text that Prometheus reads. A probe that fails leaves its gauges as they were. */
export async function metricsText(): Promise<string> {
  const probed = Promise.allSettled([...probes].map(async (probe) => probe()))
  await within(PROBES_MS, probed, () => new Error('too late')).catch(() => {})
  return registry.metrics()
}

/** Starts a stopwatch; it answers seconds. */
export function stopwatch(): () => number {
  const from = performance.now()
  return () => (performance.now() - from) / 1_000
}
