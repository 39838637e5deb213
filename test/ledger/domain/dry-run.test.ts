import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import { DryRun, type PastEvent } from '../../../subgraphs/ledger/domain/dry-run.ts'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { programWith, withRules } from '../program-of.ts'

const current = programWith()
const draft = programWith(
  withRules(`  - { id: spend, on: purchase, asset: points, award: { points: 2, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "2.00" } }`),
)

const document = (on: string, more: Partial<SourceDocument>): SourceDocument => ({
  memberId: 'm',
  id: on,
  programKey: 1,
  ruleVersion: 1,
  kind: 'purchase',
  channel: 'store',
  number: on,
  store: undefined,
  operator: 'test',
  subject: undefined,
  quantity: undefined,
  amount: undefined,
  lines: [],
  awards: [],
  counted: undefined,
  tierBefore: 'ordinary',
  tierAfter: 'ordinary',
  effectiveAt: instant(`${on}T04:00:00Z`),
  body: Buffer.alloc(16),
  ...more,
})

const bought = (on: string, amount: bigint): PastEvent => ({
  document: document(on, { lines: [{ quantity: 1, amount }] }),
  burned: 0n,
})
const burned = (on: string, points: bigint): PastEvent => ({
  document: document(on, { kind: 'redemption' }),
  burned: points,
})

describe('a dry run', () => {
  const run = new DryRun(current, draft, instant('2026-12-31T04:00:00Z'))
  run.live('a', [bought('2026-01-10', 400_000n), burned('2026-02-10', 3_000n)])
  run.live('b', [
    bought('2025-01-10', 100_000n), // runs out in January
    burned('2026-03-10', 50n),
    {
      document: document('2026-04-10', { kind: 'activity', subject: 'unknown', quantity: 1 }),
      burned: 0n,
    },
    {
      document: document('2026-05-10', {
        kind: 'grant',
        awards: [{ rule: 'welcome', line: -1, asset: 'points', amount: 10n }],
      }),
      burned: 0n,
    },
  ])

  test('tells what each version makes of the same events', () => {
    expect(run.members).toBe(2)
    expect(run.current).toEqual({
      events: 6,
      refused: 1,
      pointsGiven: 5_010n,
      growthGiven: 5_000n,
      pointsRedeemed: 3_000n,
      pointsNotThere: 50n,
      pointsExpired: 1_000n,
      outstanding: 1_010n,
      tiers: [
        { tier: 'ordinary', members: 1 },
        { tier: 'advanced', members: 1 },
        { tier: 'vip', members: 0 },
      ],
    })
    expect(run.draft).toMatchObject({
      pointsGiven: 10_010n,
      growthGiven: 2_500n,
      pointsRedeemed: 3_000n,
      pointsExpired: 2_000n,
      outstanding: 5_010n,
    })
  })

  test('and who would stand elsewhere', () => {
    expect(run.moves).toEqual([{ from: 'advanced', to: 'ordinary', members: 1 }])
  })

  test('of a first version has nothing to compare with', () => {
    const first = new DryRun(undefined, draft, instant('2026-12-31T04:00:00Z'))
    first.live('a', [bought('2026-01-10', 100n)])
    expect([first.current, first.moves, first.draft.outstanding]).toEqual([undefined, [], 2n])
  })
})
