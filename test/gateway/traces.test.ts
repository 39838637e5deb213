import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLog } from '../../kernel/log.ts'
import { exportTracesTo } from '../../kernel/telemetry/export-traces.ts'
import { openApart } from '../helpers/apart.ts'

const exporter = new InMemorySpanExporter()
const lines: string[] = []
const PHONE = '13812349876'
const NAME = 'Wu Meihua'
let apart: Awaited<ReturnType<typeof openApart>>
let spans: ReadableSpan[]
let clerk: string
let memberId: string

const TRACE = '0af7651916cd43dd8448eb211c80319c'

beforeAll(async () => {
  apart = await openApart({
    log: openLog({ level: 'trace', name: 'test' }, { write: (line) => void lines.push(line) }),
  })
  const tracing = await exportTracesTo(exporter, { service: 'test', ratio: 1, edge: true })
  clerk = (await apart.token({ kind: 'clerk', store: 'store-1' })).token
  const admin = (await apart.token({ kind: 'admin' })).token

  const { data } = await apart.ask(
    clerk,
    `mutation Register($phone: String!) {
      registerMember(input: { channel: STORE, proofs: [{ asserted: { kind: PHONE, value: $phone } }] }) { member { id } }
    }`,
    { phone: PHONE },
    { traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
  )
  memberId = (data as { registerMember: { member: { id: string } } } | null)!.registerMember.member.id
  const updated = await apart.ask(
    admin,
    `mutation ($memberId: ID!, $name: String!) {
      updateProfile(input: { memberId: $memberId, profile: { name: $name } }) { member { id } refusal { code } }
    }`,
    { memberId, name: NAME },
  )
  expect(updated).toEqual({ data: { updateProfile: { member: { id: memberId }, refusal: null } } })
  await apart.ask(
    clerk,
    `query Look($phone: String!) {
      memberBy(identity: { kind: PHONE, value: $phone }) { number account { points { available } } nothing }
    }`,
    { phone: PHONE },
  )
  await apart.ask(
    clerk,
    'query Look($phone: String!) { memberBy(identity: { kind: PHONE, value: $phone }) { number account { points { available } } } }',
    { phone: PHONE },
  )
  await apart.stop('benefits')
  await apart.ask(clerk, `query { member(id: "${memberId}") { entitlements { edges { node { id } } } } }`)
  spans = await new Promise((resolve) => {
    // Shutting down sends what is left, and would empty the exporter; keep what it had.
    exporter.shutdown = async () => resolve([...exporter.getFinishedSpans()])
    void tracing[Symbol.asyncDispose]()
  })
})
afterAll(() => apart?.[Symbol.asyncDispose]())

const parentOf = (span: ReadableSpan): ReadableSpan | undefined =>
  spans.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId)

test('one trace goes from the caller through the gateway and a subgraph to each statement', () => {
  const registering = spans.filter((span) => span.spanContext().traceId === TRACE)
  const statement = registering.find((span) => span.attributes['db.system.name'] === 'postgresql')!
  expect(statement.name).toMatch(/^[a-zA-Z]+$/)
  const served = parentOf(statement)!
  expect(served.attributes).toMatchObject({ subgraph: 'identity' })
  const call = parentOf(served)!
  expect(call.name).toBe('identity')
  const root = parentOf(call)!
  expect(root.name).toBe('POST /graphql')
  expect(root.attributes).toMatchObject({ 'graphql.operation.name': 'Register', caller: 'staff' })
  expect(root.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
})

test('a question to two subgraphs is one trace', () => {
  const root = spans.find(
    (span) =>
      span.attributes['graphql.operation.name'] === 'Look' &&
      span.attributes['graphql.operation.type'] === 'query',
  )!
  const names = spans
    .filter((span) => span.spanContext().traceId === root.spanContext().traceId)
    .map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['POST /graphql', 'identity', 'ledger']))
})

test('a subgraph that is down is a failed span, and a line of the log that bears its trace', () => {
  const failed = spans.find((span) => span.name === 'benefits')!
  expect(failed.status.code).toBe(2)
  const line = lines
    .map((text) => JSON.parse(text))
    .find(({ subgraph, msg }) => subgraph === 'benefits' && msg)!
  expect(line.traceId).toBe(failed.spanContext().traceId)
})

test('neither spans nor logs hold a phone, a name or a token', () => {
  const told = [
    ...lines,
    ...spans.map(({ name, attributes, status, events }) =>
      JSON.stringify({ name, attributes, status, events }),
    ),
  ]
  expect(spans.length).toBeGreaterThan(20)
  expect(lines.length).toBeGreaterThan(3)
  for (const secret of [PHONE, PHONE.slice(3), NAME, 'Meihua', clerk, clerk.split('.')[2]!, 'eyJ']) {
    expect(told.filter((text) => text.includes(secret))).toEqual([])
  }
})

test('without a tracer nothing is made', async () => {
  const before = exporter.getFinishedSpans().length
  await apart.ask(clerk, `query { member(id: "${memberId}") { id } }`)
  expect(exporter.getFinishedSpans()).toHaveLength(before)
})
