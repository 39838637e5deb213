import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Desk } from '../desk.ts'
import { times } from '../hard/length.ts'
import { clubs, lab } from '../lab-clubs.ts'
import { plusDays } from '../naive-ledger.ts'

const RUNS = Number(process.env.REPLAY_RUNS ?? times(150, 2_000))
const FIRST = '2026-01-05'
const moment = (day: number, hour: number): string =>
  `${plusDays(FIRST, day)}T${String(hour).padStart(2, '0')}:00:00Z`

const noon = (day: string) => `${day}T04:00:00Z`

describe('sell, then return everything: nothing ever happened', () => {
  const line = fc.record({ yuan: fc.integer({ min: 0, max: 250 }), quantity: fc.integer({ min: 1, max: 4 }) })
  const lines = fc.array(line, { minLength: 1, maxLength: 3 })
  const sale = fc.record({
    day: fc.nat(60),
    /** Otherwise it stays sold. */
    comesBack: fc.boolean(),
    lines,
    burn: fc.integer({ min: 0, max: 100 }),
    /** Points pay at once, by a hold captured, or not at all. */
    how: fc.constantFrom('redeem', 'hold', 'no'),
    delay: fc.nat(9),
    after: fc.integer({ min: 0, max: 90 }),
    order: fc.array(fc.record({ line: fc.nat(2), quantity: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 5,
    }),
  })
  /** Comes to both; some of it late. */
  const deed = fc.record({
    day: fc.nat(90),
    delay: fc.constantFrom(0, 0, 3, 20),
    code: fc.constantFrom('sign-in', 'bind', 'gift'),
  })

  test('with other purchases, late ones, burns, sweeps and partial returns in between', () => {
    let returned = 0
    let refunded = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(clubs)),
        fc.array(sale, { minLength: 1, maxLength: 8 }),
        fc.array(deed, { maxLength: 6 }),
        (name, sales, deeds) => {
          const program = clubs[name]!
          const real = new Desk(program, moment(0, 0))
          const never = new Desk(program, moment(0, 0))
          const steps: { day: number; hour: number; run: (now: string) => void }[] = []
          for (const [index, { day, delay, code }] of deeds.entries())
            steps.push({
              day: day + delay,
              hour: 4,
              run: (now) => {
                for (const desk of [real.at(now), never.at(now)])
                  if (code === 'gift') expect(desk.grant(`deed ${index}`, moment(day, 4), 30n).ok).toBe(true)
                  else if (program.activities.has(code))
                    expect(desk.act(`deed ${index}`, moment(day, 4), code).ok).toBe(true)
              },
            })
          for (const [index, each] of sales.entries()) {
            const bill = `bill ${index}`
            const bought = each.lines.map(({ yuan, quantity }) => ({ amount: `${yuan}.00`, quantity }))
            const desks = each.comesBack ? [real] : [real, never]
            steps.push({
              day: each.day + each.delay,
              hour: 3,
              run: (now) => {
                for (const desk of desks)
                  expect(desk.at(now).buy(bill, moment(each.day, 2), bought).ok).toBe(true)
              },
            })
            steps.push({
              day: each.day + each.delay,
              hour: 5,
              run: (now) => {
                const most = desks
                  .map((desk) => desk.at(now).wallet('points').available)
                  .reduce((a, b) => (a < b ? a : b))
                const points = (most * BigInt(each.burn)) / 100n
                if (points === 0n || each.how === 'no') return
                for (const desk of desks) {
                  if (each.how === 'redeem') expect(desk.redeem(bill, points).ok).toBe(true)
                  else {
                    expect(desk.hold(bill, points).ok).toBe(true)
                    expect(desk.capture(bill, points).ok).toBe(true)
                  }
                }
              },
            })
            if (!each.comesBack) continue
            const last = each.day + each.delay + each.after
            for (const [piece, { line, quantity }] of each.order.entries())
              steps.push({
                day: Math.max(each.day + each.delay, last - 5 + piece),
                hour: 6 + piece,
                run: (now) => {
                  if (real.at(now).giveBack(bill, [{ line, quantity }], `${bill} ${piece}`).ok) returned += 1
                },
              })
            steps.push({
              day: last,
              hour: 20,
              run: (now) => {
                const before = real.at(now).wallet('points').spent
                const result = real.giveBack(bill, undefined, `${bill} all`)
                if (!result.ok) expect(result.refusal.code).toBe('ALREADY_RETURNED')
                if (real.wallet('points').spent < before) refunded += 1
              },
            })
          }
          for (const { day, hour, run } of steps.toSorted((a, b) => a.day - b.day || a.hour - b.hour)) {
            run(moment(day, hour))
            expect(real.standing()).toEqual(real.ideal())
          }
          const end = moment(170, 4)
          expect(real.at(end).standing()).toEqual(never.at(end).standing())
        },
      ),
      { numRuns: RUNS },
    )
    expect(returned).toBeGreaterThan(RUNS / 10)
    expect(refunded).toBeGreaterThan(RUNS / 10)
  })
})

