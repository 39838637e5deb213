import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readColumnMap } from '../../../cli/import/column-map.ts'
import { importPurchases } from '../../../cli/import/import-purchases.ts'
import { inspectFile } from '../../../cli/import/purchase-file.ts'
import type { Deployment } from '../../../cli/open-deployment.ts'
import type { Config } from '../../../kernel/config.ts'
import { admin, openGraph, service, type TestGraph } from '../../helpers/graph.ts'
import { superMember } from '../open-ledger.ts'

const REGISTER = `mutation M($input: RegisterMembersInput!) {
  registerMembers(input: $input) { members { memberId } refusal { code } }
}`
const ONE = `mutation One($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) { duplicate purchase { id points growth } refusal { code } }
}`
const MANY = `mutation Many($input: RecordPurchasesInput!) {
  recordPurchases(input: $input) { results { duplicate purchase { id points growth } refusal { code } } }
}`
const SOURCE = 'pos'
const CHANNEL = 'store'

interface Answer {
  readonly duplicate: boolean
  readonly purchase: { readonly id: string; readonly points: number; readonly growth: number } | null
  readonly refusal: { readonly code: string } | null
}

/** One order as it is known to every road: member by the till's own number, day, amount, article. */
interface Sale {
  readonly buyer: string
  readonly bill: string
  readonly day: string
  readonly amount: string
}

let graph: TestGraph
let folder: string

