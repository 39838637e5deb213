import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  awardsFrom,
  awardsText,
  countersFrom,
  countersText,
  linesFrom,
  linesText,
} from '../../../subgraphs/ledger/domain/document-text.ts'
import type { Award, PurchaseLine } from '../../../subgraphs/ledger/domain/earn.ts'
import { lotsFrom, lotsText, type Move } from '../../../subgraphs/ledger/domain/entry.ts'

const amount = fc.bigInt({ min: 0n, max: 2n ** 60n })
const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const line: fc.Arbitrary<PurchaseLine> = fc.record(
  { amount, quantity: fc.integer({ min: 1, max: 999 }), category: word, sku: word },
  { requiredKeys: ['amount', 'quantity'] },
)
const award: fc.Arbitrary<Award> = fc.record({
  rule: word,
  line: fc.integer({ min: -1, max: 50 }),
  asset: fc.constantFrom('points', 'growth'),
  amount,
})

test('lines come back as they were', () => {
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      expect(linesFrom(linesText(lines))).toEqual(lines)
    }),
  )
})

test('awards come back as they were', () => {
  fc.assert(
    fc.property(fc.array(award), (awards) => {
      expect(awardsFrom(awardsText(awards))).toEqual(awards)
    }),
  )
})

test('counters come back as they were', () => {
  const counters = { 'c:day@2026-01-10': 2n ** 60n, forgotten: 20260101n }
  expect(countersFrom(countersText(counters))).toEqual(counters)
  expect(countersFrom(countersText({}))).toEqual({})
})

// biome-ignore format: aligned rows
test.each<[PurchaseLine, string]>([
  [{ amount: 300n, quantity: 1 },                                      '300'                     ],
  [{ amount: 300n, quantity: 2 },                                      '300 2'                   ],
  [{ amount: 300n, quantity: 1, category: 'men shoes' },               '300 1 men%20shoes'       ],
  [{ amount: 300n, quantity: 1, sku: 'a;b%' },                         '300 1  a%3Bb%25'         ],
])('%o is written %s', (one, text) => {
  expect(linesText([one])).toBe(text)
})

const day = fc.constantFrom('2026-01-10', '2031-12-31', 'infinity')
const move: fc.Arbitrary<Move> = fc.record({
  asset: fc.constantFrom('points', 'growth', 'principal', 'bonus'),
  amount,
  after: amount,
  lots: fc.array(
    fc.record(
      {
        expiresOn: day as fc.Arbitrary<never>,
        lotClass: fc.constantFrom('', 'gift-3', '@00000000-0000-8000-8000-000000000001', 'a/b+c'),
        amount: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
        releaseOn: fc.constantFrom('2026-02-01', 'sign-in'),
      },
      { requiredKeys: ['expiresOn', 'lotClass', 'amount'] },
    ),
  ),
})

test('lots come back as they were', () => {
  fc.assert(
    fc.property(fc.array(move), (moves) => {
      const lots = moves.flatMap(({ asset, lots }) => lots.map((lot) => ({ asset, ...lot })))
      expect(lotsFrom(lotsText(moves))).toEqual(lots)
    }),
  )
})
