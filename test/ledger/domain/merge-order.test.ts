import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Desk, idOf } from '../desk.ts'
import { mergeDesks, unmergeDesks } from '../desk-merge.ts'
import { times } from '../hard/length.ts'
import { clubs, lab } from '../lab-clubs.ts'
import { plusDays } from '../naive-ledger.ts'

const RUNS = Number(process.env.REPLAY_RUNS ?? times(60, 2_000))
const FIRST = '2026-01-05'
const MERGED = 60

const moment = (day: number, hour: number): string =>
  `${plusDays(FIRST, day)}T${String(hour).padStart(2, '0')}:00:00Z`

type What =
  | { kind: 'buy'; yuan: number; quantity: number }
  | { kind: 'act'; code: string }
  | { kind: 'grant'; points: number }

/** Of one of two members, on a day; some come days late. */
type Event = What & { name: string; who: 'lin' | 'wang'; day: number; hour: number; delay: number }

const what: fc.Arbitrary<What> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('buy'),
      yuan: fc.integer({ min: 0, max: 220 }),
      quantity: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('act'), code: fc.constantFrom('sign-in', 'sign-in', 'bind') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('grant'), points: fc.integer({ min: 1, max: 90 }) }),
  },
)
const event = fc
  .tuple(
    what,
    fc.record({
      who: fc.constantFrom('lin' as const, 'wang' as const),
      day: fc.nat(120),
      hour: fc.constantFrom(0, 4, 4, 12, 20),
      delay: fc.integer({ min: 0, max: 40 }),
    }),
  )
  .map(([one, when]) => ({ ...one, ...when }))
const events = fc
  .array(event, { minLength: 1, maxLength: 14 })
  .map((list) => list.map((each, index): Event => ({ ...each, name: `n${index}` })))

interface Fact {
  kind: 'redeem' | 'hold' | 'capture' | 'release' | 'return' | 'sweep'
  who: 'lin' | 'wang'
  day: number
  share: number
}
const fact: fc.Arbitrary<Fact> = fc.record({
  kind: fc.constantFrom('redeem', 'redeem', 'hold', 'capture', 'release', 'return', 'sweep'),
  who: fc.constantFrom('lin' as const, 'wang' as const),
  day: fc.nat(130),
  share: fc.integer({ min: 1, max: 100 }),
})

/** Two members; on a day Wang becomes Lin, and what comes of his from then on comes to her account. */
class Couple {
  readonly lin: Desk
  readonly wang: Desk
  #joined: ReturnType<typeof mergeDesks> | undefined

  constructor(program: Desk['program']) {
    this.lin = new Desk(program, moment(0, 0), idOf('lin'))
    this.wang = new Desk(program, moment(0, 0), idOf('wang'))
  }

