import { describe, expect, test } from 'vitest'
import { admin, member } from '../../helpers/graph.ts'
import { autoBrand } from '../activities.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { inShort, QUOTE, quote } from '../quotes.ts'
import { brokenPromises, grant, redeem } from '../requests.ts'

const line = (category: string, amount: string) => ({ category, amount })

describe('a car maker: 10 points are 1 yuan of labour and parts at dealers', () => {
  const bill = [line('labour', '100.00'), line('parts', '55.55'), line('accessory', '900.00')]

  test('only those lines, only there, only in tens, and as many as may be in one answer', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 5_000, { idempotencyKey: 'start' })
    const ask = async (wish: object, more: object) =>
      inShort(await quote(ledger, 'li', wish as never, more as never))
    const dealer = { channel: 'dealer', lines: bill }
    expect(await ask({ asManyAsPossible: true }, dealer)).toBe('1550 pay 155.00, left 900.55')
    expect(await ask({ points: 500 }, dealer)).toBe('500 pay 50.00, left 1005.55')
    expect(await ask({ points: 505 }, dealer)).toBe('NOT_A_MULTIPLE')
    expect(await ask({ points: 1_560 }, dealer)).toBe('EXCEEDS_BILL')
    expect(await ask({ points: 500 }, { channel: 'app', lines: bill })).toBe('NOT_PAYABLE_WITH_POINTS')
    expect(await ask({ points: 500 }, { channel: 'dealer', lines: [line('accessory', '900.00')] })).toBe(
      'NOT_PAYABLE_WITH_POINTS',
    )
    const { limits, earning } = await quote(ledger, 'li', { asManyAsPossible: true }, dealer)
    expect(limits).toEqual([
      { limit: 'AVAILABLE', points: 5_000, money: { amount: '500.00' }, binds: false },
      { limit: 'ELIGIBLE_LINES', points: 1_550, money: { amount: '155.00' }, binds: true },
      { limit: 'SHARE_OF_BILL', points: 10_550, money: { amount: '1055.00' }, binds: false },
    ])
    expect(earning).toMatchObject({
      points: 9,
      explanations: [
        { rule: 'parts', text: '1 per 100.00 on 955.55, rounded down from 9.5555' },
        { rule: 'growth', text: '1 per 1.00 on 1055.55, rounded down from 1055.55' },
      ],
    })
    expect(earning!.skipped).toContainEqual({ rule: 'service', reason: 'ROUNDED_TO_ZERO' })
  })

  test('what is quoted is what is burned', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 5_000, { idempotencyKey: 'start' })
    const more = { channel: 'dealer', bill: undefined, lines: bill }
    const burned = await redeem(ledger, 'li', 1_550, { ...more, idempotencyKey: 'burn' })
    expect(burned).toMatchObject({ entry: { points: -1_550, balance: 3_450 }, offset: { amount: '155.00' } })
    const again = await redeem(ledger, 'li', 1_550, { ...more, idempotencyKey: 'burn' })
    expect(again).toEqual(burned)
    const other = await redeem(ledger, 'li', 1_560, { ...more, idempotencyKey: 'more' })
    expect(other.refusal!.code).toBe('EXCEEDS_BILL')
    expect(await brokenPromises(ledger)).toEqual([])
  })
})

describe('rewards', () => {
  test('have prices in points, some in money besides, and some are for certain tiers', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 4_000, { idempotencyKey: 'start' })
    const ask = async (reward: string) => inShort(await quote(ledger, 'li', { reward }))
    expect(await ask('car-wash')).toBe('200 pay 0.00, left 0.00')
    expect(await ask('child-seat')).toBe('REWARD_NOT_FOR_TIER')
    expect(await ask('umbrella')).toBe('REWARD_NOT_FOUND')
    expect((await quote(ledger, 'li', { reward: 'rise-to-advanced' })).tier).toEqual({ id: 'advanced' })
  })

  test('the right to a tier is bought, and the history says so', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    await grant(ledger, 'li', 4_500, { idempotencyKey: 'start' })
    const reward = (id: string, key: string) =>
      redeem(ledger, 'li', undefined as never, { bill: undefined, reward: id, idempotencyKey: key })
    const bought = await reward('rise-to-advanced', 'rise')
    expect(bought).toMatchObject({ entry: { points: -2_000 }, offset: { amount: '0.00' }, refusal: null })
    const { tier } = await ledger.account('li')
    expect(tier).toMatchObject({ tier: { id: 'advanced' }, validUntil: '2028-01-10' })
    expect(tier.history).toMatchObject([
      { from: { id: 'ordinary' }, to: { id: 'advanced' }, reason: 'BOUGHT' },
    ])
    expect((await reward('rise-to-advanced', 'again')).refusal!.code).toBe('TIER_NOT_HIGHER')
    expect((await reward('child-seat', 'seat')).refusal!.code).toBe('INSUFFICIENT_POINTS')
    expect((await reward('car-wash', 'wash')).entry).toMatchObject({ points: -200, balance: 2_300 })
    expect(await brokenPromises(ledger)).toEqual([])
  })
})

