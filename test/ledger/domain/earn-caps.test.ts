import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, type Instant, instant, localDate } from '../../../kernel/values/instant.ts'
import { rate } from '../../../subgraphs/ledger/domain/earn.ts'
import { activityOn, compiled, newMember, pointsOf, programOf, purchaseOn, rateAll } from '../rating.ts'

const spend = '  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }'
const share = '  - { id: share, on: activity, activities: [share], asset: points, award: { points: 2 } }'
const capped = (cap: string) => `caps:\n  - { id: cap, ${cap} }`
const bought = (at: string, yuan: string) => purchaseOn(at, [{ yuan }])

describe('what is too much', () => {
  const days = ['2026-01-10T04:00Z', '2026-01-10T05:00Z', '2026-01-11T04:00Z', '2026-01-12T04:00Z']
  const events = [
    bought(days[0]!, '80'),
    bought(days[1]!, '80'),
    bought(days[2]!, '30'),
    bought(days[3]!, '5'),
  ]

  // biome-ignore format: aligned rows
  test.each([
    // over          points of the four purchases
    ['clip',        [80n, 20n,  30n,  5n]],
    ['reject',      [80n,  0n,  30n,  5n]],
    ['carry-over',  [80n, 20n,  90n,  5n]], // the 60 left over come with the next day
  ])('of 100 a day: %s', (over, expected) => {
    const program = programOf(spend, capped(`rules: [spend], per: day, points: 100, over: ${over}`))
    expect(rateAll(program, events).points).toEqual(expected)
  })

  test('carries over within the cap of the later day, until all is given', () => {
    const program = programOf(spend, capped('rules: [spend], per: day, points: 100, over: carry-over'))
    const run = rateAll(program, [bought(days[0]!, '250'), bought(days[2]!, '10'), bought(days[3]!, '10')])
    expect(run.points).toEqual([100n, 100n, 70n]) // 250 + 10 + 10 in all
    expect(run.ratings[1]!.workings[0]).toMatchObject({ amount: 100n, carriedOver: 90n })
    expect(Object.keys(run.state.counters).filter((key) => key.startsWith('o:'))).toEqual([])
  })

  test('for another cap that clips is lost, and not carried over', () => {
    const caps = `caps:
  - { id: daily, rules: [spend], per: day, points: 100, over: carry-over }
  - { id: yearly, rules: [spend], per: year, points: 130 }`
    const run = rateAll(programOf(spend, caps), [bought(days[0]!, '500'), bought('2027-01-01T04:00Z', '10')])
    // 130 a year: 100 at once, 30 later; 370 are lost.
    expect(run.points).toEqual([100n, 40n])
  })

  test('that is carried over belongs to no line', () => {
    const program = programOf(spend, capped('rules: [spend], per: day, points: 100, over: carry-over'))
    const { ratings } = rateAll(program, [bought(days[0]!, '130'), bought(days[2]!, '10')])
    expect(ratings[1]!.awards).toEqual([
      { rule: 'spend', line: 0, asset: 'points', amount: 10n },
      { rule: 'spend', line: -1, asset: 'points', amount: 30n },
    ])
  })

  test('is taken from the last lines first', () => {
    const program = programOf(spend, capped('rules: [spend], per: day, points: 25'))
    const basket = purchaseOn(days[0]!, [{ yuan: '10' }, { yuan: '10' }, { yuan: '10' }])
    expect(rateAll(program, [basket]).ratings[0]!.awards.map(({ amount }) => amount)).toEqual([10n, 10n, 5n])
  })

  test('is told with the cap and what it held back', () => {
    const program = programOf(spend, capped('rules: [spend], per: day, points: 100'))
    const { ratings } = rateAll(program, [events[0]!, events[1]!, events[1]!])
    expect(ratings[1]!.workings[0]).toMatchObject({ amount: 20n, withheld: 60n, cap: 'cap' })
    expect(ratings[2]!.skipped).toEqual([
      {
        rule: 'spend',
        reason: 'CAP_REACHED',
        details: { cap: 'cap', limit: '100', opensAt: '2026-01-10T16:00:00.000Z' },
      },
    ])
  })
})

describe('a refusal', () => {
  // 12:00 on Saturday 10 January in Shanghai.
  const at = '2026-01-10T04:00Z'
  // biome-ignore format: aligned rows
  test.each([
    ['per: day',    '2026-01-10T16:00:00.000Z'],
    ['per: week',   '2026-01-11T16:00:00.000Z'],
    ['per: month',  '2026-01-31T16:00:00.000Z'],
    ['per: year',   '2026-12-31T16:00:00.000Z'],
    ['per: period', '2026-01-19T16:00:00.000Z'],
    ['per: ever',   'never'                   ],
  ])('of a cap %s says when it opens again', (per, opensAt) => {
    const program = programOf(share, `${capped(`rules: [share], ${per}, times: 1, over: reject`)}\nperiod: { from: "2026-01-06", days: 14 }`)
    const { state } = rateAll(program, [activityOn(at, 'share')])
    expect(rate(program, activityOn(at, 'share'), state, [])).toEqual({
      ok: false,
      refusal: { code: 'CAP_REACHED', details: { rule: 'share', cap: 'cap', limit: '1', opensAt } },
    })
  })

  test('of several names the one that opens last', () => {
    const caps = `caps:
  - { id: daily, rules: [share], per: day, times: 1, over: reject }
  - { id: monthly, rules: [share], per: month, times: 1, over: reject }`
    const program = programOf(share, caps)
    const { state } = rateAll(program, [activityOn(at, 'share')])
    const result = rate(program, activityOn(at, 'share'), state, [])
    expect(result.ok || result.refusal.details!.cap).toBe('monthly')
  })
})