  /** The account of one of them as it is reached now. */
  of(who: 'lin' | 'wang', now: string): Desk {
    if (who === 'wang' && !this.#joined) return this.wang.at(now)
    this.lin.origin = who === 'wang' ? this.wang.memberId : undefined
    return this.lin.at(now)
  }

  merge(now: string): void {
    this.#joined = mergeDesks(this.wang, this.lin.at(now))
  }

  unmerge(now: string): void {
    unmergeDesks(this.wang, this.lin.at(now), this.#joined!)
    this.lin.origin = undefined
  }

  happen(event: Event, now: string): void {
    const desk = this.of(event.who, now)
    const at = moment(event.day, event.hour)
    if (event.kind === 'buy')
      expect(desk.buy(event.name, at, [{ amount: `${event.yuan}.00`, quantity: event.quantity }]).ok).toBe(
        true,
      )
    else if (event.kind === 'grant') expect(desk.grant(event.name, at, BigInt(event.points)).ok).toBe(true)
    else if (desk.program.activities.has(event.code))
      expect(desk.act(event.name, at, event.code).ok).toBe(true)
  }

  standing(): unknown {
    return [this.lin.standing(), this.wang.standing()]
  }

  ideal(): unknown {
    return [this.lin.ideal(), this.wang.ideal()]
  }
}

/** An event comes to the same account, however late it is: what crosses the merge comes after it in any case. */
const comesOn = ({ day, delay }: Event, late: boolean): number =>
  late || (day < MERGED && day + delay >= MERGED) ? Math.max(day, late ? day + delay : MERGED) : day

/** As many points as there are at both desks. */
const least = (desks: readonly Desk[]): bigint =>
  desks.map((desk) => desk.wallet('points').available).reduce((a, b) => (a < b ? a : b))

/** Lives through events and facts in two worlds at once: in the one all comes in time, in the other late. */
function liveTwice(
  program: Desk['program'],
  list: readonly Event[],
  facts: readonly Fact[],
  debtor: 'lin' | 'wang' | undefined,
) {
  const timely = new Couple(program)
  const tardy = new Couple(program)
  const both = [timely, tardy] as const
  const steps: { day: number; hour: number; run: (now: string) => void }[] = []
  for (const each of list)
    for (const [late, couple] of both.entries()) {
      const run = (now: string) => couple.happen(each, now)
      steps.push({ day: comesOn(each, late === 1), hour: each.hour, run })
    }
  // On the eve of the merge one of them buys, spends all there is, and takes back what was bought.
  const owe = (who: 'lin' | 'wang', now: string): void => {
    const desks = both.map((couple) => couple.of(who, now))
    for (const desk of desks) expect(desk.buy('debt', now, [{ amount: '80.00' }]).ok).toBe(true)
    const points = least(desks)
    for (const desk of desks) {
      if (points > 0n) expect(desk.redeem('spent', points).ok).toBe(true)
      expect(desk.giveBack('debt').ok).toBe(true)
    }
  }
  if (debtor) steps.push({ day: MERGED - 1, hour: 21, run: (now) => owe(debtor, now) })
  steps.push({ day: MERGED, hour: -1, run: () => both.map((couple) => couple.merge(moment(MERGED, 0))) })
  const open: string[] = []
  for (const [index, { kind, who, day, share }] of facts.entries()) {
    // Before the merge nothing is held: that would stay in an account which is left behind.
    const run = (now: string): void => {
      const desks = both.map((couple) => couple.of(day < MERGED ? who : 'lin', now)) as [Desk, Desk]
      const points = (least(desks) * BigInt(share)) / 100n
      const name = `f${index}`
      if (kind === 'sweep') for (const desk of desks) desk.sweep()
      else if (kind === 'redeem' && points > 0n)
        for (const desk of desks) expect(desk.redeem(name, points).ok).toBe(true)
      else if (day < MERGED) return
      else if (kind === 'hold' && points > 0n) {
        open.push(name)
        for (const desk of desks) expect(desk.hold(name, points, moment(day + 9, 6)).ok).toBe(true)
      } else if (kind === 'return') {
        const bill = `n${share % list.length}`
        const known = ({ past }: Desk) =>
          past.some(({ document }) => document.id === idOf(`purchase ${bill}`))
        if (!desks.every(known)) return
        const outcomes = desks.map((desk) => desk.giveBack(bill, undefined, name).ok)
        expect(outcomes[0]).toBe(outcomes[1])
      } else if (kind === 'capture' || kind === 'release') {
        const hold = open[share % Math.max(1, open.length)]
        if (hold === undefined) return
        const outcomes = desks.map(
          (desk) =>
            (kind === 'capture' ? desk.capture(hold, share % 3 === 0 ? undefined : 1n) : desk.release(hold))
              .ok,
        )
        expect(outcomes[0]).toBe(outcomes[1])
      }
    }
    steps.push({ day, hour: 5, run })
  }
  for (const { day, hour, run } of steps.toSorted((a, b) => a.day - b.day || a.hour - b.hour)) {
    run(moment(day, Math.max(hour, 0)))
    for (const couple of both) expect(couple.standing()).toEqual(couple.ideal())
  }
  return both
}

describe('of two members who become one', () => {
  test('events may come late, before the merge and after it, with burns, holds and returns: the books are the same', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(clubs)),
        events,
        fc.array(fact, { maxLength: 8 }),
        fc.constantFrom('lin' as const, 'wang' as const, undefined),
        (name, list, facts, debtor) => {
          const both = liveTwice(clubs[name]!, list, facts, debtor)
          const [timely, tardy] = both
          for (const couple of both)
            for (const who of ['lin', 'wang'] as const) couple.of(who, moment(170, 4))
          expect(tardy.standing()).toEqual(timely.standing())
          for (const couple of both) couple.unmerge(moment(170, 5))
          expect(tardy.standing()).toEqual(timely.standing())
        },
      ),
      { numRuns: RUNS },
    )
  }, 900_000)
})