beforeAll(async () => {
  graph = await openGraph({ subgraphs: ['ledger', 'identity'], now: '2026-03-01T04:00:00Z' })
  await graph.ask(admin, 'mutation P($d: String!) { publishProgram(document: $d) { refusal { code } } }', {
    d: superMember,
  })
  folder = await mkdtemp(join(tmpdir(), 'huitong-channels-'))
})
afterAll(async () => {
  await graph[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Noon of the day in Shanghai: so an import reads a day without a time. */
const inputOf = ({ buyer, bill, day, amount }: Sale) => ({
  member: { identity: { kind: 'EXTERNAL', scope: SOURCE, value: buyer } },
  channel: CHANNEL,
  document: bill,
  occurredAt: `${day}T04:00:00Z`,
  lines: [{ sku: 'A-1', category: 'shoes', amount }],
})

async function viaApi(sale: Sale): Promise<Answer> {
  const answer = await graph.ask<{ recordPurchase: Answer }>(admin, ONE, { input: inputOf(sale) })
  return answer.recordPurchase
}

/** A till that was off-line hands in what it has, more than once as far as it knows. */
async function viaOfflineBatch(sale: Sale): Promise<Answer> {
  const other = { ...sale, bill: `${sale.bill} of the same batch` }
  const { recordPurchases } = await graph.ask<{ recordPurchases: { results: Answer[] } }>(admin, MANY, {
    input: { purchases: [inputOf(other), inputOf(sale), inputOf(sale)] },
  })
  const [, first, again] = recordPurchases.results
  expect({ ...again!, duplicate: true }).toEqual({ ...first!, duplicate: true })
  return first!
}

/** What the importer told of its purchase is what the ledger answered it. */
async function viaFile(sale: Sale): Promise<Answer> {
  const path = join(folder, `${sale.bill}.csv`)
  await writeFile(
    path,
    `buyer,bill,day,amount,sku,category\n${sale.buyer},${sale.bill},${sale.day},${sale.amount},A-1,shoes\n`,
  )
  let answer: Answer | undefined
  const deployment: Deployment = {
    config: { dataDir: folder } as Config,
    name: 'this test',
    async request<Data>(
      to: 'identity' | 'ledger',
      document: string,
      variables: Record<string, unknown> = {},
    ) {
      const asked = document.replace('purchase { points }', 'purchase { id points growth }')
      const data = await graph.ask<Data>(service('importer'), asked, variables, to)
      const recorded = data as { recordPurchases?: { results: Answer[] } }
      if (recorded.recordPurchases) answer = recorded.recordPurchases.results[0]
      return data
    },
    close: async () => {},
  } as Deployment
  const { exitCode } = await importPurchases(deployment, {
    file: await inspectFile(path, { separator: undefined, hasHeader: true }),
    map: readColumnMap('member=buyer,date=day,document=bill,amount=amount,sku=sku,category=category'),
    program: 'super-member',
    source: SOURCE,
    channel: CHANNEL,
    batch: 100,
    lanes: 1,
    badLines: join(folder, `${sale.bill}.bad.csv`),
    again: true,
    clock: graph.clock,
    terminal: new PassThrough() as never,
    say: () => {},
    stop: new AbortController().signal,
  })
  expect(exitCode).toBe(0)
  return answer!
}

const roads = { api: viaApi, file: viaFile, batch: viaOfflineBatch } as const
type Road = keyof typeof roads

const orders: Road[][] = [
  ['api', 'file', 'batch'],
  ['api', 'batch', 'file'],
  ['file', 'api', 'batch'],
  ['file', 'batch', 'api'],
  ['batch', 'api', 'file'],
  ['batch', 'file', 'api'],
]

let sales = 0
async function newSale(): Promise<Sale> {
  const number = ++sales
  const sale = { buyer: `buyer-${number}`, bill: `bill-${number}`, day: '2026-02-14', amount: '1234.56' }
  const members = [
    { identity: { kind: 'EXTERNAL', scope: SOURCE, value: sale.buyer }, joinedAt: '2026-01-01T00:00:00Z' },
  ]
  const { registerMembers } = await graph.ask<{ registerMembers: { refusal: unknown } }>(
    admin,
    REGISTER,
    { input: { source: SOURCE, members } },
    'identity',
  )
  expect(registerMembers.refusal).toBeNull()
  return sale
}

const check = async () => {
  const { ledgerCheck } = await graph.ask<{ ledgerCheck: { entries: number; violations: object[] } }>(
    admin,
    '{ ledgerCheck { entries violations { check detail } } }',
  )
  return ledgerCheck
}

/** That of the sale, and that of the other one in the till's batch. */
const ENTRIES_OF_A_SALE = 2

describe('the same order by API, by file and from a till that was off-line', () => {
  test.each(orders.map((order) => [order.join(', '), order] as const))(
    '%s: recorded once, the same answer to all',
    async (_, order) => {
      const sale = await newSale()
      const before = (await check()).entries
      const answers: Answer[] = []
      for (const road of order) answers.push(await roads[road](sale))
      expect(answers[0]).toMatchObject({ duplicate: false, refusal: null, purchase: { points: 1234 } })
      for (const answer of answers.slice(1)) expect(answer).toEqual({ ...answers[0]!, duplicate: true })
      expect(await check()).toEqual({ entries: before + ENTRIES_OF_A_SALE, violations: [] })
    },
  )

  test('all at the same moment: recorded once, the same answer to all', async () => {
    for (let round = 0; round < 5; round++) {
      const sale = await newSale()
      const before = (await check()).entries
      const answers = await Promise.all(orders[round]!.map((road) => roads[road](sale)))
      expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
      for (const answer of answers)
        expect({ ...answer, duplicate: true }).toEqual({ ...answers[0]!, duplicate: true })
      expect(await check()).toEqual({ entries: before + ENTRIES_OF_A_SALE, violations: [] })
    }
  })

  test.each(Object.keys(roads) as Road[])('first by %s, then with another amount: refused', async (first) => {
    const sale = await newSale()
    expect(await roads[first](sale)).toMatchObject({ refusal: null })
    const before = await check()
    expect(await viaApi({ ...sale, amount: '1234.57' })).toMatchObject({
      purchase: null,
      refusal: { code: 'DOCUMENT_CONFLICT' },
    })
    expect(await check()).toEqual(before)
  })
})
