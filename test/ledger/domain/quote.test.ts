import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { applyRatio } from '../../../kernel/values/points.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { type QuoteRequest, quote } from '../../../subgraphs/ledger/domain/quote.ts'
import { compiled, fen } from '../rating.ts'

const autoBrand = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
const ruleLab = compiled(readFileSync('programs/rule-lab.yaml', 'utf8'))

const request = (yuan: string, more: Partial<QuoteRequest> = {}): QuoteRequest => ({
  channel: 'dealer',
  store: 'dealer-1',
  occurredAt: instant('2026-03-01T04:00Z'),
  tier: 'silver',
  tags: [],
  available: 1_000_000n,
  lines: [{ amount: fen(yuan), quantity: 1, category: 'parts' }],
  wish: 'max',
  ...more,
})

const answer = (program: Program, of: QuoteRequest) => {
  const result = quote(program, of)
  return result.ok ? [result.value.points, result.value.offset, result.value.payable] : result.refusal.code
}

describe('the rates of the product', () => {
  // biome-ignore format: aligned rows
  test.each<[string, bigint, bigint]>([
    // tier      points    fen off a bill of 200 yuan
    ['silver',  1_000n,   1_000n], // 100 points = 1 yuan
    ['gold',    1_000n,  10_000n], // 10 points = 1 yuan
    ['diamond',   100n,  10_000n], // 1 point = 1 yuan
  ])('%s: %s points', (tier, points, offset) => {
    expect(answer(ruleLab, request('200', { tier, wish: { points } }))).toEqual([points, offset, 20_000n - offset])
  })
})

describe('as many as may be', () => {
  const visit = (more: Partial<QuoteRequest> = {}) =>
    request('0', {
      tier: 'ordinary',
      lines: [
        { amount: fen('120.50'), quantity: 1, category: 'labour' },
        { amount: fen('80'), quantity: 1, category: 'parts' },
        { amount: fen('300'), quantity: 1, category: 'vehicle' },
      ],
      ...more,
    })
  const limitsOf = (of: QuoteRequest, program = autoBrand) => {
    const result = quote(program, of)
    return result.ok ? result.value.limits.map(({ limit, money, binds }) => [limit, money, binds]) : []
  }

  test('stop at the lines that points may pay for, in whole multiples', () => {
    expect(answer(autoBrand, visit())).toEqual([2_000n, 20_000n, 30_050n])
    expect(limitsOf(visit())).toEqual([
      ['AVAILABLE', 10_000_000n, false],
      ['ELIGIBLE_LINES', 20_000n, true],
      ['SHARE_OF_BILL', 50_000n, false],
    ])
  })

  test('stop at what there is', () => {
    expect(answer(autoBrand, visit({ available: 57n }))).toEqual([50n, 500n, 49_550n])
    expect(limitsOf(visit({ available: 57n }))[0]).toEqual(['AVAILABLE', 500n, true])
  })

  test('stop at the share of the bill', () => {
    expect(answer(ruleLab, request('333.33'))).toEqual([16_666n, 16_666n, 16_667n])
    expect(limitsOf(request('333.33'), ruleLab)[2]).toEqual(['SHARE_OF_BILL', 16_666n, true])
  })

  test('are too few for the least that is taken', () => {
    expect(answer(autoBrand, visit({ available: 9n }))).toBe('INSUFFICIENT_POINTS')
    const small = visit({ lines: [{ amount: 50n, quantity: 1, category: 'parts' }] })
    expect(answer(autoBrand, small)).toBe('BELOW_MINIMUM_POINTS')
  })
})

