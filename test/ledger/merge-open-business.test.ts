import { expect, test } from 'vitest'
import { member, service } from '../helpers/graph.ts'
import { memberId, openLedger } from './open-ledger.ts'
import { capture, explain, hold, release, takeBack } from './order-requests.ts'
import { accountField, redeem } from './requests.ts'

const identity = service('identity')
type Ledger = Awaited<ReturnType<typeof openLedger>>

const PAIR = {
  caseId: '01900000-0000-7000-8000-0000000000c7',
  fromId: memberId('wang'),
  intoId: memberId('lin'),
}
const merge = (ledger: Ledger) =>
  ledger.ask(identity, 'mutation ($input: LedgerMergeInput!) { mergeMemberInLedger(input: $input) }', {
    input: { ...PAIR, bonuses: 'KEEP_BOTH', takeBack: [] },
  })
const unmerge = (ledger: Ledger) =>
  ledger.ask(identity, 'mutation ($input: LedgerUnmergeInput!) { unmergeMemberInLedger(input: $input) }', {
    input: { ...PAIR, withIds: [] },
  })

const standing = async (ledger: Ledger, name: string) => {
  const { points } = await accountField<{ points: { available: number; held: number; debt: number } }>(
    ledger,
    name,
    'points { available held debt }',
  )
  return [points.available, points.held, points.debt]
}
const both = async (ledger: Ledger) => {
  expect((await ledger.check()).violations).toEqual([])
  return [await standing(ledger, 'lin'), await standing(ledger, 'wang')]
}
const follow = (ledger: Ledger) => ledger.runJob('forward-left-behind')

/** Lin has 500 points and Wang 300, none of them spent. */
async function open(): Promise<Ledger> {
  const ledger = await openLedger()
  await ledger.buy('lin', '500.00', '2026-01-02', 'lin-1')
  await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
  return ledger
}

test('what is held of the one stays held, follows when it is released, and goes back with its owner', async () => {
  await using ledger = await open()
  const held = await hold(ledger, 'wang', 100, { idempotencyKey: 'h' })
  await merge(ledger)
  expect((await both(ledger))[0]![0]).toBe(700)
  await release(ledger, held.hold!.id, 'r')
  await follow(ledger)
  expect((await both(ledger))[0]).toEqual([800, 0, 0])
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [300, 0, 0],
  ])
})

test('a hold of before is captured while the two are one: it was its owner who spent', async () => {
  await using ledger = await open()
  const held = await hold(ledger, 'wang', 100, { idempotencyKey: 'h' })
  await merge(ledger)
  expect((await capture(ledger, held.hold!.id, { idempotencyKey: 'c' })).refusal).toBeNull()
  await follow(ledger)
  expect((await both(ledger))[0]).toEqual([700, 0, 0])
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [200, 0, 0],
  ])
})

test('a hold of before outlives the merge and its undoing', async () => {
  await using ledger = await open()
  const held = await hold(ledger, 'wang', 100, { idempotencyKey: 'h' })
  await merge(ledger)
  await follow(ledger)
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [200, 100, 0],
  ])
  await release(ledger, held.hold!.id, 'r')
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [300, 0, 0],
  ])
})

test('a debt goes over, is paid by the other, and is owed again after an unmerge', async () => {
  await using ledger = await open()
  await redeem(ledger, 'wang', 300, { idempotencyKey: 'spent', document: 'spent' })
  await takeBack(ledger, 'wang-1', 'back-1')
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [0, 0, 300],
  ])
  await merge(ledger)
  expect((await both(ledger))[0]).toEqual([200, 0, 0])
  await ledger.buy('lin', '40.00', '2026-01-05')
  await ledger.buy('wang', '30.00', '2026-01-05')
  expect((await both(ledger))[0]).toEqual([270, 0, 0])
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [540, 0, 0],
    [0, 0, 270],
  ])
})

test('a debt that comes to light while the two are one follows, and goes back', async () => {
  await using ledger = await open()
  await redeem(ledger, 'wang', 300, { idempotencyKey: 'spent', document: 'spent' })
  await merge(ledger)
  await takeBack(ledger, 'wang-1', 'back-1')
  await follow(ledger)
  const [together] = await both(ledger)
  expect(together).toEqual([200, 0, 0])
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [0, 0, 300],
  ])
})

test('a debt that its own points pay while the two are one stays paid', async () => {
  await using ledger = await open()
  await merge(ledger)
  await takeBack(ledger, 'wang-1', 'back-1')
  await follow(ledger)
  expect((await both(ledger))[0]).toEqual([500, 0, 0])
  await unmerge(ledger)
  expect(await both(ledger)).toEqual([
    [500, 0, 0],
    [0, 0, 0],
  ])
})

test('the one that is left is told why each entry of before was made', async () => {
  await using ledger = await open()
  await merge(ledger)
  for (const [bill, points] of [
    ['wang-1', 300],
    ['lin-1', 500],
  ] as const) {
    expect(await explain(ledger, 'lin', bill)).toMatchObject([{ entry: { kind: 'EARN', points } }])
  }
})

test('whoever goes on under an old id acts for the one that is left, and is no operator of its own', async () => {
  await using ledger = await open()
  await merge(ledger)
  const { holdPoints } = await ledger.ask<{ holdPoints: { refusal: object | null } }>(
    member(memberId('wang')),
    'mutation ($input: HoldPointsInput!) { holdPoints(input: $input) { refusal { code } } }',
    { input: { points: 10, channel: 'app', document: 'order', idempotencyKey: 'h' } },
  )
  expect(holdPoints.refusal).toBeNull()
  expect(await standing(ledger, 'lin')).toEqual([790, 10, 0])
  expect(await ledger.sql(`select operator from ledger.origin where operator like 'member:%'`)).toEqual([])
  expect((await ledger.check()).violations).toEqual([])
})
