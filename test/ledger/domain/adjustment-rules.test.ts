import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import {
  type Adjustment,
  type AdjustmentRules,
  type AdjustmentState,
  decideRequest,
  limitsOf,
  NO_LIMITS,
  needsSecond,
} from '../../../subgraphs/ledger/domain/adjustment-rules.ts'

const rules = { limits: { operator: 500, admin: 5_000 }, perDay: { operator: 800 } }

// biome-ignore format: aligned rows
test.each<[AdjustmentRules, string, bigint, bigint, boolean]>([
  // rules    role        points  alone that day, a second person
  [rules,     'operator',  500n,       0n, false],
  [rules,     'operator',  501n,       0n, true ],
  [rules,     'operator',  500n,     300n, false],
  [rules,     'operator',  500n,     301n, true ], // many small ones
  [rules,     'admin',   5_000n, 900_000n, false],
  [rules,     'admin',   5_001n,       0n, true ],
  [rules,     'clerk',       1n,       0n, true ], // not named
  [NO_LIMITS, 'admin',       1n,       0n, true ],
])('%o: %s, %s points after %s that day: a second person %s', (of, role, points, thatDay, expected) => {
  expect(needsSecond(of, role, points, thatDay)).toBe(expected)
})

test('growth has limits of its own; without them each correction needs two', () => {
  const growth = { limits: { operator: 100 } }
  expect(limitsOf({ ...rules, growth }, 'growth')).toBe(growth)
  expect(limitsOf({ ...rules, growth }, 'points')).toMatchObject(rules)
  expect(needsSecond(limitsOf(rules, 'growth'), 'operator', 1n, 0n)).toBe(true)
})

const request = (state: AdjustmentState, decidedBy?: string): Adjustment => ({
  id: 'a',
  memberId: 'm',
  programKey: 1,
  direction: 'grant',
  asset: 'points',
  amount: 1n,
  reason: 'r',
  document: 'd',
  state,
  requestedBy: 'staff:one',
  requestedAt: instant('2026-01-01'),
  endsAt: instant('2026-01-15'),
  decidedBy,
  decidedAt: undefined,
  note: undefined,
  refusal: undefined,
})
const two = 'staff:two'

// biome-ignore format: aligned rows
test.each<[Adjustment | undefined, string, string, boolean, string]>([
  // request                    by           on            approve  expected
  [undefined,                  'staff:one', '2026-01-02',  true,   'ADJUSTMENT_NOT_FOUND'],
  [request('requested'),       'staff:one', '2026-02-02',  true,   'SAME_PERSON'         ], // before ended
  [request('requested'),       'staff:one', '2026-01-02',  false,  'SAME_PERSON'         ],
  [request('requested'),        two,        '2026-01-15',  true,   'ADJUSTMENT_ENDED'    ],
  [request('ended'),            two,        '2026-01-02',  true,   'ADJUSTMENT_ENDED'    ],
  [request('rejected', two),    two,        '2026-01-02',  true,   'ADJUSTMENT_DECIDED'  ],
  [request('posted', two),      two,        '2026-01-02',  false,  'ADJUSTMENT_DECIDED'  ],
  [request('posted', 'staff:x'), two,       '2026-01-02',  true,   'ADJUSTMENT_DECIDED'  ],
  [request('posted', two),      two,        '2026-02-02',  true,   'repeat'              ],
  [request('refused', two),     two,        '2026-01-02',  true,   'repeat'              ],
  [request('rejected', two),    two,        '2026-01-02',  false,  'repeat'              ],
  [request('requested'),        two,        '2026-01-14',  true,   'decide'              ],
])('a decision: %#', (adjustment, by, on, approve, expected) => {
  const decided = decideRequest(adjustment, { by, at: instant(on), approve })
  expect(decided.ok ? decided.value : decided.refusal.code).toBe(expected)
})