test('a cap by tag limits its rules together', () => {
  const rules = `${share.replace('award:', 'tags: [activity], award:')}
  - { id: sign, on: activity, activities: [sign-in], asset: points, award: { points: 5 }, tags: [activity] }`
  const program = programOf(rules, capped('tag: activity, per: year, points: 8'))
  const at = '2026-03-01T04:00Z'
  const { points } = rateAll(
    program,
    ['sign-in', 'share', 'sign-in', 'share'].map((code) => activityOn(at, code)),
  )
  expect(points).toEqual([5n, 2n, 1n, 0n])
})

test('a fixed award for each piece counts each piece as a time', () => {
  const rule = share.replace('points: 2', 'points: 2, each: quantity')
  const program = programOf(rule, capped('rules: [share], per: day, times: 5'))
  const three = activityOn('2026-03-01T04:00Z', 'share', { quantity: 3 })
  expect(rateAll(program, [three, three, three]).points).toEqual([6n, 4n, 0n])
})

test('days are those of the programme, not of Greenwich', () => {
  const program = programOf(share, capped('rules: [share], per: day, times: 1'))
  const at = ['2026-01-10T15:59:59Z', '2026-01-10T16:00:00Z', '2026-01-11T15:59:59Z']
  expect(
    rateAll(
      program,
      at.map((moment) => activityOn(moment, 'share')),
    ).points,
  ).toEqual([2n, 2n, 0n])
})

describe('counters', () => {
  test('of rules without caps and stages are the very same object', () => {
    const program = programOf(spend)
    const result = rate(program, bought('2026-01-10T04:00Z', '10'), newMember, [])
    expect(result.ok && result.value.counters).toBe(newMember.counters)
  })

  test('of past periods are forgotten, after the days in which late events may come', () => {
    const program = programOf(share, `${capped('rules: [share], per: day, times: 3')}\nlateDays: 2`)
    const days = Array.from({ length: 40 }, (_, day) => instant('2026-01-01T04:00Z') + day * DAY_MS)
    const { state } = rateAll(
      program,
      days.map((at) => activityOn(new Date(at).toISOString(), 'share')),
    )
    expect(Object.keys(state.counters).sort()).toEqual([
      'c:cap@d2026-02-07',
      'c:cap@d2026-02-08',
      'c:cap@d2026-02-09',
      'forgotten',
    ])
  })

  test('that were forgotten give nothing again', () => {
    const program = programOf(share, `${capped('rules: [share], per: day, times: 1')}\nlateDays: 0`)
    const { points } = rateAll(
      program,
      ['2026-01-10', '2026-01-20', '2026-01-10'].map((day) => activityOn(`${day}T04:00Z`, 'share')),
    )
    expect(points).toEqual([2n, 2n, 0n])
  })
})

