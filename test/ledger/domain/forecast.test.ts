import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  consumptionPoints,
  expectedPoints,
  type Health,
  healthOf,
  product,
  yearlyCost,
} from '../../../subgraphs/ledger/domain/forecast.ts'
import { compiled } from '../rating.ts'

test('1,249 points, a fifth redeemed, at 0.1 yuan cost 24.98 yuan a member and year', () => {
  expect(yearlyCost({ points: 1_249n, redemption: '0.20', pointValue: '0.1' })).toBe('24.98')
})

// biome-ignore format: aligned rows
test.each([
  ['sign-in', 365n, '0.70', '255.5'],
  ['share',   384n, '0.55', '211.2'],
  ['events',  500n, '0.85', '425'  ],
])('%s: %s points at %s are %s', (_, possible, participation, expected) => {
  expect(expectedPoints(possible, participation)).toBe(expected)
})

test('products are exact, where binary fractions are not', () => {
  expect(product('0.1', '0.2', '3')).toBe('0.06')
  expect(product('-0.5', '0.5')).toBe('-0.25')
  expect(product('123456789.123456789', '1000000000')).toBe('123456789123456789')
  expect(() => product('1e3')).toThrow('not a decimal')
})

describe('points of consumption', () => {
  const of = (more: object) =>
    consumptionPoints({
      members: 1_000n,
      basket: '256.50',
      frequency: '4',
      rate: { points: 1n, per: '100' },
      ...more,
    })

  test('are members × basket × frequency × rate', () => {
    expect(of({})).toBe(10_260n)
    expect(of({ rate: { points: 1n, per: '1' } })).toBe(1_026_000n)
  })

  test('are rounded as asked where they do not come out even', () => {
    expect(of({ rate: { points: 1n, per: '7' } })).toBe(146_571n) // 146,571.43
    expect(of({ rate: { points: 1n, per: '7' }, rounding: 'up' })).toBe(146_572n)
  })
})

describe('health', () => {
  const { health } = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
  // biome-ignore format: aligned rows
  test.each<[bigint, bigint, string | undefined, Health]>([
    // redeemed  earned  phase      health
    [ 399n,    1_000n, undefined, 'below'  ],
    [ 400n,    1_000n, undefined, 'within' ],
    [ 800n,    1_000n, undefined, 'within' ],
    [ 801n,    1_000n, undefined, 'above'  ],
    [ 399n,    1_000n, 'launch',  'within' ], // bounds of its own
    [ 601n,    1_000n, 'launch',  'above'  ],
    [ 601n,    1_000n, 'mature',  'within' ], // those of all phases
    [   0n,        0n, undefined, 'unknown'],
  ])('%s of %s redeemed in phase %s: %s', (numerator, denominator, phase, expected) => {
    expect(healthOf(health, 'redemption-rate', { numerator, denominator }, phase)).toBe(expected)
  })

  test('without bounds is unknown', () => {
    expect(healthOf(health, 'breakage-rate', { numerator: 1n, denominator: 2n })).toBe('unknown')
  })
})
