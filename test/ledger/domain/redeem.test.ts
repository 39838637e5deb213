import { expect, test } from 'vitest'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { burnOffset } from '../../../subgraphs/ledger/domain/redeem.ts'

/** 100 points are worth one yuan, on bills of 100 yuan or more. */
const usual: Program['burn'] = { points: 100n, money: 100n, minimumSpend: 10_000n }
/** Three points are worth one fen, on any bill. */
const thirds: Program['burn'] = { points: 3n, money: 1n, minimumSpend: 0n }
const none: Program['burn'] = undefined

// biome-ignore format: aligned rows
test.each<[bigint, Program['burn'], bigint, bigint, bigint | string]>([
  // points  burn      bill      available  offset in fen, or the refusal
  [    0n,   none,          0n,       0n,  'POINTS_NOT_POSITIVE'   ], // before all others
  [   -5n,   usual,    20_000n,     500n,  'POINTS_NOT_POSITIVE'   ],
  [  100n,   none,          0n,       0n,  'BURN_NOT_OFFERED'      ], // before the bill
  [    1n,   usual,     9_999n,       0n,  'BELOW_MINIMUM_SPEND'   ], // before convertible and insufficient
  [20_000n,  usual,     9_999n,       0n,  'BELOW_MINIMUM_SPEND'   ], // before exceeding the bill
  [    1n,   thirds,        0n,       0n,  'POINTS_NOT_CONVERTIBLE'], // before exceeding and insufficient
  [    4n,   thirds,    1_000n,      10n,  'POINTS_NOT_CONVERTIBLE'],
  [    6n,   thirds,        1n,       0n,  'EXCEEDS_BILL'          ], // before insufficient
  [10_001n,  usual,    10_000n,  99_999n,  'EXCEEDS_BILL'          ],
  [  101n,   usual,    10_000n,     100n,  'INSUFFICIENT_POINTS'   ],
  [  100n,   usual,    10_000n,     100n,     100n                 ], // all that there is, the smallest bill
  [    1n,   usual,    10_000n,     100n,       1n                 ],
  [10_000n,  usual,    10_000n,  10_000n,  10_000n                 ], // the whole bill
  [    3n,   thirds,        1n,       3n,       1n                 ],
])('%s points (%o) on a bill of %s with %s available: %s', (points, burn, bill, available, expected) => {
  const result = burnOffset({ burn }, { points, bill, available })
  expect(result.ok ? result.value : result.refusal.code).toBe(expected)
})

test('insufficient points are refused with how many there are', () => {
  expect(burnOffset({ burn: usual }, { points: 200n, bill: 20_000n, available: 150n })).toEqual({
    ok: false,
    refusal: { code: 'INSUFFICIENT_POINTS', path: ['points'], details: { available: '150' } },
  })
})
