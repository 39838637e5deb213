import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestClock } from '../../../kernel/clock.ts'
import { ledger } from '../../../subgraphs/ledger/index.ts'
import { openTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { documentWith, withPointsValidity } from '../program-of.ts'
import { type Instance, ledgerCheck, openInstance, publishTo } from './instance.ts'
import { tell, times } from './length.ts'
import { type Answer, audit, NOTHING_WRONG, type Order, send, statementOf } from './orders.ts'

const AT_ONCE = 64
const ROUNDS = times(6, 200)

/** The last day of points earned at the start is 20 January in Shanghai. */
const START = '2026-01-10T04:00:00Z'
const LAST_MOMENT = '2026-01-20T15:59:59.999Z'
const FIRST_MOMENT_AFTER = '2026-01-20T16:00:00Z'

let database: TestDatabase
let tills: readonly [Instance, Instance]
/** Both ledgers go by one time. */
let clock: TestClock

beforeAll(async () => {
  database = await openTestDatabase([ledger])
  clock = TestClock.standingAt(START)
  const open = () => openInstance({ url: database.url, clock: { now: () => clock.now() } })
  tills = [await open(), await open()]
  await publishTo(tills[0].ask, documentWith(withPointsValidity('{ kind: rolling, days: 10 }')))
})
afterAll(async () => {
  for (const till of tills) await till.close()
  await database[Symbol.asyncDispose]()
})

const granted = (member: string, points: number): Order => ({
  kind: 'grant',
  key: `${member} gift`,
  member,
  points,
})
const spend = (member: string, points: number, index: number): Order => ({
  kind: 'redemption',
  key: `${member} spend ${index}`,
  member,
  points,
})

/** All at once, half of them at each ledger. */
const rush = (orders: readonly Order[]): Promise<Answer[]> =>
  Promise.all(orders.map((order, index) => send(tills[index % 2]!.ask, order)))

const codes = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, (answer) => (answer.told === 'done' ? 'done' : answer.code))].map(
      ([code, group]) => [code, group.length],
    ),
  )

async function memberWith(member: string, points: number): Promise<Order> {
  const order = granted(member, points)
  expect(await send(tills[0].ask, order)).toMatchObject({ told: 'done' })
  return order
}

describe(`${AT_ONCE} redemptions of the same points at once, at two ledgers`, () => {
  test(`all of the 100 points: one succeeds and ${AT_ONCE - 1} are refused by name, ${ROUNDS} times`, async () => {
    let [done, refused] = [0, 0]
    for (let round = 0; round < ROUNDS; round++) {
      const member = `all ${round}`
      const gift = await memberWith(member, 100)
      const orders = Array.from({ length: AT_ONCE }, (_, index) => spend(member, 100, index))
      const answers = await rush(orders)
      expect(codes(answers)).toEqual({ done: 1, INSUFFICIENT_POINTS: AT_ONCE - 1 })
      const winner = orders[answers.findIndex(({ told }) => told === 'done')]!
      expect(await audit(tills[1].ask, [member], [gift, winner])).toEqual(NOTHING_WRONG)
      done += 1
      refused += AT_ONCE - 1
    }
    tell({ 'parallel spend': { rounds: ROUNDS, done, refused } })
  })

  test('thirty of the 100 points each: three succeed, ten are left', async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 3); round++) {
      const member = `thirds ${round}`
      await memberWith(member, 100)
      const answers = await rush(Array.from({ length: AT_ONCE }, (_, index) => spend(member, 30, index)))
      expect(codes(answers)).toEqual({ done: 3, INSUFFICIENT_POINTS: AT_ONCE - 3 })
      expect((await statementOf(tills[0].ask, member)).available).toBe(10)
    }
  })

  test('the same redemption: one movement, and the same answer to all', async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 3); round++) {
      const member = `same ${round}`
      const gift = await memberWith(member, 100)
      const order = spend(member, 100, 0)
      const answers = await rush(Array.from({ length: AT_ONCE }, () => order))
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(await audit(tills[1].ask, [member], [gift, order])).toEqual(NOTHING_WRONG)
    }
  })

  test('against points that come in at the same moment: what is spent was there', async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 3); round++) {
      const member = `earning ${round}`
      const gift = await memberWith(member, 100)
      const gifts = Array.from({ length: 4 }, (_, index) => ({
        ...granted(member, 100),
        key: `${member} more ${index}`,
      }))
      const spends = Array.from({ length: AT_ONCE }, (_, index) => spend(member, 100, index))
      const orders = [...spends.slice(0, 32), ...gifts, ...spends.slice(32)]
      const answers = await rush(orders)
      const done = orders.filter((_, index) => answers[index]!.told === 'done')
      const spent = done.filter(({ kind }) => kind === 'redemption').length
      expect(spent).toBeGreaterThanOrEqual(1)
      expect(spent).toBeLessThanOrEqual(5)
      expect(await audit(tills[0].ask, [member], [gift, ...done])).toEqual(NOTHING_WRONG)
    }
  })
})

