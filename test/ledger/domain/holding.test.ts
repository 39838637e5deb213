import { describe, expect, test } from 'vitest'
import type { Result } from '../../../kernel/values/result.ts'
import { Desk } from '../desk.ts'
import { lab } from '../lab-clubs.ts'

const noon = (day: string) => `${day}T04:00:00Z`

/** 60 to 1 January, 40 to 1 February of the next year. */
function openDesk(points = 'validity: { kind: rolling, months: 12 }'): Desk {
  const desk = new Desk(lab(points), noon('2026-01-01'))
  desk.grant('first', noon('2026-01-01'), 60n)
  desk.at(noon('2026-02-01')).grant('second', noon('2026-02-01'), 40n)
  return desk
}

const codeOf = (result: Result<unknown>) => (result.ok ? 'done' : result.refusal.code)
const sums = (desk: Desk) => {
  const { available, held, spent, expired } = desk.wallet('points')
  return [available, held, spent, expired]
}
const lots = (desk: Desk) =>
  desk.wallet('points').lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])

describe('a hold', () => {
  test('sets points aside, the soonest-expiring first; what is captured is spent, the rest goes back to its lots', () => {
    const desk = openDesk()
    desk.hold('order', 70n)
    expect([sums(desk), lots(desk)]).toEqual([[30n, 70n, 0n, 0n], [['2027-02-01', 30n]]])
    desk.capture('order', 15n)
    desk.capture('order', 10n)
    expect(sums(desk)).toEqual([30n, 45n, 25n, 0n])
    desk.release('order')
    expect([sums(desk), lots(desk)]).toEqual([
      [75n, 0n, 25n, 0n],
      [
        ['2027-01-01', 35n],
        ['2027-02-01', 40n],
      ],
    ])
    expect(desk.entries.slice(2).map(({ kind, moves }) => [kind, moves[0]!.amount])).toEqual([
      ['hold', 70n],
      ['capture', 15n],
      ['capture', 10n],
      ['release', 45n],
    ])
  })

  test('captured whole is closed; what a hold may still give is told', () => {
    const desk = openDesk()
    desk.hold('order', 70n)
    expect(codeOf(desk.capture('order', 71n))).toBe('EXCEEDS_HOLD')
    expect(codeOf(desk.capture('order'))).toBe('done')
    expect(desk.capture('order')).toMatchObject({ refusal: { code: 'HOLD_CLOSED' } })
    expect(sums(desk)).toEqual([30n, 0n, 70n, 0n])
  })

  test('lapses by itself at its moment, before whatever happens at that moment', () => {
    const desk = openDesk()
    desk.hold('order', 70n, '2026-02-01T05:00:00Z')
    desk.at('2026-02-01T04:59:59.999Z')
    expect(sums(desk)).toEqual([30n, 70n, 0n, 0n])
    desk.at('2026-02-01T05:00:00Z')
    expect(sums(desk)).toEqual([100n, 0n, 0n, 0n])
    expect(codeOf(desk.capture('order'))).toBe('HOLD_CLOSED')
    // A late sweep does not stand in the way of who spends.
    expect(codeOf(desk.redeem('bill', 100n))).toBe('done')
    expect(desk.entries.at(-2)).toMatchObject({ kind: 'release', documentId: undefined })
  })

  // biome-ignore format: aligned rows
  test.each([
    // grace  what is good of the 60 that ran out while they were held, and what ran out
    [0,  [['2027-02-01', '40']],                          '60'],
    [7,  [['2027-01-12', '60'], ['2027-02-01', '40']],    '0'],
  ])('what ran out while it was held: %s days of grace leave %j', (graceDays, left, expired) => {
    const desk = openDesk(`validity: { kind: rolling, months: 12 }, graceDays: ${graceDays}`)
    desk.at(noon('2026-12-31')).hold('order', 80n, noon('2027-01-05'))
    desk.at(noon('2027-01-04'))
    expect(sums(desk)).toEqual([20n, 80n, 0n, 0n]) // Held points do not run out.
    desk.at(noon('2027-01-05'))
    expect(lots(desk).map(([day, points]) => [day, String(points)])).toEqual(left)
    expect(String(desk.wallet('points').expired)).toBe(expired)
    expect(desk.standing()).toEqual(desk.ideal())
  })

  // biome-ignore format: aligned rows
  test.each([
    // points             lapses at                refusal
    [10n ** 12n + 1n,     '2026-01-01T00:00:00Z',  'AMOUNT_NOT_VALID'],
    [0n,                  '2026-01-01T00:00:00Z',  'POINTS_NOT_POSITIVE'],
    [101n,                '2026-02-01T04:00:00Z',  'LAPSE_NOT_VALID'],
    [101n,                '2027-02-03T04:00:00Z',  'LAPSE_NOT_VALID'],
    [101n,                '2027-02-02T04:00:00Z',  'INSUFFICIENT_POINTS'],
    [100n,                '2026-02-01T04:00:00.001Z', 'done'],
  ])('of %s points to %s: %s', (points, lapsesAt, code) => {
    expect(codeOf(openDesk().hold('order', points, lapsesAt))).toBe(code)
  })

  // biome-ignore format: aligned rows
  test.each([
    // hold      points   refusal
    ['nobody',   0n,      'HOLD_NOT_FOUND'],
    ['ended',    0n,      'POINTS_NOT_POSITIVE'],
    ['ended',    999n,    'HOLD_CLOSED'],
    ['order',    21n,     'EXCEEDS_HOLD'],
    ['order',    20n,     'done'],
  ])('capture of %s, %s points: %s', (hold, points, code) => {
    const desk = openDesk()
    desk.hold('order', 20n)
    desk.hold('ended', 20n)
    desk.release('ended')
    expect(codeOf(desk.capture(hold, points))).toBe(code)
  })
})

describe('points that wait', () => {
  test('for some days are available from that day on; their validity may begin with it', () => {
    const desk = new Desk(
      lab('validity: { kind: rolling, days: 30 }, pending: { days: 14 }, validFrom: release'),
      noon('2026-03-01'),
    )
    desk.buy('b', noon('2026-03-01'), [{ amount: '80.00' }])
    expect([desk.wallet('points').available, desk.wallet('points').pending]).toEqual([0n, 80n])
    expect(desk.wallet('growth').available).toBe(80n) // Growth waits only by a rule of its own.
    expect(desk.at('2026-03-14T15:59:59Z').wallet('points').available).toBe(0n)
    expect(lots(desk.at('2026-03-14T16:00:00Z'))).toEqual([['2026-04-14', 80n]])
  })

  test('for an activity are available with it', () => {
    const desk = new Desk(
      lab('validity: { kind: rolling, days: 30 }, validFrom: release', {
        rules: `
  - { id: welcome, on: purchase, asset: points, award: { points: 100 }, pending: { until: bind } }`,
      }),
      noon('2026-03-01'),
    )
    desk.buy('b', noon('2026-03-01'), [{ amount: '1.00' }])
    expect([desk.wallet('points').available, desk.wallet('points').pending]).toEqual([1n, 100n])
    desk.at(noon('2026-03-20')).act('bound', noon('2026-03-20'), 'bind')
    expect(lots(desk)).toEqual([
      ['2026-03-31', 1n],
      ['2026-04-19', 100n],
    ])
    expect(desk.standing()).toEqual(desk.ideal())
  })
})