test('no cap is ever exceeded, in whatever order events come', () => {
  const program = programOf(
    `${spend}
${share.replace('award:', 'tags: [all], award:')}
  - { id: sign, on: activity, activities: [sign-in], asset: points, award: { points: 3, each: quantity }, tags: [all] }`,
    `lateDays: 3
caps:
  - { id: spend-day, rules: [spend], per: day, points: 50, over: carry-over }
  - { id: spend-month, rules: [spend], per: month, points: 200 }
  - { id: share-day, rules: [share], per: day, times: 2 }
  - { id: all-week, tag: all, per: week, points: 17 }
  - { id: sign-month, rules: [sign], per: month, times: 9, over: reject }`,
  )
  const start = instant('2026-01-25T00:00Z')
  const events = fc.array(
    fc.record({
      minutes: fc.integer({ min: 0, max: 60 * 24 * 20 }),
      kind: fc.constantFrom('buy', 'share', 'sign-in'),
      size: fc.integer({ min: 1, max: 120 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  fc.assert(
    fc.property(events, (given) => {
      const all = given.map(({ minutes, kind, size }) => {
        const at = new Date(start + minutes * 60_000).toISOString()
        if (kind === 'buy') return bought(at, String(size))
        return activityOn(at, kind, { quantity: (size % 4) + 1 })
      })
      const { ratings } = rateAll(program, all)
      const sums = new Map<string, bigint>()
      const add = (key: string, amount: bigint) => sums.set(key, (sums.get(key) ?? 0n) + amount)
      for (const [index, rating] of ratings.entries()) {
        const day = localDate(all[index]!.occurredAt, 'Asia/Shanghai')
        const monday = localDate(
          (all[index]!.occurredAt - weekdayOf(day) * DAY_MS) as Instant,
          'Asia/Shanghai',
        )
        for (const { rule, amount } of rating?.awards ?? []) {
          add(`${rule} day ${day}`, amount)
          add(`${rule} month ${day.slice(0, 7)}`, amount)
          if (rule !== 'spend') add(`activities week ${monday}`, amount)
        }
      }
      const limits: Record<string, bigint> = {
        'spend day': 50n,
        'spend month': 200n,
        'share day': 4n,
        'activities week': 17n,
        'sign month': 27n,
      }
      for (const [key, sum] of sums) {
        const limit = limits[key.slice(0, key.lastIndexOf(' '))]
        if (limit !== undefined) expect(sum, key).toBeLessThanOrEqual(limit)
      }
      // Nothing is made of nothing: carried points were once held back.
      const spent = all.reduce(
        (sum, event) => (event.kind === 'purchase' ? sum + event.lines[0]!.amount / 100n : sum),
        0n,
      )
      const earned = [...sums].reduce(
        (sum, [key, amount]) => (key.startsWith('spend day') ? sum + amount : sum),
        0n,
      )
      expect(earned).toBeLessThanOrEqual(spent)
    }),
    { numRuns: 300 },
  )
})

const weekdayOf = (day: string): number => (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7

describe('a year of the car club', () => {
  const program = compiled(readFileSync('programs/auto-brand.yaml', 'utf8'))
  const member = { ...newMember, tier: 'ordinary' }
  const newYear = instant('2026-12-31T16:00:00Z')
  /** Every day of 2027: signs in, shares five times, and visits each tenth day's event. */
  const diligent = Array.from({ length: 365 }, (_, day) => {
    const at = new Date(newYear + day * DAY_MS + 3_600_000).toISOString()
    return [
      activityOn(at, 'sign-in'),
      ...Array.from({ length: 5 }, () => activityOn(at, 'share')),
      ...(day % 10 === 0 ? [activityOn(at, 'event')] : []),
    ]
  }).flat()
  const earnedBy = (events: typeof diligent) => {
    const sums: Record<string, bigint> = {}
    for (const rating of rateAll(program, events, member).ratings)
      for (const { rule, amount } of rating!.awards) sums[rule] = (sums[rule] ?? 0n) + amount
    return sums
  }

  test('brings 365 + 384 + 500 = 1,249 activity points', () => {
    expect(earnedBy(diligent)).toEqual({ 'sign-in': 365n, share: 384n, event: 500n })
  })

  test('and no more with thousands of further tries at random moments', () => {
    const seed = fc.sample(
      fc.record({
        ms: fc.integer({ min: 0, max: 365 * DAY_MS - 1 }),
        code: fc.constantFrom('sign-in', 'share', 'event'),
      }),
      { numRuns: 4_000, seed: 7 },
    )
    const tries = seed.map(({ ms, code }) => activityOn(new Date(newYear + ms).toISOString(), code))
    const inOrder = [...diligent, ...tries].sort((a, b) => a.occurredAt - b.occurredAt)
    expect(earnedBy(inOrder)).toEqual({ 'sign-in': 365n, share: 384n, event: 500n })
    const shuffled = [...diligent, ...tries].sort((a, b) => (a.occurredAt % 9_973) - (b.occurredAt % 9_973))
    const sums = earnedBy(shuffled)
    expect(sums['sign-in']).toBeLessThanOrEqual(365n)
    expect(sums.share).toBeLessThanOrEqual(384n)
    expect(sums.event).toBeLessThanOrEqual(500n)
  })

  test('of 366 days has 365 sign-ins', () => {
    const leap = Array.from({ length: 366 }, (_, day) =>
      activityOn(new Date(instant('2027-12-31T16:00:00Z') + day * DAY_MS).toISOString(), 'sign-in'),
    )
    expect(earnedBy(leap)).toEqual({ 'sign-in': 365n })
  })

  test('counts 1 point for 1,000 yuan of service and for 100 yuan of parts, line by line', () => {
    const visit = purchaseOn('2027-03-01T04:00Z', [
      { yuan: '1500', category: 'labour' },
      { yuan: '450', category: 'parts' },
      { yuan: '500', category: 'maintenance' },
      { yuan: '200000', category: 'vehicle' },
    ])
    const [rating] = rateAll(program, [visit], member).ratings
    const points = rating!.awards.filter(({ asset }) => asset === 'points')
    expect(points.map(({ rule, line, amount }) => [rule, line, amount])).toEqual([
      ['service', 0, 1n],
      ['service', 2, 1n],
      ['parts', 1, 4n],
    ])
    expect(pointsOf(rating!)).toBe(6n + 2_450n)
  })
})
