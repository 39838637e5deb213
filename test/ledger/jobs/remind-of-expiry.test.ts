import { expect, test } from 'vitest'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { type OpenLedger, redeem, setClock } from '../requests.ts'

const withReminders = documentWith(['  burn:\n', '  remind: [60, 30]\n  burn:\n'])

const told = async (ledger: OpenLedger) =>
  (await ledger.events())
    .filter(({ type }) => type === 'ledger.PointsExpiring')
    .flatMap(({ payload }) => {
      const { daysBefore, members } = payload as {
        daysBefore: number
        members: { memberId: string; expiresOn: string; points: string }[]
      }
      return members.map(
        ({ memberId: id, expiresOn, points }) =>
          `${daysBefore}: ${id === memberId('li') ? 'li' : 'wang'} ${points} to ${expiresOn}`,
      )
    })

const runOn = async (ledger: OpenLedger, day: string) => {
  setClock(ledger, `${day}T04:00:00Z`)
  await ledger.runJob('remind-of-expiry')
}

test('members are told 60 and 30 days before the last day, once each, of what is left then', async () => {
  await using ledger = await openLedger({ program: withReminders })
  await ledger.buy('li', '1000', '2026-01-10')
  await ledger.buy('wang', '50', '2026-01-10')
  await ledger.runJob('remind-of-expiry')
  expect(await told(ledger)).toEqual([])
  await runOn(ledger, '2026-11-10')
  expect(await told(ledger)).toEqual([])
  await runOn(ledger, '2026-11-11') // 60 days before 10 January
  await runOn(ledger, '2026-11-11')
  expect((await told(ledger)).sort()).toEqual(['60: li 1000 to 2027-01-10', '60: wang 50 to 2027-01-10'])
  await redeem(ledger, 'li', 900, { idempotencyKey: 'burn' })
  await runOn(ledger, '2026-12-11')
  expect((await told(ledger)).slice(2).sort()).toEqual([
    '30: li 100 to 2027-01-10',
    '30: wang 50 to 2027-01-10',
  ])
  await runOn(ledger, '2027-01-11')
  expect(await told(ledger)).toHaveLength(4)
})

test('a job that did not run for a while tells late, and not of what is gone', async () => {
  await using ledger = await openLedger({ program: withReminders })
  await ledger.buy('li', '10', '2026-01-10')
  await ledger.runJob('remind-of-expiry')
  await ledger.buy('wang', '20', '2026-01-10')
  await runOn(ledger, '2027-01-10')
  expect((await told(ledger)).sort()).toEqual([
    '30: li 10 to 2027-01-10',
    '30: wang 20 to 2027-01-10',
    '60: li 10 to 2027-01-10',
    '60: wang 20 to 2027-01-10',
  ])
})

test('when reminders are new, each is told by the shortest notice only', async () => {
  await using ledger = await openLedger({ program: withReminders, now: '2026-12-20T04:00:00Z' })
  await ledger.buy('li', '10', '2026-01-10')
  await ledger.buy('wang', '20', '2026-02-10')
  await ledger.runJob('remind-of-expiry')
  expect((await told(ledger)).sort()).toEqual(['30: li 10 to 2027-01-10', '60: wang 20 to 2027-02-10'])
})