const lasting = lab('validity: { kind: rolling, months: 12 }')
const twoLines = [
  { amount: '100.00', quantity: 2 },
  { amount: '51.00', quantity: 1 },
]

function openDesk(program = lasting): Desk {
  const desk = new Desk(program, noon('2026-03-01'))
  expect(desk.buy('b1', noon('2026-03-01'), twoLines).ok).toBe(true)
  return desk
}

describe('a return', () => {
  test('takes back what its lines have brought, piece by piece', () => {
    const desk = openDesk()
    expect(desk.wallet('points').available).toBe(151n)
    desk.giveBack('b1', [{ line: 0, quantity: 1 }])
    expect([desk.wallet('points').available, desk.wallet('growth').available]).toEqual([101n, 101n])
    desk.giveBack('b1', [{ line: 1, amount: '0.50' }])
    expect(desk.wallet('points').available).toBe(100n) // Of 100.50.
    desk.giveBack('b1')
    expect([desk.wallet('points').available, desk.wallet('points').owed, desk.state.tier]).toEqual([
      0n,
      0n,
      'base',
    ])
    expect(desk.entries.map(({ kind, moves }) => [kind, ...moves.map(({ amount }) => amount)])).toEqual([
      ['earn', 151n, 151n],
      ['reverse', 50n, 50n],
      ['reverse', 1n, 1n],
      ['reverse', 100n, 100n],
    ])
  })

  test('gives back the very lots that were burned on the bill, as the money comes back', () => {
    const desk = new Desk(lasting, noon('2026-01-01'))
    desk.grant('old', noon('2026-01-01'), 60n)
    desk.at(noon('2026-02-01')).grant('newer', noon('2026-02-01'), 60n)
    desk.at(noon('2026-03-01')).buy('b1', noon('2026-03-01'), twoLines)
    desk.redeem('b1', 90n)
    desk.at(noon('2026-03-10')).giveBack('b1', [{ line: 0, quantity: 1 }])
    // 50 of 151 came back: 29 of 90 points, from the lot that was used last.
    expect(desk.wallet('points').lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])).toEqual([
      ['2027-02-01', 59n],
      ['2027-03-01', 101n],
    ])
    desk.giveBack('b1')
    expect(desk.wallet('points').lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])).toEqual([
      ['2027-01-01', 60n],
      ['2027-02-01', 60n],
    ])
    const refunds = desk.entries.filter(({ kind }) => kind === 'refund')
    expect(refunds.map(({ moves }) => moves[0]!.amount)).toEqual([29n, 61n])
  })

  test('takes from what waits before what is there', () => {
    const desk = openDesk(lab('validity: { kind: rolling, months: 12 }, pending: { days: 14 }'))
    desk.grant('gift', noon('2026-03-01'), 40n)
    expect([desk.wallet('points').available, desk.wallet('points').pending]).toEqual([40n, 151n])
    desk.giveBack('b1', [{ line: 1 }])
    expect([desk.wallet('points').available, desk.wallet('points').pending]).toEqual([40n, 100n])
    expect(desk.entries.at(-1)).toMatchObject({ kind: 'reverse' })
    expect(desk.entries.at(-2)).toMatchObject({ kind: 'cancel', moves: [{ asset: 'points', amount: 51n }] })
    desk.at(noon('2026-03-15'))
    expect([desk.wallet('points').available, desk.wallet('points').pending]).toEqual([140n, 0n])
  })

  test('rolls the tier back, and what was earned by it', () => {
    const desk = new Desk(lasting, noon('2026-03-01'))
    desk.buy('big', noon('2026-03-01'), [{ amount: '300.00' }])
    expect(desk.state.tier).toBe('gold')
    desk.at(noon('2026-03-02')).buy('small', noon('2026-03-02'), [{ amount: '50.00' }])
    expect(desk.wallet('points').available).toBe(400n)
    desk.at(noon('2026-03-03')).giveBack('big')
    expect([desk.state.tier, desk.state.tierUntil, desk.wallet('points').available]).toEqual([
      'base',
      undefined,
      50n,
    ])
  })

  describe('of points that are spent already', () => {
    const spent = (policy: string): Desk => {
      const desk = openDesk(
        lab('validity: { kind: rolling, months: 12 }', { more: `returns: { spent: ${policy} }` }),
      )
      desk.redeem('other bill', 120n)
      return desk
    }

    test('is owed, and later earnings repay it first', () => {
      const desk = spent('debt')
      desk.giveBack('b1')
      expect([desk.wallet('points').available, desk.wallet('points').owed]).toEqual([0n, 120n])
      desk.at(noon('2026-03-02')).buy('b2', noon('2026-03-02'), [{ amount: '150.00' }])
      expect(desk.wallet('points')).toMatchObject({ available: 30n, owed: 0n })
      expect(desk.entries.at(-1)!.moves[0]).toMatchObject({
        amount: 150n,
        after: 30n,
        lots: [{ amount: 30n }],
      })
    })

    test('is paid in cash where the programme says so', () => {
      const desk = spent('cash')
      const result = desk.giveBack('b1')
      expect(result.ok && result.value.awards).toContainEqual({
        rule: 'return:cash',
        line: -1,
        asset: 'points',
        amount: 120n,
      })
      expect(desk.wallet('points')).toMatchObject({ available: 0n, owed: 0n })
      expect(desk.standing()).toEqual(desk.ideal())
    })
  })

  // biome-ignore format: aligned rows
  test.each([
    // grace  left of the 60 that ran out between the purchase and the return, and until when
    [0,       []],
    [10,      [['2027-01-15', '60']]],
  ])('of points past their last day: %s days of grace leave %j', (graceDays, left) => {
    const desk = new Desk(lab(`validity: { kind: rolling, months: 12 }, graceDays: ${graceDays}`), noon('2026-01-02'))
    desk.grant('old', noon('2026-01-02'), 60n)
    desk.at(noon('2026-12-30')).buy('b1', noon('2026-12-30'), twoLines)
    desk.redeem('b1', 60n)
    desk.at(noon('2027-01-05')).giveBack('b1')
    expect(desk.wallet('points').lots.map(({ expiresOn, remaining }) => [expiresOn, String(remaining)])).toEqual(left)
    expect(desk.standing()).toEqual(desk.ideal())
    expect(desk.at(noon('2027-02-01')).wallet('points').expired).toBe(60n)
  })

  // biome-ignore format: aligned rows
  test.each([
    // what                      lines                                       on            refusal
    ['another bill',             [{ line: 0 }],                              '2026-03-02', 'PURCHASE_NOT_FOUND', 'b9'],
    ['no line',                  [],                                         '2026-03-02', 'LINES_MISSING'],
    ['a third line',             [{ line: 2, quantity: 0 }],                 '2026-03-02', 'LINE_NOT_FOUND'],
    ['no money',                 [{ line: 0, amount: '0', }],                '2026-03-02', 'AMOUNT_NOT_VALID'],
    ['less than nothing',        [{ line: 0, amount: '-1', quantity: 0 }],   '2026-03-02', 'AMOUNT_NOT_VALID'],
    ['no piece',                 [{ line: 0, quantity: 0 }],                 '2026-05-02', 'QUANTITY_NOT_POSITIVE'],
    ['tomorrow',                 [{ line: 0 }],                              '2026-05-02', 'OCCURRED_IN_FUTURE'],
    ['before it was bought',     [{ line: 0 }],                              '2026-02-28', 'RETURNED_BEFORE_PURCHASE'],
    ['a month later',            [{ line: 0, quantity: 9 }],                 '2026-03-31', undefined,   'b1', '2026-04-30'],
    ['a day too late',           [{ line: 0, quantity: 9 }],                 '2026-04-01', 'RETURN_WINDOW_OVER', 'b1', '2026-04-30'],
    ['the same twice',           [{ line: 1 }, { line: 1, quantity: 9 }],    '2026-03-02', 'ALREADY_RETURNED'],
    ['more pieces',              [{ line: 0, quantity: 3 }],                 '2026-03-02', 'EXCEEDS_PURCHASE'],
    ['more money',               [{ line: 1, amount: '51.01' }],             '2026-03-02', 'EXCEEDS_PURCHASE'],
    ['more bit by bit',          [{ line: 0, quantity: 1 }, { line: 0, quantity: 2 }], '2026-03-02', 'EXCEEDS_PURCHASE'],
  ] as const)('of %s: %j on %s is refused: %s', (_, lines, on, code, bill: string = 'b1', now: string = '2026-03-05') => {
    const desk = openDesk(lab('validity: { kind: rolling, months: 12 }', { more: 'returns: { withinDays: 30 }' }))
    const before = desk.standing()
    const result = desk.at(noon(now)).giveBack(bill, lines, 'r1', noon(on))
    expect(result.ok ? undefined : result.refusal.code).toBe(code === undefined ? 'EXCEEDS_PURCHASE' : code)
    expect(desk.at(noon('2026-03-01')).standing()).toEqual(before)
  })
})
