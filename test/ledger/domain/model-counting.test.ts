import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import type { Result } from '../../../kernel/values/result.ts'
import { movedMoney } from '../../../subgraphs/ledger/domain/moved-money.ts'
import { pendingLots, type RunningPlan } from '../../../subgraphs/ledger/domain/post-stored-value.ts'
import type { SourceDocument } from '../../../subgraphs/ledger/domain/posting.ts'
import { countingDocument, countingProgram } from '../counting-club.ts'
import { Desk, idOf } from '../desk.ts'
import { LONG, tell, times } from '../hard/length.ts'
import { type Back, NaiveMember, type NaiveStanding, plusDays } from '../naive-ledger.ts'
import { NaivePurse, type PurseRules, purseDocument } from '../naive-purse.ts'
import { compiled } from '../rating.ts'

const HISTORIES = Number(process.env.DESK_HISTORIES ?? times(25, 6_000))
const START = '2026-01-28'
const noon = (day: string) => `${day}T04:00:00Z`
const yuan = (fen: bigint) => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
const share = (of: bigint, percent: number): bigint => {
  const part = (of * BigInt(percent)) / 100n
  return part > 0n ? part : 1n
}

const purses: readonly PurseRules[] = [
  { spend: 'principal-first', refund: 'given' },
  { spend: 'bonus-first', refund: 'remaining' },
  { spend: 'pro-rata', refund: 'keep' },
  { spend: 'bonus-first', refund: 'given' },
]
const programs = purses.map((rules) => compiled(countingDocument(purseDocument(rules))))

