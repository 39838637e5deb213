import { describe, expect, test } from 'vitest'
import { admin, clerk } from '../../helpers/graph.ts'
import { autoBrand, perform } from '../activities.ts'
import { openLedger } from '../open-ledger.ts'
import { brokenPromises, grant, type OpenLedger, redeem, setClock } from '../requests.ts'

const LIABILITY = `{ pointsLiability {
  asOf points money { amount currency } owed held pending members lots { month issuer points money { amount } }
} }`

const liability = async (ledger: OpenLedger) =>
  (await ledger.ask<{ pointsLiability: unknown }>(admin, LIABILITY)).pointsLiability

const HEALTH = `query Health($from: Date!, $to: Date!, $phase: String) {
  programHealth(from: $from, to: $to, phase: $phase) {
    earned redeemed expired reversed cost { amount } indicators { indicator value health minimum maximum }
  }
}`

const health = async (ledger: OpenLedger, from: string, to: string, phase?: string) =>
  (await ledger.ask<{ programHealth: unknown }>(admin, HEALTH, { from, to, phase })).programHealth

describe('liability', () => {
  test('is what is left, by the month of its end, in points and in money', async () => {
    await using ledger = await openLedger({ now: '2026-03-20T04:00:00Z' })
    await ledger.buy('li', '1000', '2026-01-10')
    await ledger.buy('wang', '500', '2026-01-31')
    await ledger.buy('wang', '300', '2026-03-05')
    await redeem(ledger, 'li', 200, { idempotencyKey: 'burn-2' })
    expect(await liability(ledger)).toEqual({
      asOf: '2026-03-20',
      points: 1_600,
      money: { amount: '16.00', currency: 'CNY' },
      owed: 0,
      held: 0,
      pending: 0,
      members: 2,
      lots: [
        { month: '2027-01', issuer: '', points: 1_300, money: { amount: '13.00' } },
        { month: '2027-03', issuer: '', points: 300, money: { amount: '3.00' } },
      ],
    })
    const { pointsLiability } = await ledger.ask<{ pointsLiability: unknown }>(
      admin,
      '{ pointsLiability(by: DAY) { points lots { month day points } } }',
    )
    expect(pointsLiability).toEqual({
      points: 1_600,
      lots: [
        { month: '2027-01', day: '2027-01-10', points: 800 },
        { month: '2027-01', day: '2027-01-31', points: 500 },
        { month: '2027-03', day: '2027-03-05', points: 300 },
      ],
    })
    // What has run out is owed to nobody, swept or not.
    setClock(ledger, '2027-02-01T04:00:00Z')
    expect(await liability(ledger)).toMatchObject({ points: 300, lots: [{ month: '2027-03' }] })
  })

  test('is not for clerks', async () => {
    await using ledger = await openLedger()
    const { errors } = await ledger.tryAsk(clerk(), LIABILITY)
    expect(errors![0]!.extensions!.code).toBe('FORBIDDEN')
  })
})

describe('health', () => {
  test('is what was redeemed, and ran out, of what was earned, between the bounds of the phase', async () => {
    await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
    await grant(ledger, 'li', 1_000, { idempotencyKey: 'a' })
    const labour = { channel: 'dealer', bill: undefined, lines: [{ category: 'labour', amount: '1000' }] }
    await redeem(ledger, 'li', 390, { ...labour, idempotencyKey: 'b' })
    await perform(ledger, 'li', 'event', { document: 'run' })
    const year = ['2026-01-01', '2026-12-31'] as const
    expect(await health(ledger, ...year)).toEqual({
      earned: 1_050,
      redeemed: 390,
      expired: 0,
      reversed: 0,
      cost: { amount: '39.00' },
      indicators: [
        { indicator: 'accrual-rate', value: '0.0400', health: 'BELOW', minimum: '0.4', maximum: '0.8' },
        { indicator: 'redemption-rate', value: '0.3714', health: 'BELOW', minimum: '0.4', maximum: '0.8' },
        { indicator: 'breakage-rate', value: '0.0000', health: 'UNKNOWN', minimum: null, maximum: null },
      ],
    })
    expect(await health(ledger, ...year, 'launch')).toMatchObject({
      indicators: [{}, { health: 'WITHIN', minimum: '0.2', maximum: '0.6' }, {}],
    })
    expect(await health(ledger, '2026-01-11', '2026-12-31')).toMatchObject({ earned: 0, redeemed: 0 })
    setClock(ledger, '2028-03-01T04:00:00Z')
    await ledger.runJob('settle-due')
    expect(await health(ledger, '2028-01-01', '2028-12-31')).toMatchObject({ expired: 660 })
    expect(await brokenPromises(ledger)).toEqual([])
  })
})

describe('forecast', () => {
  const FORECAST = `query Forecast($input: ForecastInput!) { forecast(input: $input) {
    possible expected redemption pointValue costPerMember consumptionPoints consumptionCost
    activities { rule possible participation expected }
  } }`
  const forecast = async (ledger: OpenLedger, input: Record<string, unknown>) =>
    (await ledger.ask<{ forecast: Record<string, unknown> }>(admin, FORECAST, { input })).forecast

  test('1,249 points, a fifth redeemed, at 0.1 yuan: 24.98 yuan a member; 255.5, 211.2 and 425 points expected', async () => {
    await using ledger = await openLedger({ program: autoBrand })
    const participation = [
      { rule: 'sign-in', share: '0.70' },
      { rule: 'share', share: '0.55' },
      { rule: 'event', share: '0.85' },
    ]
    expect(await forecast(ledger, { members: 1_000, redemption: '0.20', participation })).toEqual({
      possible: 1_249,
      expected: '891.7',
      redemption: '0.20',
      pointValue: '0.1',
      costPerMember: '24.98',
      consumptionPoints: null,
      consumptionCost: null,
      activities: [
        { rule: 'sign-in', possible: 365, participation: '0.70', expected: '255.5' },
        { rule: 'share', possible: 384, participation: '0.55', expected: '211.2' },
        { rule: 'event', possible: 500, participation: '0.85', expected: '425' },
      ],
    })
  })

  test('points of purchases are members × basket × frequency × rate; what is not said is as in the books', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '1000', '2026-01-10')
    await redeem(ledger, 'li', 400, { idempotencyKey: 'burn' })
    const purchases = { basket: '256.50', frequency: '4', ratePoints: 1, ratePer: '1' }
    expect(await forecast(ledger, { members: 1_000, ...purchases })).toMatchObject({
      possible: 0,
      redemption: '0.4000',
      pointValue: '0.01',
      consumptionPoints: 1_026_000,
      consumptionCost: '4104',
    })
  })
})
