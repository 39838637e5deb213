import { describe, expect, test } from 'vitest'
import { clerk, member } from '../../helpers/graph.ts'
import { statementsOf } from '../../helpers/statements.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { capture, hold, release, takeBack } from '../order-requests.ts'
import { accountField, redeem, setClock } from '../requests.ts'

test('points are set aside for an order, spent piece by piece, and go back', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '100', '2026-01-10')
  const made = await hold(ledger, 'li', 70, { idempotencyKey: 'h' })
  expect(made).toMatchObject({
    hold: { points: 70, held: 70, state: 'OPEN', lapsesAt: '2026-01-10T05:00:00.000Z' },
    account: { points: { available: 30, held: 70 } },
  })
  const { id } = made.hold!
  expect((await redeem(ledger, 'li', 31, { idempotencyKey: 'r' })).refusal!.code).toBe('INSUFFICIENT_POINTS')
  expect((await capture(ledger, id, { points: 71, idempotencyKey: 'c0' })).refusal!.code).toBe('EXCEEDS_HOLD')
  expect((await capture(ledger, id, { points: 20, idempotencyKey: 'c1' })).hold).toMatchObject({
    captured: 20,
    held: 50,
    state: 'OPEN',
  })
  // The same again is the same, though more could be captured.
  expect((await capture(ledger, id, { points: 20, idempotencyKey: 'c1' })).hold!.captured).toBe(20)
  expect((await capture(ledger, id, { points: 21, idempotencyKey: 'c1' })).refusal!.code).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  )
  const found = (of: string, name = 'li') =>
    accountField<{ hold: object | null }>(ledger, name, `hold(id: "${of}") { state captured held released }`)
  expect(await found(id)).toEqual({ hold: { state: 'OPEN', captured: 20, held: 50, released: 0 } })
  expect((await release(ledger, id, 'x')).hold).toMatchObject({ released: 50, held: 0, state: 'RELEASED' })
  expect(await found(id)).toEqual({ hold: { state: 'RELEASED', captured: 20, held: 0, released: 50 } })
  expect([await found(id, 'wang'), await found('x')]).toEqual([{ hold: null }, { hold: null }])
  expect((await capture(ledger, id, { idempotencyKey: 'c2' })).refusal).toMatchObject({
    code: 'HOLD_CLOSED',
    details: [{ name: 'by', value: 'release' }],
  })
  expect((await ledger.account('li')).points.available).toBe(80)
  expect((await ledger.check()).violations).toEqual([])
})

test('who ends a hold or brings goods back, and sends nothing home, asks for the versions once and for nobody’s way', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '100', '2026-01-10', 'bill')
  const { id } = (await hold(ledger, 'li', 70, { idempotencyKey: 'h' })).hold!
  for (const work of [
    () => capture(ledger, id, { points: 20, idempotencyKey: 'c' }),
    () => release(ledger, id, 'r'),
    () => takeBack(ledger, 'bill', 'back'),
  ]) {
    const names = await statementsOf(work)
    expect(names.filter((name) => /^(currentPrograms|rulesInForce|findHomeward)$/.test(name))).toEqual([
      'rulesInForce',
    ])
  }
})

