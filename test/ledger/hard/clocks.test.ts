import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY_MS, type Instant, instant, toIso } from '../../../kernel/values/instant.ts'
import { ledger } from '../../../subgraphs/ledger/index.ts'
import { openTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { documentWith, withPointsValidity, withRules } from '../program-of.ts'
import { dice } from './dice.ts'
import { answerOf, type Instance, ledgerCheck, openInstance, publishTo } from './instance.ts'
import { LONG, tell, times } from './length.ts'
import { idOf } from './orders.ts'

const MINUTE_MS = 60_000

/** A clock that the test sets to any moment, also back. */
const settable = (at: string) => {
  let now = instant(at)
  return { now: () => now, set: (to: Instant) => (now = to) }
}

const club = (id: string, timeZone: string, days: number): string =>
  documentWith(
    ['program: super-member', `program: ${id}`],
    ['timeZone: Asia/Shanghai', `timeZone: ${timeZone}`],
    withPointsValidity(`{ kind: rolling, days: ${days} }`),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
  )

/** The day that a wall calendar in the zone shows, by the calendar of the runtime and not by ours. */
const wallDay = (at: Instant, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)

const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** The first minute that a wall calendar in the zone shows as this day. */
function firstMinuteOf(day: string, timeZone: string): Instant {
  let at = Date.parse(`${day}T00:00:00Z`) - DAY_MS
  while (wallDay(at as Instant, timeZone) < day) at += 15 * MINUTE_MS
  return at as Instant
}

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase([ledger])
})
afterAll(() => database[Symbol.asyncDispose]())

const GRANT = `mutation G($input: GrantPointsInput!) { answer: grantPoints(input: $input) { entry { id } refusal { code } } }`
const REDEEM = `mutation R($input: RedeemPointsInput!) { answer: redeemPoints(input: $input) { entry { id } refusal { code } } }`
const ACCOUNT = `query A($member: ID!, $program: ID!) {
  _entities(representations: [{ __typename: "Member", id: $member }]) {
    ... on Member { account(program: $program) {
      points { available }
      statement(first: 100) { edges { node { kind points effectiveAt } } }
    } }
  }
}`

interface Posting {
  readonly answer: { readonly entry: object | null; readonly refusal: { readonly code: string } | null }
}
interface Account {
  readonly points: { readonly available: number }
  readonly statement: {
    readonly edges: readonly { node: { kind: string; points: number; effectiveAt: string } }[]
  }
}

let keys = 0
const at = (instance: Instance, program: string) => ({
  async grant(member: string, points: number): Promise<string | undefined> {
    const idempotencyKey = `key ${++keys}`
    const { answer } = await answerOf<Posting>(instance.ask, GRANT, {
      input: {
        program,
        memberId: idOf(member),
        points,
        source: 'OTHER',
        reason: 'r',
        document: idempotencyKey,
        idempotencyKey,
      },
    })
    return answer.refusal?.code
  },
  async redeem(member: string, points: number): Promise<string | undefined> {
    const idempotencyKey = `key ${++keys}`
    const { answer } = await answerOf<Posting>(instance.ask, REDEEM, {
      input: {
        program,
        memberId: idOf(member),
        points,
        bill: '1000.00',
        channel: 'store',
        document: idempotencyKey,
        idempotencyKey,
      },
    })
    return answer.refusal?.code
  },
  async account(member: string) {
    const { _entities } = await answerOf<{ _entities: [{ account: Account }] }>(instance.ask, ACCOUNT, {
      member: idOf(member),
      program,
    })
    const { points, statement } = _entities[0].account
    return { available: points.available, entries: statement.edges.map(({ node }) => node) }
  },
})

const VALID_DAYS = 10

// biome-ignore format: aligned rows
const midnights = [
  // zone                 a day of earning   what is special about the midnight at which it ends
  ['Asia/Shanghai',       '2026-01-10',      'none: a zone without summer time'           ],
  ['America/New_York',    '2026-02-26',      'the day that ends has 23 hours'             ],
  ['America/Santiago',    '2026-08-26',      'the midnight itself is skipped'             ],
  ['America/New_York',    '2026-10-22',      'the day that ends has 25 hours'             ],
  ['Europe/London',       '2026-03-18',      'summer time begins the night after'         ],
  ['Australia/Lord_Howe', '2026-03-26',      'half an hour of summer time ends'           ],
  ['Pacific/Kiritimati',  '2026-05-01',      'fourteen hours ahead'                       ],
] as const

