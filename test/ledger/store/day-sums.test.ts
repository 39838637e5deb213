import { expect, test } from 'vitest'
import { admin } from '../../helpers/graph.ts'
import { autoBrand, perform } from '../activities.ts'
import { openLedger } from '../open-ledger.ts'
import { takeBack } from '../order-requests.ts'
import { brokenPromises, grant, type OpenLedger, publish, redeem, setClock } from '../requests.ts'

const RANGES = [
  ['2025-12-01', '2026-12-31'],
  ['2026-01-01', '2026-01-09'],
  ['2026-01-10', '2026-01-10'],
  ['2026-01-11', '2026-02-28'],
  ['2028-01-01', '2028-12-31'],
] as const

/** How the programme did in each of the ranges. */
const health = (ledger: OpenLedger) =>
  Promise.all(
    RANGES.map(([from, to]) =>
      ledger.ask<{ programHealth: object }>(
        admin,
        `query ($from: Date!, $to: Date!) { programHealth(from: $from, to: $to) {
          earned redeemed expired reversed indicators { indicator value }
        } }`,
        { from, to },
      ),
    ),
  )

/** Forgets all sums, so that only the entries answer. */
const entriesAlone = async (ledger: OpenLedger) => {
  await ledger.sql('create table ledger.kept as table ledger.summed_days')
  await ledger.sql('delete from ledger.summed_days')
  const told = await health(ledger)
  await ledger.sql('insert into ledger.summed_days table ledger.kept')
  await ledger.sql('drop table ledger.kept')
  return told
}

const through = async (ledger: OpenLedger) =>
  (await ledger.sql<{ through: string }>('select through::text from ledger.summed_days'))[0]?.through

/** What is bought, done, burned, taken back and runs out, some of it days late. */
async function live(ledger: OpenLedger, step: () => Promise<void>): Promise<void> {
  const labour = { channel: 'dealer', bill: undefined, lines: [{ category: 'labour', amount: '1000' }] }
  await ledger.buy('li', '3000', '2026-01-02', 'a')
  await grant(ledger, 'li', 1_000, { idempotencyKey: 'g' })
  await perform(ledger, 'li', 'event', { document: 'run' })
  await step()
  setClock(ledger, '2026-01-12T15:59:59Z') // A second before the 13th in Shanghai.
  await redeem(ledger, 'li', 390, { ...labour, idempotencyKey: 'b' })
  await ledger.buy('wang', '5000', '2026-01-05', 'late')
  await step()
  setClock(ledger, '2026-01-20T04:00:00Z')
  await takeBack(ledger, 'a', 'back')
  await step()
  setClock(ledger, '2028-03-01T04:00:00Z')
  await ledger.runJob('settle-due')
  await step()
}

test('what days come to is what their entries do, whenever they are summed', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
  const summed: (string | undefined)[] = []
  await live(ledger, async () => {
    await ledger.runJob('sum-days')
    await ledger.runJob('sum-days')
    summed.push(await through(ledger))
    expect(await health(ledger)).toEqual(await entriesAlone(ledger))
    expect(await brokenPromises(ledger)).toEqual([])
  })
  expect(summed).toEqual(['2026-01-07', '2026-01-09', '2026-01-17', '2028-02-27'])
  expect((await health(ledger))[0]).toMatchObject({ programHealth: { redeemed: 390 } })
})

test('the days of today and the two before stay open: what a clock records that is behind is not missed', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
  await ledger.runJob('sum-days')
  await ledger.sql('alter table ledger.entry disable trigger all')
  await grant(ledger, 'li', 70, { idempotencyKey: 'g' })
  await ledger.sql(`update ledger.entry set recorded_at = '2026-01-08T00:00:00+08:00'`)
  const [all] = await health(ledger)
  expect(all).toMatchObject({ programHealth: { earned: 70 } })
})

test('sums that somebody has changed, or that miss an entry, are found out, and made anew', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
  await live(ledger, async () => {})
  await ledger.runJob('sum-days')
  for (const tamper of [
    `update ledger.day_sum set points = points + 1 where kind = 'redeem'`,
    `delete from ledger.day_sum where kind = 'reverse'`,
    `insert into ledger.day_sum select program_key, recorded_on, effective_on + 1, kind, by_activity, 1, 1, 0, 0, 0
     from ledger.day_sum where kind = 'redeem'`,
  ]) {
    await ledger.sql(tamper)
    expect(new Set(await brokenPromises(ledger))).toEqual(new Set(['day sums']))
    await ledger.sql('delete from ledger.summed_days')
    await ledger.runJob('sum-days')
    expect(await brokenPromises(ledger)).toEqual([])
  }
})

test('days of another time zone are summed anew, and are not used until they are', async () => {
  await using ledger = await openLedger({ program: autoBrand, now: '2026-01-10T04:00:00Z' })
  await live(ledger, async () => {})
  await ledger.runJob('sum-days')
  const zone = autoBrand.replace('Asia/Shanghai', 'America/New_York').replace('version: 1', 'version: 9')
  expect((await publish(ledger, zone)).refusal).toBeNull()
  expect(await health(ledger)).toEqual(await entriesAlone(ledger))
  await ledger.runJob('sum-days')
  expect(await health(ledger)).toEqual(await entriesAlone(ledger))
  expect(await brokenPromises(ledger)).toEqual([])
  expect(await ledger.sql('select time_zone from ledger.summed_days')).toEqual([
    { time_zone: 'America/New_York' },
  ])
})