describe('refusals in order', () => {
  const wish = (points: bigint) => ({ wish: { points } })
  const none = { ...autoBrand, burn: undefined }
  // biome-ignore format: aligned rows
  test.each<[string, Program, QuoteRequest]>([
    ['POINTS_NOT_POSITIVE',     none,      request('1', wish(0n))                                    ],
    ['BURN_NOT_OFFERED',        none,      request('1', wish(1n))                                    ],
    ['BELOW_MINIMUM_SPEND',     ruleLab,   request('99.99', wish(1n))                                ],
    ['NOT_PAYABLE_WITH_POINTS', autoBrand, request('10', { ...wish(1n), channel: 'app' })            ],
    ['NOT_PAYABLE_WITH_POINTS', autoBrand, request('10', { ...wish(1n), lines: [] })                 ],
    ['BELOW_MINIMUM_POINTS',    autoBrand, request('10', { ...wish(9n), available: 0n })             ],
    ['NOT_A_MULTIPLE',          autoBrand, request('10', { ...wish(101n), available: 0n })           ],
    ['EXCEEDS_BILL',            autoBrand, request('9.99', { ...wish(100n), available: 0n })         ],
    ['EXCEEDS_SHARE',           ruleLab,   request('100', { ...wish(5_001n), available: 0n })        ],
    ['INSUFFICIENT_POINTS',     ruleLab,   request('100', { ...wish(5_000n), available: 4_999n })    ],
  ])('%s', (code, program, of) => {
    expect(answer(program, of)).toBe(code)
  })

  test('points that are no whole fen', () => {
    const thirds: Program = { ...autoBrand, burn: { points: 3n, money: 1n, minimumSpend: 0n } }
    expect(answer(thirds, request('10', { wish: { points: 4n }, available: 0n }))).toBe(
      'POINTS_NOT_CONVERTIBLE',
    )
  })

  test('how many there are is told exactly', () => {
    const result = quote(autoBrand, request('10', { wish: { points: 20n }, available: 17n }))
    expect(result.ok || result.refusal.details).toEqual({ available: '17' })
  })
})

describe('rewards', () => {
  const of = (reward: string, tier: string, available = 10_000n) =>
    answer(autoBrand, request('0', { wish: { reward }, tier, available }))

  test('have their price in points and money', () => {
    expect(of('car-wash', 'ordinary')).toEqual([200n, 0n, 0n])
    expect(of('child-seat', 'vip')).toEqual([3_000n, 0n, 9_900n])
  })

  test('may be for some tiers only', () => {
    expect(of('child-seat', 'ordinary', 0n)).toBe('REWARD_NOT_FOR_TIER')
    expect(of('car-wash', 'ordinary', 199n)).toBe('INSUFFICIENT_POINTS')
    expect(of('yacht', 'vip')).toBe('REWARD_NOT_FOUND')
  })

  test('may be a tier, for those below it', () => {
    const result = quote(autoBrand, request('0', { wish: { reward: 'rise-to-advanced' }, tier: 'ordinary' }))
    expect(result.ok && [result.value.points, result.value.tier]).toEqual([2_000n, 'advanced'])
    expect(of('rise-to-advanced', 'advanced', 0n)).toBe('TIER_NOT_HIGHER')
  })
})

test('a quote never exceeds bill, share, eligible lines or balance, and max is the most that is not refused', () => {
  fc.assert(
    fc.property(
      fc.record({
        points: fc.bigInt(1n, 300n),
        money: fc.bigInt(1n, 300n),
        multiple: fc.bigInt(1n, 20n),
        minimumPoints: fc.bigInt(1n, 50n),
        share: fc.bigInt(0n, 100n),
        available: fc.bigInt(0n, 3_000n),
        lines: fc.array(fc.record({ amount: fc.bigInt(0n, 3_000n), parts: fc.boolean() }), {
          minLength: 1,
          maxLength: 4,
        }),
      }),
      ({ points, money, multiple, minimumPoints, share, available, lines }) => {
        const maximumShare = { numerator: share, denominator: 100n }
        const burn = { ...autoBrand.burn!, points, money, multiple, minimumPoints, maximumShare }
        const program: Program = { ...autoBrand, burn }
        const of = request('0', {
          available,
          lines: lines.map(({ amount, parts }) => ({
            amount,
            quantity: 1,
            category: parts ? 'parts' : 'other',
          })),
        })
        const bill = lines.reduce((sum, { amount }) => sum + amount, 0n)
        const eligible = lines.reduce((sum, { amount, parts }) => (parts ? sum + amount : sum), 0n)
        const most = quote(program, of)
        if (most.ok) {
          const { value } = most
          expect(value.offset * points).toBe(value.points * money)
          expect(value.offset + value.payable).toBe(bill)
          expect(value.offset <= eligible && value.points <= available).toBe(true)
          expect(value.offset).toBeLessThanOrEqual(applyRatio(bill, maximumShare, 'down'))
          expect(quote(program, { ...of, wish: { points: value.points } }).ok).toBe(true)
        }
        const above = most.ok ? most.value.points : 0n
        for (let wish = above + 1n; wish <= above + 400n; wish += 1n)
          expect(quote(program, { ...of, wish: { points: wish } }).ok).toBe(false)
      },
    ),
    { numRuns: 60 },
  )
})
