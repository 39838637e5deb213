import { describe, expect, test } from 'vitest'
import { addDays, type LocalDate } from '../../../kernel/values/instant.ts'
import { admin } from '../../helpers/graph.ts'
import { autoBrand, PERFORM } from '../activities.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { explain } from '../order-requests.ts'
import { documentWith, withRules } from '../program-of.ts'
import { accountField, brokenPromises, type OpenLedger, purchase, record, setClock } from '../requests.ts'

const pointsOf = async (ledger: OpenLedger, name: string): Promise<number> =>
  (await accountField<{ points: { lifetimeEarned: number } }>(ledger, name, 'points { lifetimeEarned }'))
    .points.lifetimeEarned

describe('a year of activities', () => {
  test('gives 1,249 points and no more, however much is done: 365 of signing in, 384 of sharing, 500 of events', async () => {
    await using ledger = await openLedger({ program: autoBrand, now: '2026-12-31T15:00:00Z' })
    const given: Record<string, number> = { 'sign-in': 0, share: 0, event: 0 }
    const act = async (code: string, day: string, hour: number) => {
      const { recordActivity } = await ledger.ask<{ recordActivity: { activity: { points: number } } }>(
        admin,
        PERFORM,
        {
          input: {
            memberId: memberId('li'),
            code,
            document: `${day} ${hour}`,
            occurredAt: `${day}T0${hour}:00:00Z`,
            idempotencyKey: `${code} ${day} ${hour}`,
          },
        },
      )
      given[code]! += recordActivity.activity.points
    }
    // Every day: signing in twice, sharing once, and an event on each tenth.
    for (let day = '2026-01-01' as LocalDate; day <= '2026-12-31'; day = addDays(day, 1)) {
      await act('sign-in', day, 1)
      await act('sign-in', day, 2)
      await act('share', day, 3)
      if (day.endsWith('0')) await act('event', day, 4)
    }
    expect(given).toEqual({ 'sign-in': 365, share: 384, event: 500 })
    expect(await pointsOf(ledger, 'li')).toBe(1_249)
    expect(await brokenPromises(ledger)).toEqual([])
  }, 120_000)
})