describe(`${AT_ONCE} redemptions and holds of the same points at once, at two ledgers`, () => {
  const hold = (member: string, points: number, index: number): Order => ({
    kind: 'hold',
    key: `${member} hold ${index}`,
    member,
    points,
  })

  test(`all of the 100 points: one succeeds and ${AT_ONCE - 1} are refused by name`, async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
      const member = `held ${round}`
      const gift = await memberWith(member, 100)
      const orders = Array.from({ length: AT_ONCE }, (_, index) =>
        (index % 3 === 0 ? hold : spend)(member, 100, index),
      )
      const answers = await rush(orders)
      expect(codes(answers)).toEqual({ done: 1, INSUFFICIENT_POINTS: AT_ONCE - 1 })
      const winner = orders[answers.findIndex(({ told }) => told === 'done')]!
      expect(await audit(tills[1].ask, [member], [gift, winner])).toEqual(NOTHING_WRONG)
    }
  })

  test('while the purchase that brought them is taken back by many: once, and nobody has more than there was', async () => {
    for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
      const member = `returned ${round}`
      const bill: Order = { kind: 'purchase', key: `${member} bill`, member, points: 100 }
      expect(await send(tills[0].ask, bill)).toMatchObject({ told: 'done' })
      const returns = Array.from(
        { length: 8 },
        (_, index): Order => ({
          ...bill,
          kind: 'return',
          key: `${member} back ${index}`,
          of: bill.key,
        }),
      )
      const spends = Array.from({ length: 24 }, (_, index) => spend(member, 100, index))
      const orders = spends.flatMap((order, index) => [order, ...returns.slice(index, index + 1)])
      const answers = await rush(orders)
      const done = orders.filter((_, index) => answers[index]!.told === 'done')
      const { return: back = [], redemption: spent = [] } = Object.groupBy(done, ({ kind }) => kind)
      expect(back).toHaveLength(1)
      expect(spent.length).toBeLessThanOrEqual(1)
      expect(await audit(tills[1].ask, [member], [bill, ...done])).toEqual(NOTHING_WRONG)
    }
  })
})

// Last, for it moves the clock on.
test('against the sweep: to the last moment one redemption succeeds, from the next one on none', async () => {
  const names = Array.from({ length: times(4, 60) }, (_, index) => `ending ${index}`)
  const late = names.map((name) => `${name} too late`)
  for (const member of [...names, ...late]) await memberWith(member, 100)

  clock.advanceTo(Date.parse(LAST_MOMENT) as never)
  for (const member of names) {
    const [answers] = await Promise.all([
      rush(Array.from({ length: AT_ONCE }, (_, index) => spend(member, 100, index))),
      tills[0].settleDue(),
      tills[1].settleDue(),
    ])
    expect(codes(answers)).toEqual({ done: 1, INSUFFICIENT_POINTS: AT_ONCE - 1 })
  }
  clock.advanceTo(Date.parse(FIRST_MOMENT_AFTER) as never)
  const sweeps = [tills[0].settleDue(), tills[1].settleDue()]
  for (const member of late) {
    const answers = await rush(Array.from({ length: AT_ONCE }, (_, index) => spend(member, 100, index)))
    expect(codes(answers)).toEqual({ INSUFFICIENT_POINTS: AT_ONCE })
  }
  await Promise.all(sweeps)
  for (const member of late) {
    const { available, entries } = await statementOf(tills[0].ask, member)
    expect([available, entries.map(({ kind }) => kind)]).toEqual([0, ['EXPIRE', 'GRANT']])
  }
  expect((await ledgerCheck(tills[0].ask)).violations).toEqual([])
})
