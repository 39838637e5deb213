import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NaiveMember, type NaiveProgram, plusDays, plusMonths } from './naive-ledger.ts'
import { memberId, openLedger } from './open-ledger.ts'
import {
  documentWith,
  withDowngrade,
  withGrowthValidity,
  withPointsValidity,
  withRules,
} from './program-of.ts'
import { accountField, grant, type OpenLedger, publish, purchase, recordOne, redeem } from './requests.ts'

/** `HISTORIES=2000 HISTORY_SEED=42 vitest run test/ledger/model.test.ts` lives longer, or again. */
const HISTORIES = Number(process.env.HISTORIES ?? 40)
const SEED = process.env.HISTORY_SEED === undefined ? undefined : Number(process.env.HISTORY_SEED)

const START = '2026-01-28'

interface Club {
  readonly document: string
  readonly naive: NaiveProgram
}

const yuan = (fen: bigint) => fen / 100n

/** As shipped: a point a yuan, twice for VIPs, all for twelve months. */
const superMember: Club = {
  document: documentWith(),
  naive: {
    id: 'super-member',
    pointsLast: (day) => plusMonths(day, 12),
    growthLast: (day) => plusMonths(day, 12),
    points: (fen, tier) => yuan(fen) * (tier === 'vip' ? 2n : 1n),
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 3_000n, months: 12 },
      { id: 'vip', from: 5_000n, months: 12 },
    ],
    downgrade: 'to-fit',
  },
}

/** Everything ends soon; rounds half up; half as much again for VIPs; one step down. */
const shortClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: short-club'],
    withPointsValidity('{ kind: rolling, days: 40 }'),
    withGrowthValidity('{ kind: rolling, months: 3 }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 2, per: "3.00" }, rounding: half-up }
  - { id: vip-more, on: purchase, asset: points, multiplier: "1.5", when: 'member.tier == "vip"' }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 1500\n    validMonths: 2'],
    ['growth: 5000\n    validMonths: 12', 'growth: 2500\n    validMonths: 1'],
    withDowngrade('one-step'),
  ),
  naive: {
    id: 'short-club',
    pointsLast: (day) => plusDays(day, 40),
    growthLast: (day) => plusMonths(day, 3),
    points: (fen, tier) => {
      const base = (fen * 2n + 150n) / 300n
      return tier === 'vip' ? base + base / 2n : base
    },
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 1_500n, months: 2 },
      { id: 'vip', from: 2_500n, months: 1 },
    ],
    downgrade: 'one-step',
  },
}

/** Points to the end of the year, growth to that of the next; rounds up; down to the base. */
const yearClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: year-club'],
    withPointsValidity('{ kind: calendar-year, years: 1 }'),
    withGrowthValidity('{ kind: calendar-year, years: 2 }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "10.00" }, rounding: up }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 3000\n    validMonths: 6'],
    ['growth: 5000\n    validMonths: 12', 'growth: 5000\n    validMonths: 6'],
    withDowngrade('to-base'),
  ),
  naive: {
    id: 'year-club',
    pointsLast: (day) => `${day.slice(0, 4)}-12-31`,
    growthLast: (day) => `${Number(day.slice(0, 4)) + 1}-12-31`,
    points: (fen) => (fen + 999n) / 1_000n,
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 3_000n, months: 6 },
      { id: 'vip', from: 5_000n, months: 6 },
    ],
    downgrade: 'to-base',
  },
}

/** Points that never end, growth of one month: tiers are kept and lost with no lot of points about. */
const foreverClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: forever-club'],
    withPointsValidity('{ kind: never }'),
    withGrowthValidity('{ kind: never }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "2.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 1000\n    validMonths: 1'],
    ['growth: 5000\n    validMonths: 12', 'growth: 2000\n    validMonths: 3'],
  ),
  naive: {
    id: 'forever-club',
    pointsLast: () => 'infinity',
    growthLast: () => 'infinity',
    points: yuan,
    growth: (fen) => fen / 200n,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 1_000n, months: 1 },
      { id: 'vip', from: 2_000n, months: 3 },
    ],
    downgrade: 'to-fit',
  },
}

