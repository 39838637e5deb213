import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import {
  type Adjustment,
  type AdjustmentState,
  decideRequest,
  NO_LIMITS,
  needsSecond,
} from '../../../subgraphs/ledger/domain/adjustment-rules.ts'

const rules = { limits: { operator: 500, admin: 5_000 } }

// biome-ignore format: aligned rows
test.each<[typeof NO_LIMITS, string, bigint, boolean]>([
  [rules,     'operator',  500n, false],
  [rules,     'operator',  501n, true ],
  [rules,     'admin',   5_000n, false],
  [rules,     'admin',   5_001n, true ],
  [rules,     'clerk',       1n, true ], // not named
  [NO_LIMITS, 'admin',       1n, true ],
])('%o: %s, %s points: a second person %s', (of, role, points, expected) => {
  expect(needsSecond(of, role, points)).toBe(expected)
})

const request = (state: AdjustmentState, decidedBy?: string): Adjustment => ({
  id: 'a',
  memberId: 'm',
  programKey: 1,
  direction: 'grant',
  points: 1n,
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