describe('the three types of membership, by configuration', () => {
  const members = async (burn: string) => {
    const ledger = await openLedger({
      program: documentWith([
        '    points: 100 # of which each\n    money: "1.00" # is worth this much\n    minimumSpend: "100.00" # on bills of at least this much\n',
        burn,
      ]),
    })
    await ledger.buy('ordinary', '1000', '2026-01-10')
    await ledger.buy('vip', '5000', '2026-01-10')
    const pay = async (name: string, points: number, bill: string) =>
      inShort(await quote(ledger, name, { points }, { bill }))
    return Object.assign(ledger, { pay })
  }

  test('points at one rate for all', async () => {
    await using ledger = await members('    points: 100\n    money: "1.00"\n    minimumSpend: "100.00"\n')
    expect(await ledger.pay('ordinary', 1_000, '200.00')).toBe('1000 pay 10.00, left 190.00')
    expect(await ledger.pay('vip', 1_000, '200.00')).toBe('1000 pay 10.00, left 190.00')
    expect(await ledger.pay('vip', 1_000, '99.99')).toBe('BELOW_MINIMUM_SPEND')
  })

  test('points at the rate of the tier', async () => {
    await using ledger = await members(
      '    points: 100\n    money: "1.00"\n    tiers: { vip: { points: 50, money: "1.00" } }\n',
    )
    expect(await ledger.pay('ordinary', 1_000, '200.00')).toBe('1000 pay 10.00, left 190.00')
    expect(await ledger.pay('vip', 1_000, '200.00')).toBe('1000 pay 20.00, left 180.00')
    const burned = await redeem(ledger, 'vip', 1_000, { bill: '200.00', idempotencyKey: 'burn' })
    expect(burned.offset).toEqual({ amount: '20.00', currency: 'CNY' })
  })

  test('points that are money: 1 point is 1 yuan, for half of the bill', async () => {
    await using ledger = await members('    points: 1\n    money: "1.00"\n    maximumShare: "0.5"\n')
    expect(await ledger.pay('ordinary', 100, '200.00')).toBe('100 pay 100.00, left 100.00')
    expect(await ledger.pay('ordinary', 101, '200.00')).toBe('EXCEEDS_SHARE')
    const { points, limits } = await quote(ledger, 'vip', { asManyAsPossible: true }, { bill: '333.33' })
    expect([points, limits.find(({ binds }) => binds)!.limit]).toEqual([166, 'SHARE_OF_BILL'])
  })
})

test('a member quotes for itself alone, and nothing is changed by it', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '1000', '2026-01-10')
  const [{ before }]: [{ before: string }] = (await ledger.sql<{ before: string }>(
    'select count(*) as before from ledger.entry',
  )) as never
  const ask = (name: string, as: string) =>
    ledger.tryAsk(member(memberId(as)), QUOTE, {
      input: { memberId: memberId(name), wish: { points: 100 }, bill: '500', channel: 'app' },
    })
  expect((await ask('li', 'li')).data).toMatchObject({ quote: { offset: { amount: '1.00' } } })
  expect((await ask('li', 'wang')).errors![0]!.extensions!.code).toBe('FORBIDDEN')
  expect(await ledger.sql('select count(*) as before from ledger.entry')).toEqual([{ before }])
})

test('a quote counts only what has not run out, swept or not', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '1000', '2026-01-10')
  ledger.clock.advanceTo(Date.parse('2027-01-11T00:00:00Z') as never)
  expect(inShort(await quote(ledger, 'li', { points: 100 }, { bill: '500' }))).toBe('INSUFFICIENT_POINTS')
  expect(await ledger.ask(admin, '{ ledgerCheck { clean } }')).toEqual({ ledgerCheck: { clean: true } })
})
