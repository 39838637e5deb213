import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reevaluated, TierMoves } from '../../../subgraphs/ledger/domain/reevaluation.ts'
import { programWith } from '../program-of.ts'
import { compiled } from '../rating.ts'

const autoBrand = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
/** Silver comes between ordinary and advanced; VIP asks for more. */
const inserted = programWith(
  [
    '  - id: advanced\n',
    '  - id: silver\n    name: { en: Silver, zh-CN: 银卡 }\n    growth: 1000\n    validMonths: 12\n  - id: advanced\n',
  ],
  ['growth: 5000', 'growth: 6000'],
)

// biome-ignore format: aligned rows
test.each([
  // tier       growth   if all may  if none may fall
  ['ordinary',    999n,  undefined,  undefined ],
  ['ordinary',  1_000n,  'silver',   'silver'  ],
  ['ordinary',  2_999n,  'silver',   'silver'  ],
  ['advanced',  3_000n,  undefined,  undefined ],
  ['advanced',  2_000n,  'silver',   undefined ],
  ['vip',       5_500n,  'advanced', undefined ],
  ['vip',       6_000n,  undefined,  undefined ],
  ['diamond',   1_500n,  'silver',   'silver'  ], // there is no such tier any more
] as const)('%s with growth of %s: %s', (tier, growth, both, up) => {
  const standpoint = { tier, measures: { growth }, tierUntil: undefined }
  expect([reevaluated(inserted, standpoint, 'both'), reevaluated(inserted, standpoint, 'up')]).toEqual([both, up])
})

// biome-ignore format: aligned rows
test.each([
  ['ordinary', 5_000n, undefined ], // approval is not given by rules
  ['vip',      5_000n, undefined ],
  ['vip',      4_999n, 'ordinary'],
] as const)('approval: %s with %s points: %s', (tier, points, expected) => {
  const standpoint = { tier, measures: { 'points/24-months': points }, tierUntil: undefined }
  expect(reevaluated(autoBrand, standpoint, 'both')).toBe(expected)
})

test('moves are counted, the most frequent first', () => {
  const moves = new TierMoves()
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'c'],
    ['b', 'c'],
  ] as const)
    moves.add(from, to)
  expect(moves.moves).toEqual([
    { from: 'b', to: 'c', members: 2 },
    { from: 'a', to: 'b', members: 1 },
  ])
})
