import { describe, expect, test } from 'vitest'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { Desk } from '../desk.ts'
import { lab } from '../lab-clubs.ts'

const FOREVER = 'validity: { kind: never }'
const falling = (downgrade: string): string =>
  `downgrade: ${downgrade}\nadjustments: { limits: {}, growth: { limits: {}, tierFalls: at-once } }`
const atReview = lab(FOREVER)
const toFit = lab(FOREVER, { more: falling('to-fit') })
const oneStep = lab(FOREVER, { more: falling('one-step') })

const bought = (program: Program, yuan: number): Desk => {
  const desk = new Desk(program, '2026-01-05T04:00:00Z')
  desk.buy('b', '2026-01-05T04:00:00Z', [{ amount: `${yuan}.00`, quantity: 1 }])
  return desk.at('2026-01-06T04:00:00Z')
}

// biome-ignore format: aligned rows
test.each<[string, Program, number, bigint, string, string | undefined]>([
  // rules      programme bought  corrected  tier      why it is another
  ['at review', atReview,     0,      100n, 'silver', 'reached'], // silver at 100, gold at 300
  ['at review', atReview,     0,       99n, 'base',    undefined],
  ['at review', atReview,   250,       50n, 'gold',   'reached'],
  ['at review', atReview,   300,     -300n, 'gold',    undefined],
  ['to fit',    toFit,      300,       -1n, 'silver', 'staff'  ],
  ['to fit',    toFit,      300,     -201n, 'base',   'staff'  ],
  ['to fit',    toFit,      310,      -10n, 'gold',    undefined],
  ['one step',  oneStep,    300,     -300n, 'silver', 'staff'  ],
])('%s: %3$s bought, corrected by %4$s: %5$s', (_name, program, yuan, by, tier, reason) => {
  const desk = bought(program, yuan)
  const before = desk.caughtUp().tier
  const { ok } = desk.adjust('case', by, 'growth')
  expect(ok).toBe(true)
  const { document } = desk.past.at(-1)!
  expect([document.tierBefore, document.tierAfter]).toEqual([before, tier])
  expect(desk.changes.at(-1)?.reason).toBe(reason ?? (yuan >= 100 ? 'reached' : undefined))
  expect(desk.standing()).toEqual(desk.ideal())
})

describe('a correction of growth', () => {
  test('takes no more than there is, and says how much there is', () => {
    const desk = bought(atReview, 40)
    expect(desk.adjust('case', -41n, 'growth')).toMatchObject({
      ok: false,
      refusal: { code: 'INSUFFICIENT_GROWTH', details: { available: '40' } },
    })
    expect(desk.adjust('zero', 0n, 'growth')).toMatchObject({ refusal: { code: 'GROWTH_NOT_POSITIVE' } })
  })

  test('does not take a tier that was there without growth', () => {
    const program = lab(FOREVER, {
      more: falling('to-fit'),
      rules: '\n  - { id: bind, on: activity, activities: [bind], asset: growth, award: { points: 30 } }',
    })
    const upgraded = {
      ...program,
      tiers: program.tiers.map((tier) => (tier.id === 'gold' ? { ...tier, direct: ['bind'] } : tier)),
    }
    const desk = new Desk(upgraded, '2026-01-06T04:00:00Z')
    desk.act('a', '2026-01-05T04:00:00Z', 'bind')
    expect(desk.state.tier).toBe('gold')
    desk.adjust('case', -30n, 'growth')
    expect(desk.state.tier).toBe('gold')
  })

  test('a purchase that comes late carries the tier over a correction made before', () => {
    const desk = bought(toFit, 120)
    desk.adjust('case', -50n, 'growth')
    expect(desk.state.tier).toBe('base')
    desk.at('2026-01-08T04:00:00Z')
    desk.buy('late', '2026-01-05T12:00:00Z', [{ amount: '60.00', quantity: 1 }])
    // In order of effect there were 180 when 50 were taken.
    expect(desk.state.tier).toBe('silver')
    expect(desk.standing()).toEqual(desk.ideal())
  })

  test('a return takes the growth that staff has not taken yet, and the rest is owed', () => {
    const desk = bought(toFit, 120)
    desk.adjust('case', -50n, 'growth')
    desk.giveBack('b')
    const { available, owed } = desk.wallet('growth')
    expect([available, owed]).toEqual([0n, 50n])
    expect(desk.standing()).toEqual(desk.ideal())
  })
})
