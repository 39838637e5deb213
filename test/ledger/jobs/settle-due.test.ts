import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { holdAccount } from '../hard/books-in-sql.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith, withGrowthValidity, withPointsValidity } from '../program-of.ts'
import { type OpenLedger, purchase, record, redeem, setClock } from '../requests.ts'

/** One purchase of `amount` by each of many members, on the tenth of January. */
const buyAll = async (ledger: OpenLedger, count: number, amount: string) => {
  for (let from = 0; from < count; from += 1_000) {
    const size = Math.min(1_000, count - from)
    await record(
      ledger,
      Array.from({ length: size }, (_, index) => purchase(`member ${from + index}`, amount)),
    )
  }
}

const tierEvents = (ledger: OpenLedger) =>
  ledger.sql<{ payload: object; occurred_at: Date }>(
    `select payload, occurred_at from ledger.event where type = 'ledger.TierChanged' order by position`,
  )

test('a sweep settles more members than fit in one chunk; a second finds nothing to do', async () => {
  await using ledger = await openLedger()
  await buyAll(ledger, 1_100, '10')
  setClock(ledger, '2027-01-11T00:00:00Z')
  await ledger.runJob('settle-due')
  const swept = await ledger.check()
  expect(swept).toMatchObject({ clean: true, entries: 2_200 })
  expect(await ledger.sql('select from ledger.lot where remaining > 0')).toHaveLength(0)
  await ledger.runJob('settle-due')
  expect(await ledger.check()).toEqual(swept)
})

test('with whom somebody else is busy is left to the next sweep, which finds only those', async () => {
  await using ledger = await openLedger()
  await buyAll(ledger, 5, '10')
  setClock(ledger, '2027-01-11T00:00:00Z')
  const busy = memberId('member 3')
  const rest = () => ledger.sql<{ member_id: string }>('select distinct member_id from ledger.lot')
  const owner = new pg.Client({ connectionString: ledger.databaseUrl })
  await owner.connect()
  await owner.query('begin')
  await holdAccount(owner, busy)
  await ledger.runJob('settle-due')
  expect(await rest()).toEqual([{ member_id: busy }])
  await owner.query('rollback')
  await owner.end()
  await ledger.runJob('settle-due')
  expect(await rest()).toEqual([])
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 10 })
})

test('a sweep before the end of the last day takes nothing', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '10', '2026-01-10')
  setClock(ledger, '2027-01-10T15:59:59.999Z')
  await ledger.runJob('settle-due')
  expect((await ledger.account('li')).points.available).toBe(10)
  expect(await ledger.check()).toMatchObject({ clean: true, entries: 1 })
})

test('six hundred tiers that are kept, with nothing running out, are put off for a year and not looked at again', async () => {
  const never = '{ kind: never }'
  const program = documentWith(withPointsValidity(never), withGrowthValidity(never))
  await using ledger = await openLedger({ program })
  await buyAll(ledger, 600, '3000')
  setClock(ledger, '2027-02-01T00:00:00Z')
  await ledger.runJob('settle-due')
  const due = await ledger.sql('select distinct tier, tier_until::text, next_due::text from ledger.account')
  expect(due).toEqual([{ tier: 'advanced', tier_until: '2028-01-10', next_due: '2028-01-10' }])
  expect(await tierEvents(ledger)).toHaveLength(600)
  expect((await ledger.check()).clean).toBe(true)
})

test('a fall is told with the moment at which it took effect, however late the sweep', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '5000', '2026-01-10')
  setClock(ledger, '2027-06-01T00:00:00Z')
  await ledger.runJob('settle-due')
  expect((await tierEvents(ledger)).at(-1)).toMatchObject({
    payload: { program: 'super-member', sequence: 2, from: 'vip', to: 'ordinary', direction: 'down' },
    occurred_at: new Date('2027-01-10T16:00:00Z'),
  })
})

test('swept every day or not for three years: the books are the same', async () => {
  const history: [string, string][] = [
    ['2026-01-10', '3000'],
    ['2026-06-01', '2500'],
    ['2027-02-01', '100'],
    ['2027-05-31', '3100'],
    ['2028-06-02', '7'],
  ]
  const accounts = []
  for (const swept of [true, false]) {
    await using ledger = await openLedger()
    for (const [on, amount] of history) {
      setClock(ledger, `${on}T04:00:00Z`)
      if (swept) await ledger.runJob('settle-due')
      await ledger.buy('li', amount, on)
    }
    setClock(ledger, '2029-01-10T00:00:00Z')
    await ledger.runJob('settle-due')
    expect((await ledger.check()).clean).toBe(true)
    accounts.push(await ledger.account('li'))
  }
  expect(accounts[0]).toEqual(accounts[1])
})

describe('a sweep and redemptions of the same points at once', () => {
  test('on the last day all can be spent, after it none, and the books hold', async () => {
    await using ledger = await openLedger()
    await buyAll(ledger, 40, '100')
    setClock(ledger, '2027-01-10T16:00:00Z')
    const redemptions = Array.from({ length: 40 }, (_, index) =>
      redeem(ledger, `member ${index}`, 100, { idempotencyKey: 'k-1' }),
    )
    const [, , ...answers] = await Promise.all([
      ledger.runJob('settle-due'),
      ledger.runJob('settle-due'),
      ...redemptions,
    ])
    for (const answer of answers) expect(answer.refusal!.code).toBe('INSUFFICIENT_POINTS')
    await ledger.runJob('settle-due')
    // Per member: in, and out again, once.
    expect(await ledger.check()).toMatchObject({ clean: true, entries: 80 })
  })
})