type Step =
  | { kind: 'buy'; who: number; fen: number[]; daysAgo: number }
  | { kind: 'grant'; who: number; points: number }
  | { kind: 'redeem'; who: number; percent: number; tight: boolean }
  | { kind: 'again'; who: number; other: boolean }
  | { kind: 'pass'; days: number }
  | { kind: 'sweep' }

const who = fc.nat(2)
const amount = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 2_000, max: 250_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(100, 50, 150, 149, 300_000, 500_000, 99_999) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('buy'),
      who,
      fen: fc.array(amount, { minLength: 1, maxLength: 3 }),
      daysAgo: fc.constantFrom(0, 0, 0, 1, 5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('grant'), who, points: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('redeem'),
      who,
      percent: fc.constantFrom(1, 30, 60, 100, 101, 130),
      tight: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again'), who, other: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass'),
      days: fc.constantFrom(1, 3, 10, 28, 31, 40, 41, 60, 90, 184, 366),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
) as fc.Arbitrary<Step>

let ledger: OpenLedger
let runs = 0

beforeAll(async () => {
  ledger = await openLedger({ now: `${START}T04:00:00Z`, program: superMember.document })
  for (const { document } of [shortClub, yearClub, foreverClub]) {
    expect((await publish(ledger, document)).refusal).toBeNull()
  }
})
afterAll(() => ledger[Symbol.asyncDispose]())

/** A command that was carried out, to be sent again. */
interface Done {
  again: () => Promise<unknown>
  /** The same key or number with other contents; answers the refusal's code. */
  other: () => Promise<string | undefined>
  answer: unknown
}

/** One run: members of its own beside their naive doubles, from the same first day. */
class History {
  readonly #naive: NaiveProgram
  readonly #name = `run ${++runs}`
  readonly #members: { name: string; double: NaiveMember; done: Done | undefined }[]
  #today = START
  #commands = 0

