import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { entryTierFor, isWelcome } from '../../../subgraphs/ledger/domain/entering.ts'

// biome-ignore format: aligned rows
test.each([
  // joined                   bound                    months  welcome
  ['2026-01-15T04:00:00Z', '2026-01-15T04:00:00Z',      0,      true ],
  ['2026-01-15T04:00:00Z', '2026-01-16T04:00:00Z',      0,      false],
  ['2026-01-15T04:00:00Z', '2026-04-15T15:59:59Z',      3,      true ], // the last moment of the day in Shanghai
  ['2026-01-15T04:00:00Z', '2026-04-15T16:00:00Z',      3,      false],
  ['2025-11-30T04:00:00Z', '2026-02-28T04:00:00Z',      3,      true ],
  ['2025-11-30T04:00:00Z', '2026-03-01T04:00:00Z',      3,      false],
])('joined %s, bound %s, within %i months: %s', (joinedAt, boundAt, withinMonths, expected) => {
  const when = { joinedAt: instant(joinedAt), boundAt: instant(boundAt) }
  expect(isWelcome({ points: 100, withinMonths }, when, 'Asia/Shanghai')).toBe(expected)
})

const rules = [
  { tier: 'vip', kind: 'VEHICLE', models: ['Grand Tourer', '旗舰'] },
  { tier: 'gold', makes: ['Acme'], models: ['X1'] },
  { tier: 'silver', makes: ['ACME'] },
] as const

// biome-ignore format: aligned rows
test.each([
  ['VEHICLE', '',     'Grand Tourer',       'vip'    ],
  ['VEHICLE', '',     'ＧＲＡＮＤ tourer ', 'vip'    ],
  ['VEHICLE', '',     '旗舰',               'vip'    ],
  ['OTHER',   'ACME', '旗舰',               'silver' ],
  ['OTHER',   'ACME', 'x1',                 'gold'   ],
  ['OTHER',   'ACME', null,                 'silver' ],
  ['VEHICLE', '',     null,                 undefined],
  ['OTHER',   'Best', 'X1',                 undefined],
])('%s %s %s comes with %s', (kind, make, model, tier) => {
  expect(entryTierFor(rules, { kind, make, model })).toBe(tier)
})
