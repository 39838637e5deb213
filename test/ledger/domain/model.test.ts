import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { Desk, idOf } from '../desk.ts'
import { tell, times } from '../hard/length.ts'
import { type Club, clubs } from '../model-clubs.ts'
import { type Back, NaiveMember, plusDays } from '../naive-ledger.ts'
import { compiled } from '../rating.ts'

/** The long form lives through some 10^5 steps. */
const HISTORIES = Number(process.env.DESK_HISTORIES ?? times(40, 5_500))
const START = '2026-01-28'
const noon = (day: string) => `${day}T04:00:00Z`

const yuan = (fen: bigint) => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
const share = (of: bigint, percent: number): bigint => {
  const part = (of * BigInt(percent)) / 100n
  return part > 0n ? part : 1n
}

const amount = fc.oneof(
  fc.integer({ min: 0, max: 2_000 }),
  fc.integer({ min: 2_000, max: 250_000 }),
  fc.constantFrom(100, 50, 150, 149, 300_000, 500_000, 99_999),
)
const step = fc.record({
  what: fc.constantFrom(
    ...(['buy', 'buy', 'buy', 'buy', 'late', 'late', 'grant', 'redeem', 'redeem', 'redeem', 'hold'] as const),
    ...([
      'adjust',
      'adjust',
      'hold',
      'capture',
      'capture',
      'release',
      'return',
      'return',
      'pass',
      'pass',
      'pass',
      'sweep',
    ] as const),
  ),
  fen: fc.array(amount, { minLength: 1, maxLength: 3 }),
  percent: fc.constantFrom(1, 30, 50, 60, 100, 101, 130),
  days: fc.constantFrom(1, 2, 3, 5, 9, 12, 28, 31, 33, 40, 45, 60, 90),
  bill: fc.nat(3),
  line: fc.constantFrom(-1, -1, 0, 1, 2),
})
/** Those with most to decide come most often. */
const club = fc.constantFrom(0, 1, 1, 2, 3, 4, 4, 4, 5, 5)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const outcomes = new Map<string, number>()

/** One member at the desk, beside its naive double. */
class Life {
  readonly #desk: Desk
  #double: NaiveMember
  #today = START
  #steps = 0
  readonly #bills: string[] = []
  readonly #holds: string[] = []

  constructor({ document, naive }: Club) {
    this.#desk = new Desk(compiled(document), noon(START))
    this.#double = new NaiveMember(naive, plusDays(START, -91))
  }

  take(step: Step): void {
    this.#steps += 1
    const wanted = this.#expected(step)
    if (wanted === undefined) return
    const result = wanted.run()
    expect(result.ok ? undefined : result.refusal.code).toBe(wanted.refusal)
    const name = `${step.what}: ${wanted.refusal ?? 'done'}`
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
    if (wanted.after) this.#double = wanted.after
    if (result.ok && result.value.kind === 'purchase') this.#compareTold(result.value)
  }