describe('purchases', () => {
  const spend = (rule: string, more = '') =>
    documentWith(withRules(`  - { id: spend, on: purchase, asset: points, ${rule} }${more}`))
  const earns = async (program: string, purchases: readonly Record<string, unknown>[]) => {
    await using ledger = await openLedger({ program, now: '2026-06-30T04:00:00Z' })
    const items = await record(
      ledger,
      purchases.map((of, n) => purchase('li', '0', { document: `bill ${n}`, ...of })),
    )
    expect(await brokenPromises(ledger)).toEqual([])
    return items.map(({ purchase: of, refusal }) => refusal?.code ?? of!.points)
  }
  const bill = (amount: string, category?: string, occurredAt = '2026-06-30T03:00:00Z') => ({
    occurredAt,
    lines: [{ amount, ...(category ? { category } : {}) }],
  })

  // biome-ignore format: aligned rows
  test.each<[string, string, Record<string, unknown>[], unknown[]]>([
    ['1 yuan is 1 point',    'award: { points: 1, per: "1.00" }',
      [bill('1'), bill('0.99'), bill('123.45')], [1, 0, 123]],
    ['100 yuan are 1 point', 'award: { points: 1, per: "100.00" }',
      [bill('99.99'), bill('100'), bill('1999')], [0, 1, 19]],
    ['1,000 yuan of service are 1 point', 'award: { points: 1, per: "1000.00" }, when: line.category == "service"',
      [bill('999.99', 'service'), bill('2000', 'service'), bill('5000', 'car')], [0, 2, 0]],
    ['points by tiers of spend in a year', 'award: { of: spend, in: year, stages: [{ from: "0", points: 1, per: "10.00" }, { from: "1000.00", points: 2, per: "10.00" }] }',
      [bill('900'), bill('200'), bill('100')], [90, 30, 20]], // 100 at the first stage, 100 at the second
    ['a fixed award by how often', 'award: { of: times, stages: [{ from: 0, points: 50 }, { from: 2, points: 10 }] }',
      [bill('1'), bill('1'), bill('1')], [50, 50, 10]],
  ])('%s', async (_, rule, purchases, expected) => {
    expect(await earns(spend(rule), purchases)).toEqual(expected)
  })

  // biome-ignore format: aligned rows
  test.each([
    ['clipped',      'clip',       [80, 20, 0, 80]],
    ['refused',      'reject',     [80, 'CAP_REACHED', 20, 80]],
    ['carried over', 'carry-over', [80, 20, 0, 100]],
  ])('what exceeds 100 points a day is %s', async (_, over, expected) => {
    const program = spend('award: { points: 1, per: "1.00" }', `\ncaps:\n  - { id: daily, rules: [spend], per: day, points: 100, over: ${over} }`)
    const [third, next] = ['20', '80']
    expect(await earns(program, [
      bill('80', undefined, '2026-06-28T03:00:00Z'),
      bill('80', undefined, '2026-06-28T04:00:00Z'),
      bill(third, undefined, '2026-06-28T05:00:00Z'),
      bill(next, undefined, '2026-06-29T03:00:00Z'),
    ])).toEqual(expected)
  })

  test('a double-points day for a tier, a store and a channel', async () => {
    const program = documentWith(
      withRules(`  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: double, on: purchase, asset: points, multiplier: "2", from: "2026-06-18", until: "2026-06-18" }
  - { id: flagship, on: purchase, asset: points, multiplier: "1.5", when: purchase.store == "flagship" && purchase.channel == "store" }`),
    )
    expect(
      await earns(program, [
        bill('100', undefined, '2026-06-18T15:59:59Z'),
        bill('100', undefined, '2026-06-18T16:00:00Z'),
        { ...bill('100'), store: 'flagship' },
        { ...bill('100', undefined, '2026-06-18T03:00:00Z'), store: 'flagship' },
      ]),
    ).toEqual([200, 100, 150, 250])
  })
})

test('tags of a member, as identity has them, decide; what is removed decides no more', async () => {
  await using ledger = await openLedger({
    program: documentWith(['member.tier == "vip"', `'"value/gold" in member.tags'`]),
  })
  let tags: unknown[] = [
    { dimension: 'VALUE', name: 'gold', expiresAt: null },
    { dimension: 'INTEREST', name: 'coffee', expiresAt: '2026-01-11T00:00:00Z' },
  ]
  ledger.stub('identity', ({ variables, query }) => {
    const { members, ids } = variables as { members?: { id: string }[]; ids?: string[] }
    if (query.includes('_entities')) return { data: { _entities: members!.map(({ id }) => ({ id, tags })) } }
    return { data: { resolveMembers: [], knownMembers: ids } }
  })
  const told = async () => {
    ledger.emit('identity', {
      type: 'identity.TagsChanged',
      payload: { memberIds: [memberId('li')] } as never,
    })
    await ledger.drain()
  }
  await told()
  const buy = async (document: string) =>
    (await ledger.buy('li', '100', '2026-01-10', document)).purchase!.points
  expect(await buy('a')).toBe(200)
  tags = []
  await told()
  // The books keep which tags decided.
  expect(await explain(ledger, 'li', 'a')).toMatchObject([
    { rules: [{ rule: 'spend' }, { rule: 'growth' }, { rule: 'vip-double' }] },
  ])
  expect(await buy('b')).toBe(100)
  tags = [{ dimension: 'VALUE', name: 'gold', expiresAt: '2026-01-11T00:00:00Z' }]
  await told()
  expect(await buy('c')).toBe(200)
  setClock(ledger, '2026-01-12T04:00:00Z')
  expect((await ledger.buy('li', '100', '2026-01-12', 'd')).purchase!.points).toBe(100)
  expect(await brokenPromises(ledger)).toEqual([])
})
