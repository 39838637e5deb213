import { expect, test } from 'vitest'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import {
  type CountedOver,
  endedBefore,
  nextPeriod,
  type ProgramPeriod,
  periodKey,
} from '../../../subgraphs/ledger/domain/earn-periods.ts'

const weeks: ProgramPeriod = { from: '2026-01-07', days: 14 }
const quarters: ProgramPeriod = { from: '2026-01-15', months: 3 }
const monthEnds: ProgramPeriod = { from: '2026-01-31', months: 1 }

// biome-ignore format: aligned rows
test.each<[CountedOver, ProgramPeriod | undefined, string, string, string | undefined]>([
  // over     period     day           key             next period
  ['day',    undefined, '2026-02-28', 'd2026-02-28', '2026-03-01'],
  ['day',    undefined, '2028-02-28', 'd2028-02-28', '2028-02-29'],
  ['week',   undefined, '2026-01-04', 'w2025-12-29', '2026-01-05'], // a Sunday
  ['week',   undefined, '2026-01-05', 'w2026-01-05', '2026-01-12'], // a Monday
  ['week',   undefined, '1969-12-31', 'w1969-12-29', '1970-01-05'],
  ['month',  undefined, '2026-12-31', 'm2026-12',    '2027-01-01'],
  ['year',   undefined, '2026-12-31', 'y2026',       '2027-01-01'],
  ['period', undefined, '2026-12-31', 'e',           undefined   ],
  ['ever',   weeks,     '2026-12-31', 'e',           undefined   ],
  ['period', weeks,     '2026-01-20', 'p2026-01-07', '2026-01-21'],
  ['period', weeks,     '2026-01-21', 'p2026-01-21', '2026-02-04'],
  ['period', weeks,     '2026-01-06', 'p2025-12-24', '2026-01-07'], // before the first
  ['period', quarters,  '2026-04-14', 'p2026-01-15', '2026-04-15'],
  ['period', quarters,  '2026-04-15', 'p2026-04-15', '2026-07-15'],
  ['period', quarters,  '2026-01-14', 'p2025-10-15', '2026-01-15'],
  ['period', monthEnds, '2026-02-27', 'p2026-01-31', '2026-02-28'],
  ['period', monthEnds, '2026-02-28', 'p2026-02-28', '2026-03-31'],
])('%s (%o): %s is in %s, then %s', (over, period, day, key, next) => {
  expect(periodKey(over, day as LocalDate, period)).toBe(key)
  expect(nextPeriod(over, day as LocalDate, period)).toBe(next)
})

// biome-ignore format: aligned rows
test.each([
  ['d2026-01-09',  true ],
  ['d2026-01-10',  false],
  ['w2025-12-29',  true ],
  ['w2026-01-05',  false],
  ['m2025-12',     true ],
  ['m2026-01',     false],
  ['y2025',        true ],
  ['y2026',        false],
  ['p2025-12-24',  true ],
  ['p2026-01-07',  false],
  ['e',            false],
])('%s ended before 10 January 2026: %s', (key, ended) => {
  expect(endedBefore(key, '2026-01-10' as LocalDate, weeks)).toBe(ended)
})