  /** What the double says that comes of a step, and how to take it at the desk. */
  #expected({ what, fen, percent, days, bill: back, line }: Step) {
    const desk = this.#desk
    const day = this.#today
    const at = this.#double.on(day)
    const bill = this.#bills.at(-1 - back) ?? 'no bill'
    const points = share(at.available, percent)
    const short = points > at.available ? 'INSUFFICIENT_POINTS' : undefined
    switch (what) {
      case 'pass':
        this.#today = plusDays(day, days)
        desk.at(noon(this.#today))
        return undefined
      case 'sweep':
        desk.sweep()
        return undefined
      case 'buy':
      case 'late': {
        const on = what === 'late' ? plusDays(day, -days) : day
        const number = `bill ${this.#steps}`
        const lines = fen.map(BigInt)
        this.#bills.push(number)
        const run = () =>
          desk.buy(
            number,
            noon(on),
            lines.map((each) => ({ amount: yuan(each) })),
          )
        return { run, refusal: undefined, after: this.#double.with({ kind: 'buy', day: on, number, lines }) }
      }
      case 'grant': {
        const run = () => desk.grant(`g${this.#steps}`, noon(day), BigInt(fen[0]! + 1))
        return {
          run,
          refusal: undefined,
          after: this.#double.with({ kind: 'grant', day, points: BigInt(fen[0]! + 1) }),
        }
      }
      case 'adjust': {
        const takes = line < 0
        const by = takes ? -points : BigInt(fen[0]! + 1)
        const refusal = takes ? short : undefined
        const after = refusal ? undefined : this.#double.with({ kind: 'adjust', day, points: by })
        return { run: () => desk.adjust(`a${this.#steps}`, by), refusal, after }
      }
      case 'redeem': {
        const run = () => desk.redeem(bill, points, '999999999.00', `redeem ${this.#steps}`)
        return {
          run,
          refusal: short,
          after: short ? undefined : this.#double.with({ kind: 'redeem', day, points, bill }),
        }
      }
      case 'hold': {
        const id = String(this.#steps).padStart(6, '0')
        const lapses = plusDays(day, days)
        const until = new Date(Date.parse(`${lapses}T02:00:00Z`) + this.#steps).toISOString()
        if (!short) this.#holds.push(id)
        return {
          run: () => desk.hold(id, points, until),
          refusal: short,
          after: short ? undefined : this.#double.with({ kind: 'hold', day, id, points, lapses }),
        }
      }
      case 'capture':
      case 'release': {
        const id = this.#holds.at(-1)
        if (id === undefined) return undefined
        const open = at.holds.get(id)
        if (what === 'release')
          return {
            run: () => desk.release(id),
            refusal: open ? undefined : 'HOLD_CLOSED',
            after: open && this.#double.with({ kind: 'release', day, id }),
          }
        const part = share(open?.left ?? 10n, percent)
        const refusal = !open ? 'HOLD_CLOSED' : part > open.left ? 'EXCEEDS_HOLD' : undefined
        return {
          run: () => desk.capture(id, part, bill),
          refusal,
          after: refusal ? undefined : this.#double.with({ kind: 'capture', day, id, points: part, bill }),
        }
      }
      case 'return':
        return this.#return(bill, line, percent)
    }
  }

  #return(bill: string, line: number, percent: number) {
    const left = this.#double.leftOf(bill)
    if (line >= left.length && left.length > 0) return undefined
    const rest = left[line]
    const money = rest && percent !== 1 ? share(rest, percent) : undefined
    const lines = line < 0 ? undefined : [{ line, amount: money === undefined ? undefined : yuan(money) }]
    const gone = line < 0 ? left.every((fen) => fen === undefined) : rest === undefined
    const refusal =
      left.length === 0
        ? 'PURCHASE_NOT_FOUND'
        : gone
          ? 'ALREADY_RETURNED'
          : money !== undefined && line >= 0 && money > rest!
            ? 'EXCEEDS_PURCHASE'
            : undefined
    const run = () => this.#desk.giveBack(bill, lines, `return ${this.#steps}`)
    if (refusal) return { run, refusal, after: undefined }
    const parts = left.map((fen, index): Back => {
      if (line >= 0 && index !== line) return { fen: 0n, whole: false }
      if (line >= 0 && money !== undefined) return { fen: money, whole: money === rest }
      return { fen: fen ?? 0n, whole: fen !== undefined }
    })
    return { run, refusal, after: this.#double.withReturn(this.#today, bill, parts) }
  }

  /** The caller is told what the purchase earned in its place, and the tier that it led to there. */
  #compareTold({ number, awards, tierAfter }: SourceDocument): void {
    const on = this.#double.list.find((each) => each.kind === 'buy' && each.number === number)!.day
    const points = awards.reduce((sum, each) => (each.asset === 'points' ? sum + each.amount : sum), 0n)
    expect({ points, tier: tierAfter }).toEqual(this.#double.on(on).told.get(number))
  }

  compare(): void {
    const book = this.#desk.caughtUp()
    const at = this.#double.on(this.#today)
    const { available, held, pending, owed, spent, expired, lots, waiting } = book.wallet('points')
    expect({ available, held, pending, owed, spent, expired }).toEqual({
      available: at.available,
      held: at.held,
      pending: at.pending,
      owed: at.owed,
      spent: at.spent,
      expired: at.expired,
    })
    const byDay = (of: readonly { expiresOn: string; remaining: bigint }[]) =>
      new Map(of.map(({ expiresOn, remaining }) => [expiresOn, remaining]))
    expect(byDay(lots)).toEqual(at.points)
    expect(byDay(book.wallet('growth').lots)).toEqual(at.growth)
    expect(
      new Map(waiting.map(({ releaseOn, expiresOn, remaining }) => [`${releaseOn} ${expiresOn}`, remaining])),
    ).toEqual(at.waiting)
    expect(
      new Map(book.holds.map(({ id, lots }) => [id, sumsOf(lots.map((lot) => [lot.expiresOn, lot.amount]))])),
    ).toEqual(new Map([...at.holds].map(([id, { lots }]) => [idOf(`hold ${id}`), sumsOf(lots)])))
    expect([book.tier, book.tierUntil]).toEqual([this.#desk.program.tiers[at.rank]!.id, at.tierUntil])
  }
}

const sumsOf = (lots: readonly (readonly [string, bigint])[]): Map<string, bigint> => {
  const sums = new Map<string, bigint>()
  for (const [last, points] of lots) sums.set(last, (sums.get(last) ?? 0n) + points)
  return sums
}

test(`${HISTORIES} random lives at the desk: after every step the account is what the naive ledger says`, () => {
  let steps = 0
  fc.assert(
    fc.property(club, fc.array(step, { minLength: 10, maxLength: 40 }), (which, list) => {
      const life = new Life(clubs[which]!)
      for (const each of list) {
        life.take(each)
        life.compare()
        steps += 1
      }
    }),
    { numRuns: HISTORIES, endOnFailure: process.env.HISTORY_SHRINKS === 'no' },
  )
  tell({
    ...Object.fromEntries([...outcomes].sort().map(([name, times]) => [name, { times }])),
    steps: { times: steps },
  })
}, 900_000)
