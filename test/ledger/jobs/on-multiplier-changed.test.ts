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

test("what a former version has stored still rates: a plan, which nobody has, is nobody's", async () => {
  await using ledger = await openLedger({ now: '2026-12-12T00:00:00Z' })
  await ledger.sql(
    `insert into ledger.program_version
     select program_key, 2, source,
       jsonb_set(document, '{version}', '2') || jsonb_build_object('earn', jsonb_build_array(
         document -> 'earn' -> 0,
         (document -> 'earn' -> 0) || '{"id": "of-plan", "when": "member.plan == \\"gold\\""}')),
       published_at, published_by
     from ledger.program_version`,
  )
  await ledger.sql('update ledger.program set version = 2')
  await announce(ledger, { campaign: 'for-all' })
  await announce(ledger, { when: 'member.tier == "gold"' })
  await ledger.sql(`update ledger.multiplier set condition = replace(condition, 'tier', 'plan')`)
  expect(await pointsAt(ledger, '2026-12-11T20:00:00Z')).toBe(20)
  await announce(ledger, { campaign: 'announced-by-it', when: 'member.plan == "gold"' })
  expect(await pointsAt(ledger, '2026-12-11T21:00:00Z')).toBe(20)
  expect(await ledger.sql('select source from ledger.parked_event')).toEqual([])
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
