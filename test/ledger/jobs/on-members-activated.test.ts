import { expect, test } from 'vitest'
import { autoBrand } from '../activities.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { brokenPromises, grant, type OpenLedger, setClock } from '../requests.ts'

const registered = (ledger: OpenLedger, name: string, entry?: 'PRE_REGISTERED' | 'COLLECTOR') =>
  ledger.emit('identity', {
    type: 'identity.MembersRegistered',
    payload: { channel: 'IMPORT', memberIds: [memberId(name)], ...(entry ? { entry } : {}) } as never,
  })

const activated = (ledger: OpenLedger, name: string, occurredAt: string) =>
  ledger.emit('identity', {
    type: 'identity.MembersActivated',
    occurredAt,
    payload: {
      from: 'PRE_REGISTERED',
      members: [{ memberId: memberId(name), joinedAt: '2024-12-01T00:00:00Z' }],
    } as never,
  })

const lots = async (ledger: OpenLedger, name: string) =>
  (await ledger.account(name)).lots.edges.map(({ node }) => [node.expiresOn, node.remaining])

test('points of who is registered beforehand accrue at once and run from the day of activation', async () => {
  await using ledger = await openLedger({ program: autoBrand })
  registered(ledger, 'li', 'PRE_REGISTERED')
  registered(ledger, 'wang')
  await ledger.drain()
  for (const name of ['li', 'wang']) await grant(ledger, name, 100, { idempotencyKey: name })
  expect([await lots(ledger, 'li'), await lots(ledger, 'wang')]).toEqual([
    [[null, 100]],
    [['2028-01-31', 100]],
  ])
  setClock(ledger, '2028-03-01T04:00:00Z')
  await ledger.runJob('settle-due')
  expect((await ledger.account('li')).points.available).toBe(100)
  activated(ledger, 'li', '2028-02-20T04:00:00Z')
  await ledger.drain()
  expect(await lots(ledger, 'li')).toEqual([['2030-02-28', 100]])
  await grant(ledger, 'li', 50, { idempotencyKey: 'later' })
  expect(await lots(ledger, 'li')).toEqual([
    ['2030-02-28', 100],
    ['2030-03-31', 50],
  ])
  setClock(ledger, '2030-03-01T04:00:00Z')
  await ledger.runJob('settle-due')
  expect((await ledger.account('li')).points.available).toBe(50)
  expect(await brokenPromises(ledger)).toEqual([])
})

test('who is activated before the first point has no lot to start, and told again nothing changes', async () => {
  await using ledger = await openLedger({ program: autoBrand })
  registered(ledger, 'li', 'PRE_REGISTERED')
  activated(ledger, 'li', '2026-01-05T04:00:00Z')
  activated(ledger, 'li', '2026-01-09T04:00:00Z')
  registered(ledger, 'li', 'PRE_REGISTERED')
  await ledger.drain()
  await grant(ledger, 'li', 100, { idempotencyKey: 'a', occurredAt: '2026-01-02T04:00:00Z' })
  expect(await lots(ledger, 'li')).toEqual([['2028-01-31', 100]])
  expect(await ledger.sql('select awaits_activation, activated_at from ledger.member_standing')).toEqual([
    { awaits_activation: false, activated_at: new Date('2026-01-05T04:00:00Z') },
  ])
  expect(await brokenPromises(ledger)).toEqual([])
})
