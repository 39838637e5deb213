import { expect, test } from 'vitest'
import { openLedger } from '../open-ledger.ts'
import { type OpenLedger, purchase, record, setClock } from '../requests.ts'

const announce = async (ledger: OpenLedger, change: Record<string, unknown>) => {
  ledger.emit('campaigns', {
    type: 'campaigns.MultiplierChanged',
    payload: {
      program: 'super-member',
      campaign: 'double-day',
      active: true,
      from: '2026-12-11T16:00:00.000Z',
      until: '2026-12-12T16:00:00.000Z',
      factor: '2',
      when: null,
      ...change,
    },
  })
  await ledger.drain()
}

/** What ten yuan bring at a moment. */
const pointsAt = async (ledger: OpenLedger, occurredAt: string) => {
  const [result] = await record(ledger, [purchase('li', '10', { occurredAt, document: occurredAt })])
  return result!.purchase!.points
}

test('a double-points day doubles from its first moment to its last, also for bills that come in later', async () => {
  await using ledger = await openLedger({ now: '2026-12-20T00:00:00Z' })
  await announce(ledger, {})
  expect(await pointsAt(ledger, '2026-12-11T15:59:59.999Z')).toBe(10)
  expect(await pointsAt(ledger, '2026-12-11T16:00:00.000Z')).toBe(20)
  expect(await pointsAt(ledger, '2026-12-12T15:59:59.999Z')).toBe(20)
  expect(await pointsAt(ledger, '2026-12-12T16:00:00.000Z')).toBe(10)
  expect((await ledger.check()).clean).toBe(true)
})

test('changed it multiplies anew, withdrawn no more', async () => {
  await using ledger = await openLedger({ now: '2026-12-12T00:00:00Z' })
  await announce(ledger, {})
  await announce(ledger, { factor: '3' })
  expect(await pointsAt(ledger, '2026-12-11T20:00:00Z')).toBe(30)
  await announce(ledger, { active: false })
  expect(await pointsAt(ledger, '2026-12-11T21:00:00Z')).toBe(10)
})

test('of another programme it multiplies nothing here', async () => {
  await using ledger = await openLedger({ now: '2026-12-12T00:00:00Z' })
  await announce(ledger, { program: 'tea-club' })
  expect(await pointsAt(ledger, '2026-12-11T20:00:00Z')).toBe(10)
})

test('a bill that comes again after the campaign was withdrawn gets its stored answer', async () => {
  await using ledger = await openLedger({ now: '2026-12-12T00:00:00Z' })
  await announce(ledger, {})
  const bill = [purchase('li', '10', { occurredAt: '2026-12-11T20:00:00Z' })]
  const first = await record(ledger, bill)
  await announce(ledger, { active: false })
  setClock(ledger, '2027-01-01T00:00:00Z')
  expect(await record(ledger, bill)).toEqual(first.map((result) => ({ ...result, duplicate: true })))
})

test.each([
  ['a condition that nobody can read', { when: 'purchase.colour == "red"' }],
  ['a factor that is no number', { factor: 'twice' }],
])('%s is parked, and purchases go on', async (_, change) => {
  await using ledger = await openLedger({ now: '2026-12-12T00:00:00Z' })
  await announce(ledger, change)
  expect(await pointsAt(ledger, '2026-12-11T20:00:00Z')).toBe(10)
  expect(await ledger.sql('select source from ledger.parked_event')).toEqual([{ source: 'campaigns' }])
})
