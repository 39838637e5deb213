import { afterAll, beforeAll, expect, test } from 'vitest'
import { metricsText } from '../../kernel/telemetry/metrics.ts'
import { openMetricsServer } from '../../kernel/telemetry/metrics-route.ts'
import { OperationNames } from '../../kernel/telemetry/operation-names.ts'
import { openEverything } from '../helpers/everything.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

let everything: Awaited<ReturnType<typeof openEverything>>

beforeAll(async () => {
  everything = await openEverything()
})
afterAll(() => everything?.[Symbol.asyncDispose]())

/** The value of a metric with such labels, or undefined. */
function metric(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const line = text
    .split('\n')
    .find(
      (candidate) =>
        new RegExp(`^${name}[ {]`).test(candidate) &&
        Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`)),
    )
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

const read = async () => (await everything.all.server.inject('/metrics')).body

test('an operation, the subgraphs it asked, its plan and its posting are counted', async () => {
  const clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  const before = await read()
  const grown = (after: string, name: string, labels: Record<string, string>) =>
    (metric(after, name, labels) ?? 0) - (metric(before, name, labels) ?? 0)
  for (const phone of ['13800138001', '13800138002']) {
    await everything.ask(
      clerk,
      `mutation SellSomething($phone: String!) {
        registerMember(input: { channel: STORE, proofs: [{ asserted: { kind: PHONE, value: $phone } }] }) { created }
        recordPurchase(input: { channel: "store", document: $phone, member: { identity: { kind: "PHONE", value: $phone } }, lines: [{ amount: "10" }] }) { purchase { points } }
      }`,
      { phone },
      { prefer: 'wait=5' },
    )
  }
  const { errors } = await everything.tryAsk(clerk, 'query NoSuch { nothing }')
  expect(errors).toHaveLength(1)

  const after = await read()
  const sold = { operation: 'SellSomething', kind: 'mutation', outcome: 'ok' }
  expect(grown(after, 'huitong_operation_seconds_count', sold)).toBe(2)
  expect(grown(after, 'huitong_operation_seconds_sum', sold)).toBeGreaterThan(0)
  expect(
    grown(after, 'huitong_subgraph_seconds_count', { subgraph: 'ledger', outcome: 'ok' }),
  ).toBeGreaterThanOrEqual(2)
  expect(grown(after, 'huitong_plan_lookups_total', { outcome: 'miss' })).toBe(1)
  expect(grown(after, 'huitong_plan_lookups_total', { outcome: 'hit' })).toBeGreaterThanOrEqual(1)
  expect(grown(after, 'huitong_posting_batch_size_count', {})).toBe(2)
  expect(grown(after, 'huitong_errors_total', { code: 'BAD_USER_INPUT' })).toBeGreaterThanOrEqual(1)
  expect(
    grown(after, 'huitong_http_answers_total', { route: '/graphql', status: '200' }),
  ).toBeGreaterThanOrEqual(2)
  expect(metric(after, 'process_cpu_seconds_total')).toBeGreaterThan(0)
  expect(after).not.toContain('13800138001')
})

test('pools, readers of events and jobs are looked up when the metrics are read', async () => {
  const text = await read()
  for (const subgraph of ['identity', 'ledger', 'benefits', 'campaigns']) {
    expect(metric(text, 'huitong_pool_waiting', { subgraph })).toBe(0)
    expect(metric(text, 'huitong_pool_idle', { subgraph })).toBeGreaterThan(0)
    expect(metric(text, 'huitong_events_parked', { subgraph })).toBe(0)
    expect(metric(text, 'huitong_job_lag_seconds', { subgraph })).toBe(0)
  }
  expect(metric(text, 'huitong_event_lag_seconds', { subgraph: 'benefits', source: 'ledger' })).toBe(0)
})

test('an event that nobody reads yet and a job that fails show', async () => {
  await everything.sql(
    `insert into ledger.event (type, occurred_at, payload) values ('ledger.Nothing', now(), '{}')`,
  )
  await everything.sql(
    `select ledger_jobs.add_job('settle-due', '{}'::json, run_at => now() - interval '90 seconds')`,
  )
  const text = await metricsText()
  expect(
    metric(text, 'huitong_event_lag_seconds', { subgraph: 'benefits', source: 'ledger' }),
  ).toBeGreaterThan(0)
  expect(metric(text, 'huitong_job_lag_seconds', { subgraph: 'ledger' })).toBeGreaterThan(80)
})

test('names that callers make up do not make time series without end', () => {
  const names = new OperationNames(['MemberHome'])
  const labels = new Set(Array.from({ length: 10_000 }, (_, i) => names.labelOf(`Op${i}`, true)))
  expect(labels.size).toBe(101)
  expect(names.labelOf('MemberHome', true)).toBe('MemberHome')
  expect(names.labelOf('Fresh', true)).toBe('other')
  expect(new OperationNames().labelOf('NeverRan', false)).toBe('other')
})

test('production shows its metrics to who bears the token, and to nobody where none is set', async () => {
  await using closed = await openFakeGateway({ mode: 'production' })
  expect((await closed.server.inject('/metrics')).statusCode).toBe(404)

  const token = 'a token of some length'
  await using open = await openFakeGateway({ mode: 'production', metricsToken: token })
  const statusFor = async (authorization?: string) =>
    (await open.server.inject({ url: '/metrics', headers: authorization ? { authorization } : {} }))
      .statusCode
  expect(await statusFor()).toBe(401)
  expect(await statusFor('Bearer wrong')).toBe(401)
  expect(await statusFor(`Bearer ${token}`)).toBe(200)
})

test('a port of its own serves metrics and nothing else', async () => {
  const [port] = await (await import('./fakes/spawn-part.ts')).freePorts(1)
  await using _ = await openMetricsServer({ host: '127.0.0.1', metrics: { port, token: undefined } })
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST' })).status).toBe(404)
})
