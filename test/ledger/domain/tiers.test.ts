import { expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { Tier } from '../../../subgraphs/ledger/domain/program.ts'
import { nextTier, reviewed, tierFor, tierOf, tierUntil } from '../../../subgraphs/ledger/domain/tiers.ts'
import { programWith, withDowngrade } from '../program-of.ts'

const program = programWith()
const tier = (id: string) => tierOf(program, id)

test.each([
  [0n, 'ordinary'],
  [2_999n, 'ordinary'],
  [3_000n, 'advanced'],
  [4_999n, 'advanced'],
  [5_000n, 'vip'],
  [1_000_000n, 'vip'],
])('growth of %s reaches %s', (growth, expected) => {
  expect(tierFor(program, growth).id).toBe(expected)
})

// biome-ignore format: aligned rows
test.each([
  // policy     tier        growth    expected
  ['to-fit',   'vip',       5_000n, 'vip'     ], // retention: just enough
  ['to-fit',   'vip',       4_999n, 'advanced'],
  ['to-fit',   'vip',       2_999n, 'ordinary'],
  ['to-fit',   'advanced',  3_000n, 'advanced'],
  ['to-fit',   'advanced',  2_999n, 'ordinary'],
  ['one-step', 'vip',       5_000n, 'vip'     ],
  ['one-step', 'vip',       4_999n, 'advanced'],
  ['one-step', 'vip',           0n, 'advanced'], // one step, however little there is
  ['one-step', 'advanced',      0n, 'ordinary'],
  ['to-base',  'vip',       5_000n, 'vip'     ],
  ['to-base',  'vip',       4_999n, 'ordinary'], // though it would fit advanced
  ['to-base',  'advanced',  2_999n, 'ordinary'],
  ['to-base',  'ordinary',      0n, 'ordinary'],
] as const)('%s: %s with growth of %s stands at %s after its review', (policy, id, growth, expected) => {
  const rules = programWith(withDowngrade(policy))
  expect(reviewed(rules, tierOf(rules, id), growth).id).toBe(expected)
})

const lasting = (validMonths: number | undefined, rank = 1): Tier => ({
  ...tier('advanced'),
  rank,
  validMonths,
})

// biome-ignore format: aligned rows
test.each<[string, Tier, string, string | undefined]>([
  // what is tested               tier              from           until
  ['twelve months',               lasting(12),      '2026-01-10', '2027-01-10'],
  ['from the leap day',           lasting(12),      '2028-02-29', '2029-02-28'],
  ['from the 31st',               lasting(6),       '2026-08-31', '2027-02-28'],
  ['a tier without an end',       lasting(undefined), '2026-01-10', undefined  ],
  ['the base, whatever it says',  lasting(12, 0),   '2026-01-10', undefined    ],
])('%s', (_, of, from, expected) => {
  expect(tierUntil(of, from as LocalDate)).toBe(expected)
})

test('the next tier is the one above; there is none above the top', () => {
  expect(nextTier(program, tier('ordinary'))!.id).toBe('advanced')
  expect(nextTier(program, tier('vip'))).toBeUndefined()
})

test('members of a tier that a later version took away stand at the base', () => {
  expect(tierOf(program, 'diamond').id).toBe('ordinary')
})