  constructor(naive: NaiveProgram) {
    this.#naive = naive
    this.#members = [0, 1, 2].map((index) => ({
      name: `${this.#name} member ${index}`,
      double: new NaiveMember(naive, plusDays(START, -30)),
      done: undefined,
    }))
    // The clock of one graph serves all runs: each begins on the same day.
    ledger.clock.advance(Date.parse(`${START}T04:00:00Z`) - ledger.clock.now())
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'buy':
        return this.#buy(step)
      case 'grant':
        return this.#grant(step)
      case 'redeem':
        return this.#redeem(step)
      case 'again':
        return this.#again(step)
      case 'pass':
        this.#today = plusDays(this.#today, step.days)
        ledger.clock.advance(step.days * 86_400_000)
        return
      case 'sweep':
        await ledger.runJob('settle-due')
        for (const { double } of this.#members) double.settle(this.#today)
    }
  }

  async #buy({ who, fen, daysAgo }: Step & { kind: 'buy' }): Promise<void> {
    const member = this.#members[who]!
    // Days in order: not before what has been settled.
    const asked = plusDays(this.#today, -daysAgo)
    const day = asked < member.double.settledTo ? member.double.settledTo : asked
    const on = day > this.#today ? this.#today : day
    const bill = purchase(member.name, '', {
      program: this.#naive.id,
      document: `${this.#name} ${++this.#commands}`,
      occurredAt: `${on}T04:00:00Z`,
      lines: fen.map((amount) => ({ amount: (amount / 100).toFixed(2) })),
    })
    const points = member.double.buy(BigInt(fen.reduce((total, amount) => total + amount, 0)), on)
    const answer = await recordOne(ledger, bill)
    expect(answer).toMatchObject({
      duplicate: false,
      purchase: { points: Number(points), tierAfter: { id: member.double.tier } },
    })
    member.done = {
      answer: withoutAccount({ ...answer, duplicate: true }),
      again: async () => withoutAccount(await recordOne(ledger, bill)),
      other: async () => {
        const { refusal } = await recordOne(ledger, { ...bill, lines: [{ amount: '0.07' }] })
        return (refusal as { code: string } | null)?.code
      },
    }
  }

  async #grant({ who, points }: Step & { kind: 'grant' }): Promise<void> {
    const member = this.#members[who]!
    const more = { program: this.#naive.id, idempotencyKey: `${++this.#commands}` }
    // Without a time of its own: the same question again, whatever day it is.
    const answer = await grant(ledger, member.name, points, more)
    member.double.grant(BigInt(points), this.#today)
    member.done = {
      answer,
      again: () => grant(ledger, member.name, points, more),
      other: async () => (await grant(ledger, member.name, points + 1, more)).refusal?.code,
    }
  }

  async #redeem({ who, percent, tight }: Step & { kind: 'redeem' }): Promise<void> {
    const member = this.#members[who]!
    const shown = Number(member.double.shown(member.double.points, this.#today))
    const points = Math.max(1, Math.floor((shown * percent) / 100))
    // A point is worth a fen, in every club; a tight bill is one of 100 yuan.
    const bill = tight ? '100.00' : '999999.00'
    const more = { program: this.#naive.id, idempotencyKey: `${++this.#commands}`, bill }
    const fits = !tight || points <= 10_000
    const refusal = !fits
      ? 'EXCEEDS_BILL'
      : member.double.redeem(BigInt(points), this.#today)
        ? undefined
        : 'INSUFFICIENT_POINTS'
    const answer = await redeem(ledger, member.name, points, more)
    expect(answer.refusal?.code).toBe(refusal)
    member.done = {
      answer,
      again: () => redeem(ledger, member.name, points, more),
      other: async () => (await redeem(ledger, member.name, points + 1, more)).refusal?.code,
    }
  }

  async #again({ who, other }: Step & { kind: 'again' }): Promise<void> {
    const { done } = this.#members[who]!
    if (!done) return
    if (other) expect(await done.other()).toMatch(/^(DOCUMENT_CONFLICT|IDEMPOTENCY_KEY_REUSED)$/)
    else expect(await done.again()).toEqual(done.answer)
  }

  /** Every balance and every lot is what the doubles say. */
  async compare(): Promise<void> {
    const lots = await ledger.sql<{
      member_id: string
      asset: 'points' | 'growth'
      last: string
      remaining: string
    }>(
      `select member_id, asset, expires_on::text as last, remaining::text from ledger.lot
       where member_id = any($1) and remaining > 0 order by expires_on`,
      [this.#members.map(({ name }) => memberId(name))],
    )
    for (const { name, double } of this.#members) {
      for (const asset of ['points', 'growth'] as const) {
        const real = lots.filter((lot) => lot.member_id === memberId(name) && lot.asset === asset)
        expect(Object.fromEntries(real.map(({ last, remaining }) => [last, remaining]))).toEqual(
          Object.fromEntries([...double[asset]].map(([last, remaining]) => [last, String(remaining)])),
        )
      }
      const standing = double.standing(this.#today)
      expect(
        await accountField(
          ledger,
          name,
          'points { available } growth tier { tier { id } validUntil }',
          this.#naive.id,
        ),
      ).toEqual({
        points: { available: Number(double.shown(double.points, this.#today)) },
        growth: Number(double.shown(double.growth, this.#today)),
        tier: { tier: { id: standing.tier }, validUntil: standing.until ?? null },
      })
    }
  }
}

/** An answer shows the account as it stands now; all else stays as it was. */
function withoutAccount(answer: Record<string, unknown>): unknown {
  const { account: _, ...rest } = (answer.purchase ?? {}) as Record<string, unknown>
  return { ...answer, purchase: rest }
}

test(
  `${HISTORIES} random histories: after every step the books are what the naive ledger says`,
  async () => {
    const clubs = fc.constantFrom(superMember, shortClub, yearClub, foreverClub)
    await fc.assert(
      fc.asyncProperty(clubs, fc.array(step, { minLength: 15, maxLength: 35 }), async ({ naive }, steps) => {
        const history = new History(naive)
        for (const step of steps) {
          await history.take(step)
          await history.compare()
        }
        expect((await ledger.check()).violations).toEqual([])
      }),
      {
        numRuns: HISTORIES,
        seed: SEED,
        interruptAfterTimeLimit: HISTORIES > 40 ? undefined : 45_000,
        endOnFailure: process.env.HISTORY_SHRINKS === 'no',
      },
    )
  },
  600_000 + 2_000 * HISTORIES,
)
