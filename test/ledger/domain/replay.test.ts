import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Desk } from '../desk.ts'
import { times } from '../hard/length.ts'
import { clubs } from '../lab-clubs.ts'
import { plusDays } from '../naive-ledger.ts'

const RUNS = Number(process.env.REPLAY_RUNS ?? times(150, 2_000))
const FIRST = '2026-01-05'

/** Moments of a few days, some of them equal. */
const moment = (day: number, hour: number): string =>
  `${plusDays(FIRST, day)}T${String(hour).padStart(2, '0')}:00:00Z`

type Event =
  | { kind: 'buy'; name: string; day: number; hour: number; lines: { yuan: number; quantity: number }[] }
  | { kind: 'act'; name: string; day: number; hour: number; code: string }
  | { kind: 'grant'; name: string; day: number; hour: number; points: number; growth: number }

const when = { day: fc.nat(120), hour: fc.constantFrom(0, 4, 4, 12, 16, 20) }
const line = fc.record({ yuan: fc.integer({ min: 0, max: 220 }), quantity: fc.integer({ min: 1, max: 4 }) })
const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('buy'),
      ...when,
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('act'),
      ...when,
      code: fc.constantFrom('sign-in', 'sign-in', 'bind'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('grant'),
      ...when,
      points: fc.integer({ min: 1, max: 90 }),
      growth: fc.constantFrom(0, 0, 40),
    }),
  },
)
const events = fc
  .array(event, { minLength: 1, maxLength: 14 })
  .map((list) => list.map((each, index) => ({ ...each, name: `n${index}` })) as Event[])
const club = fc.constantFrom(...Object.keys(clubs))

const linesOf = (lines: { yuan: number; quantity: number }[]) =>
  lines.map(({ yuan, quantity }) => ({ amount: `${yuan}.00`, quantity }))

function happen(desk: Desk, event: Event): void {
  const at = moment(event.day, event.hour)
  if (event.kind === 'buy') expect(desk.buy(event.name, at, linesOf(event.lines)).ok).toBe(true)
  else if (event.kind === 'grant')
    expect(desk.grant(event.name, at, BigInt(event.points), BigInt(event.growth)).ok).toBe(true)
  else if (desk.program.activities.has(event.code)) expect(desk.act(event.name, at, event.code).ok).toBe(true)
}

const inOrder = (list: readonly Event[]) => list.toSorted((a, b) => a.day - b.day || a.hour - b.hour)

describe('whatever order they come in', () => {
  test('events give the same books', () => {
    fc.assert(
      fc.property(club, events, fc.nat(1_000_000), (name, list, seed) => {
        const program = clubs[name]!
        const end = moment(fc.sample(fc.integer({ min: 121, max: 200 }), { seed, numRuns: 1 })[0]!, 4)
        const first = new Desk(program, end)
        for (const each of inOrder(list)) happen(first, each)
        const second = new Desk(program, end)
        const [shuffled] = fc.sample(fc.shuffledSubarray(list, { minLength: list.length }), {
          seed,
          numRuns: 1,
        })
        for (const each of shuffled!) {
          happen(second, each)
          expect(second.standing()).toEqual(second.ideal())
        }
        expect(second.standing()).toEqual(first.standing())
      }),
      { numRuns: RUNS },
    )
  })

  test('also with burns, holds and corrections of growth between them, while some events come days late', () => {
    const kinds = ['redeem', 'redeem', 'hold', 'capture', 'release', 'sweep', 'give', 'take'] as const
    type Fact = { kind: (typeof kinds)[number]; day: number; share: number }
    const fact: fc.Arbitrary<Fact> = fc.record({
      kind: fc.constantFrom(...kinds),
      day: fc.nat(130),
      share: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(
        club,
        events,
        fc.array(fact, { maxLength: 10 }),
        fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 14, maxLength: 14 }),
        (name, list, facts, delays) => {
          const program = clubs[name]!
          const timely = new Desk(program, moment(0, 0))
          const tardy = new Desk(program, moment(0, 0))
          const steps: { day: number; hour: number; run: (now: string) => void }[] = []
          for (const [index, each] of list.entries()) {
            steps.push({ day: each.day, hour: each.hour, run: (now) => happen(timely.at(now), each) })
            const late = each.day + delays[index]!
            steps.push({ day: late, hour: each.hour, run: (now) => happen(tardy.at(now), each) })
          }
          const open: string[] = []
          for (const [index, { kind, day, share }] of facts.entries()) {
            const run = (now: string): void => {
              const desks = [timely.at(now), tardy.at(now)] as const
              const both = desks.map((desk) => desk.wallet('points').available)
              const points = ((both[0]! < both[1]! ? both[0]! : both[1]!) * BigInt(share)) / 100n
              if (kind === 'sweep') for (const desk of desks) desk.sweep()
              else if (kind === 'give' || kind === 'take') {
                const left = desks.map((desk) => desk.wallet('growth').available)
                const less = left[0]! < left[1]! ? left[0]! : left[1]!
                const by = kind === 'give' ? BigInt(share) : (-less * BigInt(share)) / 100n
                if (by === 0n) return
                for (const desk of desks) expect(desk.adjust(`f${index}`, by, 'growth').ok).toBe(true)
              } else if (kind === 'redeem' || kind === 'hold') {
                if (points === 0n) return
                if (kind === 'hold') open.push(`f${index}`)
                for (const desk of desks) {
                  const { ok } =
                    kind === 'redeem'
                      ? desk.redeem(`f${index}`, points)
                      : desk.hold(`f${index}`, points, moment(day + 9, 6))
                  expect(ok).toBe(true)
                }
              } else {
                const hold = open[share % Math.max(1, open.length)]
                if (hold === undefined) return
                const outcomes = desks.map(
                  (desk) =>
                    (kind === 'capture'
                      ? desk.capture(hold, share % 3 === 0 ? undefined : 1n)
                      : desk.release(hold)
                    ).ok,
                )
                expect(outcomes[0]).toBe(outcomes[1])
              }
            }
            steps.push({ day, hour: 5, run })
          }
          for (const { day, hour, run } of steps.toSorted((a, b) => a.day - b.day || a.hour - b.hour)) {
            run(moment(day, hour))
            expect(timely.standing()).toEqual(timely.ideal())
            expect(tardy.standing()).toEqual(tardy.ideal())
          }
          const end = moment(160, 4)
          expect(tardy.at(end).standing()).toEqual(timely.at(end).standing())
        },
      ),
      { numRuns: RUNS },
    )
  })
})