test('a hold lapses by itself, whether the sweep has been there or not', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '100', '2026-01-10')
  await hold(ledger, 'li', 70, { idempotencyKey: 'h', lapsesAt: '2026-01-10T06:30:00Z' })
  const fields = 'points { available held } holds { held state } lots { edges { node { remaining } } }'
  const shown = () => accountField(ledger, 'li', fields)
  const at = (time: string) =>
    accountField(ledger, 'li', `balanceAt(time: "${time}") { available held pending debt }`)
  setClock(ledger, '2026-01-10T06:29:59Z')
  expect(await shown()).toMatchObject({
    points: { available: 30, held: 70 },
    holds: [{ held: 70, state: 'OPEN' }],
  })
  setClock(ledger, '2026-01-10T07:00:00Z')
  const after = {
    points: { available: 100, held: 0 },
    holds: [],
    lots: { edges: [{ node: { remaining: 100 } }] },
  }
  const before = { balanceAt: { available: 30, held: 70, pending: 0, debt: 0 } }
  const since = { balanceAt: { available: 100, held: 0, pending: 0, debt: 0 } }
  for (let swept = 0; swept < 2; swept++) {
    expect(await shown()).toEqual(after)
    expect(await at('2026-01-10T06:29:59Z')).toEqual(before)
    expect(await at('2026-01-10T06:30:00Z')).toEqual(since)
    await ledger.runJob('settle-due')
  }
  expect((await ledger.account('li')).statement.edges[0]!.node).toMatchObject({
    kind: 'RELEASE',
    points: 70,
    effectiveAt: '2026-01-10T06:30:00.000Z',
    document: null,
  })
  expect((await ledger.check()).violations).toEqual([])
})

test('what was captured for a bill comes back with it', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '100', '2026-01-09')
  const { hold: made } = await hold(ledger, 'li', 60, { idempotencyKey: 'h', channel: 'store' })
  await ledger.buy('li', '50', '2026-01-10', 'b-1')
  await capture(ledger, made!.id, { idempotencyKey: 'c', document: 'b-1' })
  expect((await takeBack(ledger, 'b-1', 'r')).purchaseReturn).toMatchObject({ points: 50, refunded: 60 })
  const { lots } = await ledger.account('li')
  expect(lots.edges.map(({ node }) => [node.expiresOn, node.remaining])).toEqual([['2027-01-09', 100]])
  expect((await ledger.check()).violations).toEqual([])
})

test('a member holds and spends its own points, and knows nothing of the holds of others', async () => {
  await using ledger = await openLedger()
  await ledger.buy('li', '100', '2026-01-10')
  const made = await hold(ledger, 'li', 70, { idempotencyKey: 'h' }, member(memberId('li')))
  const { id } = made.hold!
  const other = await release(ledger, id, 'x', member(memberId('wang')))
  expect(other.refusal!.code).toBe('HOLD_NOT_FOUND')
  expect((await release(ledger, 'nonsense', 'y')).refusal!.code).toBe('HOLD_NOT_FOUND')
  expect((await capture(ledger, id, { idempotencyKey: 'c' }, clerk())).hold!.state).toBe('CAPTURED')
})

describe('all at once, one wins', () => {
  test('32 redemptions and 32 holds of the same 100 points: one succeeds', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-10')
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        index % 2 === 0
          ? redeem(ledger, 'li', 100, { idempotencyKey: `r-${index}` })
          : hold(ledger, 'li', 100, { idempotencyKey: `h-${index}` }),
      ),
    )
    const refused = answers.filter(({ refusal }) => refusal?.code === 'INSUFFICIENT_POINTS')
    expect(refused).toHaveLength(63)
    expect((await ledger.check()).violations).toEqual([])
  })

  test('capture, release and lapse of one hold, ten rounds', async () => {
    await using ledger = await openLedger()
    for (let round = 0; round < 10; round++) {
      const name = `li ${round}`
      await ledger.buy(name, '100', '2026-01-09', name)
      const { hold: made } = await hold(ledger, name, 100, { idempotencyKey: 'h' })
      if (round % 2 === 0) ledger.clock.advance(3_600_000)
      const [captures, releases] = await Promise.all([
        Promise.all([1, 2, 3].map((key) => capture(ledger, made!.id, { idempotencyKey: `c-${key}` }))),
        Promise.all([1, 2, 3].map((key) => release(ledger, made!.id, `x-${key}`))),
        ledger.runJob('settle-due'),
      ])
      const done = [...captures, ...releases].filter(({ refusal }) => refusal === null)
      expect(done).toHaveLength(round % 2 === 0 ? 0 : 1)
      const spent = captures.some(({ refusal }) => refusal === null)
      expect((await ledger.account(name)).points.available).toBe(spent ? 0 : 100)
    }
    expect((await ledger.check()).violations).toEqual([])
  })
})
