import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import type { PastEvent } from '../../../subgraphs/ledger/domain/dry-run.ts'
import { measuresOn } from '../../../subgraphs/ledger/domain/measures.ts'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { recounted } from '../../../subgraphs/ledger/domain/recount.ts'
import { compiled } from '../rating.ts'

const program = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
const at = (day: string) => instant(`${day}T04:00:00Z`)

const bought = (
  on: string,
  amount: bigint,
  points = 0n,
  kind: SourceDocument['kind'] = 'purchase',
): PastEvent => ({
  document: {
    kind,
    effectiveAt: at(on),
    amount,
    awards: points > 0n ? [{ rule: 'spend', line: 0, asset: 'points', amount: points }] : [],
  } as unknown as SourceDocument,
  burned: 0n,
})

test('what tiers count is counted once more, what caps count is left alone', () => {
  const events = [
    bought('2026-01-10', 400_000n, 40n),
    bought('2026-02-01', 0n, 900n, 'balance-sync'), // earned elsewhere
    bought('2026-02-10', 50_000n, 5n),
  ]
  const counters = recounted(program, { 'c:cap@y2026': 3n, 'm:spend/y2026': 1n }, events, [
    { at: at('2026-01-10'), promoted: true },
  ])
  expect(counters['c:cap@y2026']).toBe(3n)
  expect(measuresOn(program, counters, 0n, '2026-03-01' as LocalDate)).toEqual({
    'spend/purchase': 50_000n, // the promotion came between
    'spend/calendar-year': 450_000n,
    'spend/24-months': 450_000n,
    'points/24-months': 45n,
  })
})
