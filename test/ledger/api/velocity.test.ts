import { describe, expect, test } from 'vitest'
import { admin, clerk, operator } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { grant, type OpenLedger, purchase, record, redeem, setClock } from '../requests.ts'

const withRules = (rules: string) =>
  documentWith(
    ['minimumSpend: "100.00"', 'minimumSpend: "0.00"'],
    ['downgrade: to-fit', `downgrade: to-fit\n${rules}`],
  )

interface FlagAnswer {
  id: string
  rule: string
  subject: string
  window: string
  state: string
  evidence: { name: string; value: string }[]
  resolvedBy: string | null
}

const flags = async (ledger: OpenLedger, state?: string): Promise<FlagAnswer[]> => {
  const { ledgerFlags } = await ledger.ask<{ ledgerFlags: { edges: { node: FlagAnswer }[] } }>(
    admin,
    `query Flags($state: FlagState) {
      ledgerFlags(state: $state) { edges { node { id rule subject window state resolvedBy evidence { name value } } } }
    }`,
    { state },
  )
  return ledgerFlags.edges.map(({ node }) => node)
}
const told = (all: readonly FlagAnswer[]) =>
  all.map(({ rule, subject, window }) => `${rule} ${subject} ${window}`)

describe('a limit of speed', () => {
  test('refuses the fourth redemption of an hour, names the limit, and opens again', async () => {
    await using ledger = await openLedger({
      program: withRules('velocity: [{ id: burns-an-hour, on: redemption, per: hour, most: 3 }]'),
    })
    await grant(ledger, 'Li', 100, { idempotencyKey: 'g' })
    for (const key of ['1', '2', '3']) {
      expect((await redeem(ledger, 'Li', 10, { idempotencyKey: key })).refusal).toBeNull()
    }
    const fourth = await redeem(ledger, 'Li', 10, { idempotencyKey: '4' })
    expect(fourth.refusal).toMatchObject({
      code: 'VELOCITY_EXCEEDED',
      details: [
        { name: 'limit', value: 'burns-an-hour' },
        { name: 'most', value: '3' },
        { name: 'opensAt', value: '2026-01-10T05:00:00.000Z' },
      ],
    })
    // A repetition is no new redemption.
    expect((await redeem(ledger, 'Li', 10, { idempotencyKey: '3' })).refusal).toBeNull()
    setClock(ledger, '2026-01-10T05:00:00Z')
    expect((await redeem(ledger, 'Li', 10, { idempotencyKey: '5' })).refusal).toBeNull()
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('holds for parallel redemptions, too', async () => {
    await using ledger = await openLedger({
      program: withRules('velocity: [{ id: burns-an-hour, on: redemption, per: hour, most: 3 }]'),
    })
    await grant(ledger, 'Li', 1_000, { idempotencyKey: 'g' })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => redeem(ledger, 'Li', 10, { idempotencyKey: `k${index}` })),
    )
    expect(answers.filter(({ entry }) => entry)).toHaveLength(3)
    expect(answers.filter(({ refusal }) => refusal?.code === 'VELOCITY_EXCEEDED')).toHaveLength(17)
  })

  test('on points a day is not overshot, in a batch or by parallel calls', async () => {
    await using ledger = await openLedger({
      program: withRules('velocity: [{ id: points-a-day, on: points, per: day, most: 100 }]'),
    })
    const bill = (name: string, document: string) => purchase(name, '30', { document })
    const batch = await record(
      ledger,
      ['1', '2', '3', '4'].map((document) => bill('Li', document)),
    )
    expect(batch.map(({ purchase, refusal }) => purchase?.points ?? refusal?.code)).toEqual([
      ...[30, 30, 30],
      'VELOCITY_EXCEEDED',
    ])
    const parallel = await Promise.all(
      Array.from({ length: 10 }, (_, index) => record(ledger, [bill('Wang', `w${index}`)])),
    )
    expect(parallel.filter(([answer]) => answer!.purchase)).toHaveLength(3)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('on points a day that only flags: all is recorded, and one flag is raised', async () => {
    await using ledger = await openLedger({
      program: withRules('velocity: [{ id: points-a-day, on: points, per: day, most: 100, over: flag }]'),
    })
    const results = await record(ledger, [
      purchase('Li', '60', { document: '1' }),
      purchase('Li', '60', { document: '2' }),
      purchase('Li', '60', { document: '3' }),
      purchase('Li', '60', { document: '4' }),
      purchase('Wang', '60', { document: '5' }),
    ])
    expect(results.map((one) => one.purchase?.points)).toEqual([60, 60, 60, 60, 60])
    expect(told(await flags(ledger))).toEqual([`points-a-day member:${memberId('Li')} 2026-01-10`])
  })

  test('on purchases counts each in its own day, however late it comes', async () => {
    await using ledger = await openLedger({
      program: withRules('velocity: [{ id: bills-a-day, on: purchase, per: day, most: 2 }]'),
    })
    const of = (document: string, occurredAt: string) => purchase('Li', '1', { document, occurredAt })
    const results = await record(ledger, [
      of('1', '2026-01-08T04:00:00Z'),
      of('2', '2026-01-09T04:00:00Z'),
      of('3', '2026-01-08T05:00:00Z'),
      of('4', '2026-01-08T06:00:00Z'),
      of('5', '2026-01-09T06:00:00Z'),
    ])
    expect(results.map(({ refusal }) => refusal?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'VELOCITY_EXCEEDED',
      undefined,
    ])
  })
})

describe('a pattern', () => {
  test('one operator who acts on many members in a day', async () => {
    await using ledger = await openLedger({
      program: withRules('watch: [{ id: one-hand, pattern: many-members-one-operator, members: 3 }]'),
    })
    for (const name of ['A', 'B', 'C', 'D']) await grant(ledger, name, 10, { idempotencyKey: 'g' })
    for (const name of ['A', 'B', 'C']) await redeem(ledger, name, 1, { idempotencyKey: 'r' }, clerk())
    await ledger.runJob('watch-conduct')
    await ledger.runJob('watch-conduct')
    const found = await flags(ledger)
    expect(told(found)).toEqual(['one-hand operator:staff:admin-1 2026-01-10'])
    expect(found[0]!.evidence).toEqual([{ name: 'count', value: '4' }])
  })

  test('a burst of redemptions right after sign-up', async () => {
    await using ledger = await openLedger({
      program: withRules(
        'watch: [{ id: early, pattern: redemptions-after-sign-up, times: 2, withinHours: 24 }]',
      ),
    })
    await grant(ledger, 'Old', 100, { idempotencyKey: 'g' })
    setClock(ledger, '2026-01-12T04:00:00Z')
    await grant(ledger, 'New', 100, { idempotencyKey: 'g' })
    for (const name of ['Old', 'New']) {
      for (const key of ['1', '2']) await redeem(ledger, name, 10, { idempotencyKey: key })
    }
    await ledger.runJob('watch-conduct')
    expect(told(await flags(ledger))).toEqual([`early member:${memberId('New')} 2026-01-12`])
  })

  test('one device for many members', async () => {
    await using ledger = await openLedger({
      program: withRules('watch: [{ id: farm, pattern: same-device, members: 2, withinDays: 7 }]'),
    })
    for (const name of ['A', 'B', 'C']) {
      await grant(ledger, name, 10, { idempotencyKey: 'g' })
      await redeem(ledger, name, 1, { idempotencyKey: 'r', device: 'phone-1' })
    }
    await redeem(ledger, 'A', 1, { idempotencyKey: 'r2', device: 'phone-2' })
    await ledger.runJob('watch-conduct')
    expect(told(await flags(ledger))).toEqual(['farm device:phone-1 2026-01-10'])
  })

  test('notes that are too old to be of use are forgotten', async () => {
    await using ledger = await openLedger({
      program: withRules('watch: [{ id: one-hand, pattern: many-members-one-operator, members: 3 }]'),
    })
    await grant(ledger, 'A', 10, { idempotencyKey: 'g' })
    const count = async () =>
      (await ledger.sql<{ n: string }>('select count(*)::text as n from ledger.conduct'))[0]!.n
    await ledger.runJob('watch-conduct')
    expect(await count()).toBe('1')
    setClock(ledger, '2026-01-12T04:00:01Z')
    await ledger.runJob('watch-conduct')
    expect(await count()).toBe('0')
  })
})

test('a flag is looked at and closed, once', async () => {
  await using ledger = await openLedger({
    program: withRules('velocity: [{ id: points-a-day, on: points, per: day, most: 10, over: flag }]'),
  })
  await record(ledger, [purchase('Li', '60', { document: '1' }), purchase('Li', '60', { document: '2' })])
  const [flag] = await flags(ledger, 'OPEN')
  const RESOLVE = `mutation Resolve($input: ResolveFlagInput!) {
    resolveFlag(input: $input) { flag { state resolvedBy note } refusal { code } }
  }`
  const resolve = (outcome: string, idempotencyKey: string, flagId = flag!.id) =>
    ledger.ask<{ resolveFlag: object }>(admin, RESOLVE, {
      input: { flagId, outcome, note: 'a company card', idempotencyKey },
    })
  const closed = await resolve('HARMLESS', '1')
  expect(closed.resolveFlag).toEqual({
    flag: { state: 'HARMLESS', resolvedBy: 'staff:admin-1', note: 'a company card' },
    refusal: null,
  })
  expect(await resolve('HARMLESS', '1')).toEqual(closed)
  expect((await resolve('CONFIRMED', '2')).resolveFlag).toMatchObject({ refusal: { code: 'FLAG_RESOLVED' } })
  expect((await resolve('CONFIRMED', '3', 'x')).resolveFlag).toMatchObject({
    refusal: { code: 'FLAG_NOT_FOUND' },
  })
  expect(await flags(ledger, 'OPEN')).toEqual([])
  // The same conduct in the same window is not flagged again.
  await record(ledger, [purchase('Li', '60', { document: '3' })])
  expect(await flags(ledger, 'OPEN')).toEqual([])
  const refused = await ledger.tryAsk(operator, '{ ledgerFlags { edges { node { id } } } }')
  expect(refused.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
})

test('earning and returning again and again is flagged', async () => {
  await using ledger = await openLedger({
    program: withRules('watch: [{ id: round-trips, pattern: earn-and-return, times: 2, withinDays: 30 }]'),
  })
  for (const document of ['1', '2', '3']) await record(ledger, [purchase('Li', '60', { document })])
  const back = (document: string) =>
    ledger.ask(
      admin,
      'mutation Back($input: ReturnPurchaseInput!) { returnPurchase(input: $input) { refusal { code } } }',
      {
        input: {
          purchase: { channel: 'store', document },
          reason: 'changed mind',
          channel: 'store',
          document: `back ${document}`,
        },
      },
    )
  await back('1')
  await ledger.runJob('watch-conduct')
  expect(await flags(ledger)).toEqual([])
  await back('2')
  await ledger.runJob('watch-conduct')
  expect(told(await flags(ledger))).toEqual([`round-trips member:${memberId('Li')} 2026-01-10`])
})

test('what comes late and is placed in its order leaves the counts of conduct as they are', async () => {
  await using ledger = await openLedger({
    program: withRules(
      'velocity: [{ id: burns-a-day, on: redemption, per: day, most: 2 }]\ntransfer: { within: anyone, perYear: 50 }',
    ),
  })
  const send = async (points: number, idempotencyKey: string) => {
    const { transferPoints } = await ledger.ask<{ transferPoints: { refusal: { code: string } | null } }>(
      admin,
      'mutation Send($input: TransferPointsInput!) { transferPoints(input: $input) { refusal { code } } }',
      { input: { memberId: memberId('Li'), to: memberId('Wang'), points, idempotencyKey } },
    )
    return transferPoints.refusal?.code
  }
  await record(ledger, [purchase('Li', '100', { document: '1', occurredAt: '2026-01-09T04:00:00Z' })])
  await redeem(ledger, 'Li', 10, { idempotencyKey: '1' })
  expect(await send(40, 'k1')).toBeUndefined()
  await redeem(ledger, 'Li', 10, { idempotencyKey: '2' })
  await record(ledger, [purchase('Li', '3000', { document: '0', occurredAt: '2026-01-02T04:00:00Z' })])
  expect((await redeem(ledger, 'Li', 10, { idempotencyKey: '3' })).refusal!.code).toBe('VELOCITY_EXCEEDED')
  expect(await send(11, 'k2')).toBe('TRANSFER_LIMIT_REACHED')
  expect(await send(10, 'k3')).toBeUndefined()
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})
