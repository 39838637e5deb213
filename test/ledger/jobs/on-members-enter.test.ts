import { expect, test } from 'vitest'
import { DAY_MS } from '../../../kernel/values/instant.ts'
import { admin } from '../../helpers/graph.ts'
import { autoBrand } from '../activities.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { accountField, brokenPromises, type OpenLedger, purchase, record } from '../requests.ts'

const points = async (ledger: OpenLedger, name: string) =>
  (await accountField<{ points: { available: number } } | null>(ledger, name, 'points { available }'))?.points
    .available ?? 0

const tier = async (ledger: OpenLedger, name: string) => {
  const account = await accountField<{
    tier: { tier: { id: string }; history: { to: { id: string }; reason: string }[] }
  } | null>(ledger, name, 'tier { tier { id } history { to { id } reason } }')
  return account ? [account.tier.tier.id, account.tier.history] : ['ordinary', []]
}

test('welcome points come once, to who registers in full or takes the membership up in time', async () => {
  await using ledger = await openLedger({ now: '2026-01-02T00:00:00Z', program: autoBrand })
  ledger.clock.advance(180 * DAY_MS)
  const registered = (name: string, more: object = {}) =>
    ledger.emit('identity', {
      type: 'identity.MembersRegistered',
      occurredAt: '2026-04-15T04:00:00Z',
      payload: { channel: 'STORE', memberIds: [memberId(name)], ...more },
    } as never)
  const activated = (name: string, occurredAt: string) =>
    ledger.emit('identity', {
      type: 'identity.MembersActivated',
      occurredAt,
      payload: {
        from: 'PRE_REGISTERED',
        members: [{ memberId: memberId(name), joinedAt: '2026-01-15T04:00:00Z' }],
      },
    } as never)
  for (const _ of [1, 2]) registered('full')
  registered('history', { channel: 'IMPORT' })
  for (const entry of ['PRE_REGISTERED', 'COLLECTOR']) registered(entry, { entry })
  activated('in time', '2026-04-15T04:00:00Z')
  activated('in time', '2026-04-15T05:00:00Z')
  activated('late', '2026-04-16T04:00:00Z')
  await ledger.drain()
  const given: [string, number][] = []
  for (const name of ['full', 'in time', 'late', 'history', 'PRE_REGISTERED', 'COLLECTOR'])
    given.push([name, await points(ledger, name)])
  expect(given).toEqual([
    ['full', 100],
    ['in time', 100],
    ['late', 0],
    ['history', 0],
    ['PRE_REGISTERED', 0],
    ['COLLECTOR', 0],
  ])
  expect(await brokenPromises(ledger)).toEqual([])
})

test('a product and an approved application lift to a tier, once each, and never down', async () => {
  await using ledger = await openLedger({ now: '2026-07-01T00:00:00Z', program: autoBrand })
  const bought = (name: string, more: object = {}) =>
    ledger.emit('identity', {
      type: 'identity.ProductRegistered',
      memberId: memberId(name),
      payload: {
        kind: 'VEHICLE',
        make: '',
        model: ' grand TOURER',
        boughtOn: null,
        dealer: 'dealer-7',
        verified: true,
        ...more,
      },
    } as never)
  const approved = (name: string, more: object = {}) =>
    ledger.emit('identity', {
      type: 'identity.ApplicationApproved',
      memberId: memberId(name),
      payload: {
        applicationId: `of ${name}`,
        kind: 'TIER',
        program: 'auto-brand',
        tier: 'vip',
        by: 'staff:chen',
        ...more,
      },
    } as never)
  bought('tourer')
  bought('claim', { verified: false })
  bought('estate', { model: 'Estate' })
  for (const _ of [1, 2]) approved('applicant')
  approved('applicant', { applicationId: 'another', tier: 'advanced' })
  bought('applicant')
  approved('nobody', { kind: 'MEMBERSHIP', tier: null })
  await ledger.drain()
  const direct = { to: { id: 'advanced' }, reason: 'DIRECT' }
  expect(await tier(ledger, 'tourer')).toEqual(['advanced', [direct]])
  // A bill of before comes late: all is played again, and the tier is still there.
  const late = { program: 'auto-brand', occurredAt: '2026-06-01T00:00:00Z' }
  const [bill] = await record(ledger, [purchase('tourer', '10', late)])
  expect(bill!.refusal).toBeNull()
  expect(await tier(ledger, 'tourer')).toEqual(['advanced', [direct]])
  expect(await tier(ledger, 'claim')).toEqual(['ordinary', []])
  expect(await tier(ledger, 'estate')).toEqual(['ordinary', []])
  expect(await tier(ledger, 'nobody')).toEqual(['ordinary', []])
  expect(await tier(ledger, 'applicant')).toEqual(['vip', [{ to: { id: 'vip' }, reason: 'APPROVED' }]])
  expect(await brokenPromises(ledger)).toEqual([])
})

test('what happened before its rules were published is not rewarded by them', async () => {
  await using ledger = await openLedger({ now: '2026-07-01T00:00:00Z', program: autoBrand })
  const enters = (name: string, occurredAt: string) => {
    ledger.emit('identity', {
      type: 'identity.MembersRegistered',
      occurredAt,
      payload: { channel: 'STORE', memberIds: [memberId(name)] },
    } as never)
    ledger.emit('identity', {
      type: 'identity.ProductRegistered',
      memberId: memberId(name),
      occurredAt,
      payload: {
        kind: 'VEHICLE',
        make: '',
        model: 'Grand Tourer',
        boughtOn: null,
        dealer: null,
        verified: true,
      },
    } as never)
  }
  enters('before', '2026-06-30T23:59:59Z')
  enters('then', '2026-07-01T00:00:00Z')
  await ledger.drain()
  expect([await points(ledger, 'before'), (await tier(ledger, 'before'))[0]]).toEqual([0, 'ordinary'])
  expect([await points(ledger, 'then'), (await tier(ledger, 'then'))[0]]).toEqual([100, 'advanced'])
})

test('a welcome that is refused waits for people, and keeps nobody else from theirs', async () => {
  await using ledger = await openLedger({ now: '2026-07-01T00:00:00Z', program: autoBrand })
  // By hand, and under the very name that the welcome has.
  const byHand = {
    program: 'auto-brand',
    memberId: memberId('anna'),
    points: 5,
    source: 'INITIAL',
    reason: 'opening',
  }
  const { grantPoints } = await ledger.ask<{ grantPoints: { refusal: unknown } }>(
    admin,
    'mutation ($input: GrantPointsInput!) { grantPoints(input: $input) { refusal { code } } }',
    { input: { ...byHand, document: 'welcome', idempotencyKey: 'welcome' } },
  )
  expect(grantPoints.refusal).toBeNull()
  ledger.emit('identity', {
    type: 'identity.MembersRegistered',
    payload: { channel: 'STORE', memberIds: [memberId('anna'), memberId('bob')] },
  } as never)
  await ledger.drain()
  expect([await points(ledger, 'anna'), await points(ledger, 'bob')]).toEqual([5, 100])
  expect(await ledger.mounted.get('ledger')!.parked.list()).toMatchObject([
    {
      source: 'identity/entering',
      type: 'identity.MembersRegistered',
      error: `GiftRefused: a gift to a member was refused: DOCUMENT_CONFLICT of ${memberId('anna')} in auto-brand`,
    },
  ])
  expect(await brokenPromises(ledger)).toEqual([])
})