const WHATS = [
  ...([
    'buy',
    'buy',
    'buy',
    'late buy',
    'act',
    'act',
    'act',
    'late act',
    'grant',
    'adjust',
    'redeem',
  ] as const),
  ...([
    'redeem',
    'hold',
    'capture',
    'release',
    'return',
    'return',
    'send',
    'send',
    'decide',
    'decide',
  ] as const),
  ...(['top up', 'begin', 'pay', 'pay', 'withdraw', 'stop', 'pass', 'pass', 'pass', 'sweep'] as const),
]
const step = fc.record({
  what: fc.constantFrom(...WHATS),
  who: fc.constantFrom(0, 0, 0, 1),
  fen: fc.array(
    fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(50, 40_000, 90_000, 160_000, 240_000)),
    { minLength: 1, maxLength: 3 },
  ),
  code: fc.constantFrom('sign-in', 'sign-in', 'share', 'share', 'share', 'survey', 'survey', 'bind'),
  percent: fc.constantFrom(1, 20, 30, 40, 60, 100, 101, 130),
  days: fc.constantFrom(1, 1, 1, 2, 2, 3, 6, 14, 28, 33, 60),
  back: fc.nat(3),
  line: fc.constantFrom(-1, -1, 0, 1, 2),
  yes: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const outcomes = new Map<string, number>()
const count = (name: string): void => void outcomes.set(name, (outcomes.get(name) ?? 0) + 1)

/** What comes of a step by the doubles, and how to take it at the desk. Undefined: nothing is to be done. */
interface Expected {
  readonly run: () => Result<SourceDocument>
  readonly refusal: string | undefined
  /** Makes it happen to the doubles. */
  readonly done?: (document: SourceDocument) => void
}

/** A member at the desk, beside the double of its account and that of its purse. */
class Living {
  readonly desk: Desk
  double: NaiveMember
  readonly purse: NaivePurse
  readonly bills: string[] = []
  readonly holds: string[] = []
  readonly begun: { plan: string; id: string; on: string }[] = []
  sentIn = new Map<string, bigint>()
  paidBack = 0n

  constructor(club: number) {
    this.desk = new Desk(programs[club]!, noon(START))
    this.double = new NaiveMember(countingProgram, plusDays(START, -61))
    this.purse = new NaivePurse(purses[club]!, START)
  }
}

class Lives {
  readonly #both: readonly [Living, Living]
  #today = START
  #steps = 0

  constructor(club: number) {
    this.#both = [new Living(club), new Living(club)]
  }

  take(step: Step): void {
    this.#steps += 1
    const living = this.#both[step.who]!
    const expected = this.#expected(living, step)
    if (!expected) return
    const entries = living.desk.entries.length
    const result = expected.run()
    expect(result.ok ? undefined : result.refusal.code).toBe(expected.refusal)
    count(`${step.what}: ${expected.refusal ?? 'done'}`)
    if (!result.ok) return
    expected.done?.(result.value)
    const own = living.desk.entries.slice(entries).filter(({ documentId }) => documentId === result.value.id)
    living.paidBack += movedMoney(own).paidBack
  }

  #expected(living: Living, step: Step): Expected | undefined {
    const { desk } = living
    const day = this.#today
    switch (step.what) {
      case 'pass':
        this.#today = plusDays(day, step.days)
        for (const each of this.#both) {
          each.desk.at(noon(this.#today))
          each.purse.until(this.#today)
        }
        return undefined
      case 'sweep':
        desk.sweep()
        return undefined
      case 'buy':
      case 'late buy':
      case 'act':
      case 'late act':
      case 'grant':
        return this.#earned(living, step)
      case 'top up':
      case 'begin':
      case 'pay':
      case 'withdraw':
      case 'stop':
        return this.#prepaid(living, step)
      case 'return':
        return this.#returned(living, step)
      default:
        return this.#fact(living, step)
    }
  }

  /** Numbers are not in the order in which things come: at one moment they go by them. */
  #earned(living: Living, { what, fen, code, days }: Step): Expected {
    const { desk, double } = living
    const day = what.startsWith('late') ? plusDays(this.#today, -days) : this.#today
    const number = String((this.#steps * 37) % 97).padStart(3, '0')
    const lines = fen.map(BigInt)
    const happening =
      what === 'grant'
        ? ({ kind: 'grant', day, number, points: lines[0]! + 1n } as const)
        : what.endsWith('act')
          ? ({ kind: 'act', day, number, code } as const)
          : ({ kind: 'buy', day, number, lines } as const)
    const after = double.with(happening)
    const refused = after.on(day, number).refused
    return {
      refusal: refused ? 'CAP_REACHED' : undefined,
      run: () => {
        if (happening.kind === 'grant') return desk.grant(number, noon(day), happening.points)
        if (happening.kind === 'act') return desk.act(number, noon(day), code)
        return desk.buy(
          number,
          noon(day),
          lines.map((each) => ({ amount: yuan(each) })),
        )
      },
      done: ({ awards, tierAfter }) => {
        const before = double.on(day)
        living.double = after
        if (happening.kind === 'buy') living.bills.push(number)
        if (happening.kind === 'grant') return
        const points = awards.reduce((sum, each) => (each.asset === 'points' ? sum + each.amount : sum), 0n)
        expect({ points, tier: tierAfter }).toEqual(after.on(day).told.get(number))
        this.#noteLimits(happening.kind === 'buy' ? 'buy' : code, before, after.on(day), points)
      },
    }
  }

  /** Which limits were felt. */
  #noteLimits(code: string, before: NaiveStanding, after: NaiveStanding, points: bigint): void {
    const kept = (after.given.get('kept for later') ?? 0n) - (before.given.get('kept for later') ?? 0n)
    if (kept > 0n) count('limit: kept for later')
    if (kept < 0n) count('limit: carried over')
    if (code === 'sign-in' && points === 0n) count('limit: none of it')
    if (code === 'survey' && points > 0n && points < 40n) count('limit: clipped')
    if (after.rank > before.rank) count('tier: reached')
  }

  #fact(living: Living, { what, percent, days, back, line, fen, yes }: Step): Expected | undefined {
    const { desk, double } = living
    const day = this.#today
    const at = double.on(day)
    const bill = living.bills.at(-1 - back) ?? 'no bill'
    const points = share(at.available, percent)
    const short = points > at.available ? 'INSUFFICIENT_POINTS' : undefined
    const then = (happening: Parameters<NaiveMember['with']>[0]) => () => {
      living.double = double.with(happening)
    }
    switch (what) {
      case 'adjust': {
        const by = line < 0 ? -points : BigInt(fen[0]! + 1)
        return {
          run: () => desk.adjust(`a${this.#steps}`, by),
          refusal: line < 0 ? short : undefined,
          done: then({ kind: 'adjust', day, points: by }),
        }
      }
      case 'redeem':
        return {
          run: () => desk.redeem(bill, points, '999999999.00', `redeem ${this.#steps}`),
          refusal: short,
          done: then({ kind: 'redeem', day, points, bill }),
        }
      case 'hold': {
        const id = String(this.#steps).padStart(6, '0')
        const lapses = plusDays(day, days)
        const until = new Date(Date.parse(`${lapses}T02:00:00Z`) + this.#steps).toISOString()
        if (!short) living.holds.push(id)
        return {
          run: () => desk.hold(id, points, until),
          refusal: short,
          done: then({ kind: 'hold', day, id, points, lapses }),
        }
      }
      case 'capture':
      case 'release': {
        const id = living.holds.at(-1)
        if (id === undefined) return undefined
        const open = at.holds.get(id)
        const part = share(open?.left ?? 10n, percent)
        const over = what === 'capture' && open && part > open.left
        return {
          run: () => (what === 'release' ? desk.release(id) : desk.capture(id, part, bill)),
          refusal: !open ? 'HOLD_CLOSED' : over ? 'EXCEEDS_HOLD' : undefined,
          done: then(
            what === 'release'
              ? { kind: 'release', day, id }
              : { kind: 'capture', day, id, points: part, bill },
          ),
        }
      }
      case 'send':
        return this.#sent(living, points, short)
      case 'decide':
        return {
          run: () => desk.decideTier('gold', yes, `decision ${this.#steps}`),
          refusal: at.approval === 'asked' ? undefined : 'TIER_NOT_REQUESTED',
          done: () => {
            count(yes ? 'decide: approved' : 'decide: not approved')
            then({ kind: 'decide', day, approved: yes })()
          },
        }
      default:
        return undefined
    }
  }

  #sent(living: Living, points: bigint, short: string | undefined): Expected {
    const day = this.#today
    const year = day.slice(0, 4)
    const sent = living.sentIn.get(year) ?? 0n
    const other = this.#both.find((each) => each !== living)!
    const over = sent + points > 3_000n ? 'TRANSFER_LIMIT_REACHED' : short
    return {
      run: () => living.desk.send(`s${this.#steps}`, points),
      refusal: points < 10n ? 'POINTS_NOT_POSITIVE' : over,
      done: ({ id }) => {
        living.sentIn.set(year, sent + points)
        living.double = living.double.with({ kind: 'send', day, points })
        // What is on its way comes in by the lots that it left.
        const [move] = living.desk.entries.find(({ documentId }) => documentId === id)!.moves
        const lots = move!.lots.map((lot) => ({ ...lot, amount: -lot.amount }))
        const came = lots.map(({ expiresOn, amount }): [string, bigint] => [expiresOn, amount])
        other.double = other.double.with({ kind: 'receive', day, lots: came })
        expect(other.desk.receive(`s${this.#steps}`, lots).ok).toBe(true)
      },
    }
  }

  #returned(living: Living, { back, line, percent }: Step): Expected | undefined {
    const bill = living.bills.at(-1 - back) ?? 'no bill'
    const left = living.double.leftOf(bill)
    if (line >= left.length && left.length > 0) return undefined
    const rest = left[line]
    const money = rest && percent !== 1 ? share(rest, percent) : undefined
    const lines = line < 0 ? undefined : [{ line, amount: money === undefined ? undefined : yuan(money) }]
    const gone = line < 0 ? left.every((fen) => fen === undefined) : rest === undefined
    const over = money !== undefined && line >= 0 && money > rest! ? 'EXCEEDS_PURCHASE' : undefined
    const parts = left.map((fen, index): Back => {
      if (line >= 0 && index !== line) return { fen: 0n, whole: false }
      if (line >= 0 && money !== undefined) return { fen: money, whole: money === rest }
      return { fen: fen ?? 0n, whole: fen !== undefined }
    })
    return {
      run: () => living.desk.giveBack(bill, lines, `return ${this.#steps}`),
      refusal: left.length === 0 ? 'PURCHASE_NOT_FOUND' : gone ? 'ALREADY_RETURNED' : over,
      done: () => {
        living.double = living.double.withReturn(this.#today, bill, parts)
      },
    }
  }

  #prepaid(living: Living, { what, fen, percent, back, code }: Step): Expected | undefined {
    const { desk, purse } = living
    const number = `m${this.#steps}`
    const [principal, bonus] = [purse.there('principal'), purse.there('bonus')]
    const none = { refusal: undefined }
    switch (what) {
      case 'top up': {
        const amount = BigInt(fen[0]! + 1)
        const refusal = purse.topUp(amount)
        return {
          run: () => desk.pay(number, { kind: 'top-up', amount: yuan(amount), plan: undefined }),
          refusal,
        }
      }
      case 'begin': {
        const plan = { 'sign-in': 'gift', share: 'paid', survey: 'free', bind: 'none' }[code]
        if (plan === 'none')
          return {
            run: () => desk.pay(number, { kind: 'top-up', amount: undefined, plan }),
            refusal: 'PLAN_NOT_KNOWN',
          }
        purse.begin(plan, number)
        living.begun.push({ plan, id: number, on: this.#today })
        return { ...none, run: () => desk.pay(number, { kind: 'top-up', amount: undefined, plan }) }
      }
      case 'pay': {
        const amount = share(principal + bonus, percent)
        return {
          refusal: purse.spend(amount),
          run: () => desk.pay(number, { kind: 'spend', amount: yuan(amount) }),
        }
      }
      case 'withdraw': {
        const amount = share(principal, percent)
        const command = { kind: 'withdrawal', amount: yuan(amount), reason: 'r' } as const
        return { refusal: purse.withdraw(amount), run: () => desk.pay(number, command) }
      }
      default: {
        const [begun] = living.begun.splice(back % 2, 1)
        if (!begun)
          return {
            refusal: 'NOTHING_PENDING',
            run: () => desk.pay(number, { kind: 'plan-stop', running: undefined, reason: 'r' }),
          }
        return {
          refusal: purse.stop(begun.plan, begun.id),
          run: () => desk.pay(number, { kind: 'plan-stop', running: runningPlan(desk, begun), reason: 'r' }),
        }
      }
    }
  }

  compare(): void {
    for (const living of this.#both) {
      const book = living.desk.caughtUp()
      comparePoints(living, book, living.double.on(this.#today))
      comparePurse(living, book)
    }
  }
}

function runningPlan({ program }: Desk, { plan: name, id, on }: Living['begun'][number]): RunningPlan {
  const plan = program.storedValue!.plans.find((each) => each.id === name)!
  return { topUpId: idOf(`top-up ${id}`), plan, lots: pendingLots(program, plan, instant(noon(on))) }
}

type Book = ReturnType<Desk['caughtUp']>

const sumsOf = (lots: readonly (readonly [string, bigint])[]): Map<string, bigint> => {
  const sums = new Map<string, bigint>()
  for (const [last, points] of lots) sums.set(last, (sums.get(last) ?? 0n) + points)
  return sums
}

function comparePoints({ desk }: Living, book: Book, at: NaiveStanding): void {
  const { available, held, pending, owed, spent, expired, moved, lots, waiting } = book.wallet('points')
  expect({ available, held, pending, owed, spent, expired, moved }).toEqual({
    available: at.available,
    held: at.held,
    pending: at.pending,
    owed: at.owed,
    spent: at.spent,
    expired: at.expired,
    moved: at.moved,
  })
  expect(sumsOf(lots.map(({ expiresOn, remaining }) => [expiresOn, remaining]))).toEqual(at.points)
  expect(
    sumsOf(waiting.map(({ releaseOn, expiresOn, remaining }) => [`${releaseOn} ${expiresOn}`, remaining])),
  ).toEqual(at.waiting)
  expect(
    sumsOf(book.wallet('growth').lots.map(({ expiresOn, remaining }) => [expiresOn, remaining])),
  ).toEqual(at.growth)
  expect(
    new Map(book.holds.map(({ id, lots }) => [id, sumsOf(lots.map((lot) => [lot.expiresOn, lot.amount]))])),
  ).toEqual(new Map([...at.holds].map(([id, { lots }]) => [idOf(`hold ${id}`), sumsOf(lots)])))
  expect([book.tier, book.tierUntil, book.requested('gold')]).toEqual([
    desk.program.tiers[at.rank]!.id,
    at.tierUntil,
    at.approval === 'asked',
  ])
}

function comparePurse({ purse, paidBack }: Living, book: Book): void {
  for (const part of ['principal', 'bonus'] as const) {
    const { lots, waiting } = book.wallet(part)
    expect(sumsOf(lots.map(({ expiresOn, remaining }) => [expiresOn, remaining]))).toEqual(purse.lots[part])
    const coming = purse.coming
      .filter((one) => one.part === part)
      .map(({ from, fen }) => [from, fen] as const)
    expect(sumsOf(waiting.map(({ releaseOn, remaining }) => [releaseOn, remaining]))).toEqual(sumsOf(coming))
  }
  expect(paidBack).toBe(purse.paidBack)
}

test(`${HISTORIES} random lives of two in a club that counts: after every step both accounts are what the naive ledger says`, () => {
  let steps = 0
  fc.assert(
    fc.property(
      fc.nat(purses.length - 1),
      fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
      (club, list) => {
        const lives = new Lives(club)
        for (const each of list) {
          lives.take(each)
          lives.compare()
          steps += 1
        }
      },
    ),
    { numRuns: HISTORIES, endOnFailure: process.env.HISTORY_SHRINKS === 'no' },
  )
  tell({
    ...Object.fromEntries([...outcomes].sort().map(([name, times]) => [name, { times }])),
    steps: { times: steps },
  })
  // A class of outcomes that was hardly met is hardly tested.
  if (LONG) for (const [name, times] of outcomes) expect([name, times >= 100]).toEqual([name, true])
}, 1_800_000)