test('points that wait, earned by the old id, go back with it at an unmerge when they are there by then', () => {
  const couple = new Couple(lab('validity: { kind: rolling, days: 60 }, pending: { days: 7 }'))
  couple.merge(moment(1, 0))
  expect(couple.of('wang', moment(2, 4)).buy('bill', moment(2, 4), [{ amount: '50.00' }]).ok).toBe(true)
  couple.unmerge(moment(20, 4))
  expect([couple.wang, couple.lin].map((desk) => desk.wallet('points').available)).toEqual([50n, 0n])
})

test('what repaid a debt of the one that is left is of the old id again, when something late has repaid it before', () => {
  const couple = new Couple(lab('validity: { kind: rolling, days: 60 }'))
  couple.of('lin', moment(1, 4)).buy('spent', moment(1, 4), [{ amount: '30.00' }])
  couple.lin.redeem('other', 30n)
  couple.merge(moment(2, 0))
  couple.of('lin', moment(3, 4)).giveBack('spent')
  couple.of('wang', moment(5, 4)).buy('repaid', moment(5, 4), [{ amount: '20.00' }])
  expect(couple.lin.wallet('points')).toMatchObject({ available: 0n, owed: 10n, lots: [] })
  couple.of('lin', moment(6, 4)).grant('late', moment(4, 4), 50n)
  expect(couple.lin.wallet('points').lots.map(({ lotClass, remaining }) => [lotClass, remaining])).toEqual([
    ['', 20n],
    [`@${couple.wang.memberId}`, 20n],
  ])
  couple.unmerge(moment(7, 4))
  expect([couple.wang, couple.lin].map((desk) => desk.wallet('points').available)).toEqual([20n, 20n])
})

test('nobody is promoted by a merge where that ends what led to it, also when something late comes', () => {
  const couple = new Couple(clubs.renewing!)
  couple.of('wang', moment(1, 4)).buy('wang', moment(1, 4), [{ amount: '117.00' }])
  couple.of('lin', moment(1, 4)).buy('lin', moment(1, 4), [{ amount: '133.00' }])
  couple.merge(moment(50, 0))
  // 250 yuan are silver, but not before the next thing is earned.
  couple.of('lin', moment(52, 0)).grant('late', moment(49, 0), 1n)
  expect([couple.lin.state.tier, couple.lin.state.counters['m:spend/y2026']]).toEqual(['base', 25_000n])
  couple.lin.grant('next', moment(52, 0), 1n)
  expect([couple.lin.state.tier, couple.lin.state.counters['m:spend/y2026']]).toEqual(['silver', undefined])
})

test('what comes from before a merge that moved nothing is late, however much else has come late', () => {
  const couple = new Couple(clubs.plain!)
  couple.merge(moment(60, 0))
  for (const [number, amount] of [
    ['none', '0.00'],
    ['silver', '100.00'],
  ] as const)
    couple.of('lin', moment(130, 0)).buy(number, moment(1, 0), [{ amount }])
  expect(couple.lin.standing()).toEqual(couple.lin.ideal())
})

test('by whose id something came that a former version recorded, its lots say', () => {
  const couple = new Couple(lab('validity: { kind: rolling, days: 60 }'))
  couple.merge(moment(1, 0))
  couple.of('wang', moment(2, 4)).buy('bill', moment(2, 4), [{ amount: '50.00' }])
  couple.of('lin', moment(3, 4)).buy('own', moment(3, 4), [{ amount: '30.00' }])
  couple.lin.redeem('spent', 20n)
  couple.lin.past = couple.lin.past.map(({ origin: _, ...item }) => ({
    ...item,
    document: {
      ...item.document,
      counted: item.document.kind === 'merge-in' ? item.document.counted : undefined,
    },
  }))
  // What comes late places all of it anew.
  couple.of('lin', moment(5, 4)).grant('late', moment(2, 5), 5n)
  couple.unmerge(moment(7, 4))
  expect([couple.wang, couple.lin].map((desk) => desk.wallet('points').available)).toEqual([35n, 30n])
  expect(couple.wang.wallet('growth').available).toBe(50n)
})