describe('business midnight under traffic', () => {
  test.each(LONG ? midnights : midnights.slice(0, 3))('%s, earned on %s: %s', async (zone, day, _) => {
    const program = `midnight ${zone} ${day}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    const clock = settable(`${day}T12:00:00Z`)
    const earned = wallDay(clock.now(), zone)
    const last = plusDays(earned, VALID_DAYS)
    const over = firstMinuteOf(plusDays(last, 1), zone)
    await using one = await openInstance({ url: database.url, clock })
    await using two = await openInstance({ url: database.url, clock })
    await publishTo(one.ask, club(program, zone, VALID_DAYS))
    const tills = [at(one, program), at(two, program)]
    const members = Array.from({ length: times(6, 60) }, (_, index) => `${program} ${index}`)
    for (const member of members) expect(await tills[0]!.grant(member, 100)).toBeUndefined()

    // Minute by minute, then to the millisecond, then on: at each moment some spend, and sweeps run twice at once.
    const moments = [-180, -61, -30, -1].map((minutes) => over + minutes * MINUTE_MS)
    const roll = dice(7)
    const spent = new Map(members.map((member) => [member, 0]))
    for (const now of [...moments, over - 1, over, over + 1, over + 61 * MINUTE_MS]) {
      clock.set(now as Instant)
      const good = wallDay(clock.now(), zone) <= last
      expect(good).toBe(now < over)
      const [outcomes] = await Promise.all([
        Promise.all(
          members.map(async (member, index) => [member, await tills[index % 2]!.redeem(member, 1 + roll(3))]),
        ),
        one.settleDue(),
        two.settleDue(),
      ])
      for (const [member, refusal] of outcomes) {
        expect([toIso(clock.now()), refusal]).toEqual([
          toIso(clock.now()),
          good ? undefined : 'INSUFFICIENT_POINTS',
        ])
        if (good) spent.set(member!, spent.get(member!)! + 1)
      }
    }
    for (const member of members) {
      const { available, entries } = await tills[0]!.account(member)
      expect(available).toBe(0)
      expect(entries.filter(({ kind }) => kind === 'REDEEM')).toHaveLength(spent.get(member)!)
      const expiries = entries.filter(({ kind }) => kind === 'EXPIRE')
      expect(expiries.map(({ effectiveAt }) => effectiveAt)).toEqual([toIso(over)])
      expect(entries.reduce((sum, { points }) => sum + points, 0)).toBe(0)
    }
    // A sweep that comes again finds nothing to do.
    const before = await ledgerCheck(one.ask)
    await Promise.all([one.settleDue(), two.settleDue()])
    await one.settleDue()
    expect(await ledgerCheck(one.ask)).toEqual(before)
    expect(before.violations).toEqual([])
    tell({ [program]: { members: members.length, 'last moment': toIso((over - 1) as Instant) } })
  })
})

describe('application clocks that do not agree', () => {
  test('three ledgers, a day behind, right and a day ahead, and clocks that jump: every posting has one place and the books add up', async () => {
    const program = 'jumping-clocks'
    const start = '2026-01-10T04:00:00Z'
    const clocks = [-DAY_MS, 0, DAY_MS].map((off) => {
      const clock = settable(start)
      clock.set((instant(start) + off) as Instant)
      return { off, ...clock }
    })
    const ledgers = await Promise.all(clocks.map((clock) => openInstance({ url: database.url, clock })))
    await publishTo(ledgers[1]!.ask, club(program, 'Asia/Shanghai', 3))
    const members = Array.from({ length: 8 }, (_, index) => `jumping ${index}`)
    const roll = dice(11)
    const balances = new Map(members.map((member) => [member, { in: 0, out: 0 }]))
    let right = instant(start)
    let refusedSpends = 0
    for (let turn = 0; turn < times(12, 300); turn++) {
      right = (right + roll(18) * 60 * MINUTE_MS) as Instant
      for (const { off, set } of clocks) {
        // Each is off by up to its share, and now and then jumps.
        const jump = roll(10) === 0 ? (roll(3) - 1) * DAY_MS : 0
        set((right + off + jump) as Instant)
      }
      await Promise.all([
        ...members.map(async (member) => {
          const till = at(ledgers[roll(3)]!, program)
          const points = 1 + roll(50)
          const balance = balances.get(member)!
          if (roll(2) === 0) {
            if ((await till.grant(member, points)) === undefined) balance.in += points
          } else if ((await till.redeem(member, points)) === undefined) balance.out += points
          else refusedSpends += 1
        }),
        ledgers[roll(3)]!.settleDue(),
      ])
    }
    expect(refusedSpends).toBeGreaterThan(0)
    const reader = at(ledgers[1]!, program)
    for (const member of members) {
      const expected = balances.get(member)!
      const { entries } = await reader.account(member)
      const sum = (kind: string) =>
        entries.reduce((total, entry) => (entry.kind === kind ? total + entry.points : total), 0)
      // The page holds 100; in the long form the sums are the check's.
      if (entries.length < 100) expect([sum('GRANT'), -sum('REDEEM')]).toEqual([expected.in, expected.out])
    }
    expect((await ledgerCheck(ledgers[1]!.ask)).violations).toEqual([])
    for (const one of ledgers) await one.close()
  })

  test('a clock that jumps back neither revives points nor spends them twice', async () => {
    const program = 'jump-back'
    const clock = settable('2026-01-10T04:00:00Z')
    await using one = await openInstance({ url: database.url, clock })
    await publishTo(one.ask, club(program, 'Asia/Shanghai', 3))
    const till = at(one, program)
    for (const member of ['swept', 'lazily expired', 'spent']) await till.grant(member, 100)
    expect(await till.redeem('spent', 100)).toBeUndefined()
    clock.set(instant('2026-01-13T16:00:00Z'))
    expect(await till.redeem('lazily expired', 100)).toBe('INSUFFICIENT_POINTS')
    await one.settleDue()
    clock.set(instant('2026-01-10T05:00:00Z'))
    for (const member of ['swept', 'lazily expired', 'spent']) {
      expect([member, await till.redeem(member, 1)]).toEqual([member, 'INSUFFICIENT_POINTS'])
    }
    expect((await ledgerCheck(one.ask)).violations).toEqual([])
  })
})
