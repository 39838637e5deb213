import { describe, expect, it } from 'vitest'
import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import { instant, toIso } from '../../../kernel/values/instant.ts'
import type { TierChanged } from '../../../schema/events/ledger.ts'
import type { Benefit } from '../../../subgraphs/benefits/domain/benefit.ts'
import { decideGrant, decideTierGrants, endOfValidity } from '../../../subgraphs/benefits/domain/grant.ts'

const benefit = (slug: string, usesByTier: Record<string, number>): Benefit => ({
  program: 'super-member',
  slug,
  version: 1,
  listed: true,
  definition: {
    id: slug,
    name: { en: slug, 'zh-CN': slug },
    type: 'goods',
    class: 'basic',
    usesByTier,
    validMonths: 12,
  },
})

const cake = benefit('cake', { ordinary: 0, advanced: 1, vip: 1 })
const ticket = benefit('ticket', { advanced: 1, vip: 2 })

const change = (to: string, direction: 'up' | 'down' = 'up', sequence = 1): TierChanged => ({
  program: 'super-member',
  sequence,
  from: 'ordinary',
  to,
  direction,
})

const decide = (of: TierChanged, alreadyGranted: readonly EntitlementId[] = []) =>
  decideTierGrants({
    memberId: '00000000-0000-7000-8000-000000000001' as MemberId,
    change: of,
    at: instant('2026-01-15T20:00:00Z'),
    timeZone: 'Asia/Shanghai',
    benefits: [cake, ticket],
    alreadyGranted: new Set(alreadyGranted),
  })

describe('a change of tier', () => {
  it.each([
    ['up to a tier of the matrix', change('vip'), { cake: 1, ticket: 2 }],
    ['up to a tier with 0 uses or none', change('ordinary'), {}],
    ['up to a tier that the matrix does not know', change('diamond'), {}],
    ['down', change('advanced', 'down'), {}],
  ])('%s gives its row', (_, of, expected) => {
    expect(Object.fromEntries(decide(of).map((grant) => [grant.benefit.slug, grant.uses]))).toEqual(expected)
  })

  it('gives nothing that it gave before', () => {
    const ids = decide(change('vip')).map((grant) => grant.id)
    expect(decide(change('vip'), ids)).toEqual([])
    expect(decide(change('vip'), ids.slice(0, 1)).map((grant) => grant.benefit.slug)).toEqual(['ticket'])
  })

  it('gives anew on the next rise', () => {
    const ids = decide(change('vip')).map((grant) => grant.id)
    expect(decide(change('vip', 'up', 3), ids)).toHaveLength(2)
  })
})

describe('validity', () => {
  it.each([
    // granted at              months  ends before
    ['2026-01-15T20:00:00Z', 12, '2027-01-16T16:00:00.000Z'], // the 16th in Shanghai
    ['2026-01-15T15:59:59Z', 12, '2027-01-15T16:00:00.000Z'], // still the 15th there
    ['2026-01-31T00:00:00Z', 1, '2026-02-28T16:00:00.000Z'], // the last day of a shorter month
  ])('from %s for %i months ends before %s', (from, months, until) => {
    expect(toIso(endOfValidity(instant(from), months, 'Asia/Shanghai'))).toBe(until)
  })
})

describe('a grant by hand', () => {
  it.each([
    [undefined, 0, 'BENEFIT_NOT_FOUND'],
    [{ ...cake, listed: false }, 0, 'BENEFIT_DELISTED'], // wins over the uses
    [cake, 0, 'USES_NOT_POSITIVE'],
    [cake, -1, 'USES_NOT_POSITIVE'],
    [cake, 1, undefined],
  ])('%#', (of, uses, code) => {
    const decision = decideGrant(of, uses)
    expect(decision.ok ? undefined : decision.refusal.code).toBe(code)
  })
})
