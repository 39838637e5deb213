import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { decideSend, type TransferRules } from '../../../subgraphs/ledger/domain/transfer-rules.ts'

const rules: TransferRules = { within: 'household', perYear: 1_000, minimum: 100 }
const free: TransferRules = { within: 'anyone' }
const at = instant('2026-05-01')
const sent = (points: bigint) => ({ 't:sent#2026': points, 't:sent#2025': 900n, 'c:cap@y2026': 1n })

// biome-ignore format: aligned rows
test.each<[TransferRules | undefined, bigint, bigint, bigint, string]>([
  // rules      points  available  sent    expected
  [undefined,      0n,       0n,      0n,  'TRANSFER_NOT_OFFERED'  ],
  [rules,         99n,       0n,  1_000n,  'POINTS_NOT_POSITIVE'   ],
  [free,           0n,       0n,      0n,  'POINTS_NOT_POSITIVE'   ],
  [rules,        101n,       0n,    900n,  'TRANSFER_LIMIT_REACHED'], // before insufficient
  [rules,        100n,      99n,    900n,  'INSUFFICIENT_POINTS'   ],
  [rules,        100n,     100n,    900n,  'sent 1000'             ],
  [free,       5_000n,   5_000n,  9_000n,  'sent 9000'             ], // not counted
])('%o: %s of %s, %s sent before: %s', (of, points, available, before, expected) => {
  const decided = decideSend(of, { points, available, counters: sent(before), at, timeZone: 'Asia/Shanghai' })
  expect(decided.ok ? `sent ${decided.value['t:sent#2026']}` : decided.refusal.code).toBe(expected)
})

test('last year does not count, and is forgotten', () => {
  const decided = decideSend(rules, {
    points: 100n,
    available: 100n,
    counters: { 't:sent#2025': 1_000n, 'c:cap@y2026': 1n },
    at,
    timeZone: 'Asia/Shanghai',
  })
  expect(decided).toEqual({ ok: true, value: { 'c:cap@y2026': 1n, 't:sent#2026': 100n } })
})
