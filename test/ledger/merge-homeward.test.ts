import { describe, expect, it, test } from 'vitest'
import { admin } from '../helpers/graph.ts'
import { availableOf, follow, type Ledger, mergeTwo, partTwo, pointsOf } from './merge-story.ts'
import { memberId, openLedger } from './open-ledger.ts'
import { capture, hold, release, takeBack } from './order-requests.ts'
import { documentWith } from './program-of.ts'
import { redeem } from './requests.ts'

const PAIR = { from: 'wang', into: 'lin' }

/** Lin has 500 points and Wang 300, and the two are one. */
async function openMerged(): Promise<Ledger> {
  const ledger = await openLedger()
  await ledger.buy('lin', '500.00', '2026-01-02', 'lin-1')
  await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
  await mergeTwo(ledger, PAIR)
  return ledger
}

const holdAll = async (ledger: Ledger, points: number, more: Record<string, unknown> = {}) =>
  (await hold(ledger, 'lin', points, { idempotencyKey: 'hold', ...more })).hold!.id

/** From now on nothing can be written to the account of one member. */
async function strike(ledger: Ledger, name: string): Promise<void> {
  await ledger.sql(`create or replace function ledger.struck() returns trigger language plpgsql as $$
    begin raise exception 'this account is broken'; end $$`)
  await ledger.sql(`create trigger struck before insert on ledger.entry for each row
    when (new.member_id = '${memberId(name)}') execute function ledger.struck()`)
}

const heal = (ledger: Ledger) => ledger.sql('drop trigger struck on ledger.entry')

describe('a hold of lots of both that outlives their unmerge', () => {
  it('is released: each gets its own', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    expect(await pointsOf(ledger, 'lin')).toMatchObject({ available: 0, held: 800 })
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('lapses: each gets its own', async () => {
    await using ledger = await openMerged()
    await holdAll(ledger, 800, { lapsesAt: '2026-01-10T05:00:00Z' })
    await partTwo(ledger, PAIR)
    ledger.clock.advance(2 * 3_600_000)
    expect(await pointsOf(ledger, 'lin')).toMatchObject({ available: 500, held: 0 })
    await ledger.runJob('settle-due')
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('is captured in part, which takes the lots that run out first, and then released', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    expect((await capture(ledger, id, { points: 600, idempotencyKey: 'c' })).refusal).toBeNull()
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([0, 200])
  })

  it('meets a debt of the one in whose account it lies: only its own points pay it', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    await takeBack(ledger, 'lin-1', 'back')
    expect(await pointsOf(ledger, 'lin')).toMatchObject({ available: 0, debt: 500, held: 800 })
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([0, 300])
  })

  it('meets a debt of the one that came out, and pays it', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    await takeBack(ledger, 'wang-1', 'back')
    expect(await pointsOf(ledger, 'wang')).toMatchObject({ debt: 300 })
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 0])
  })

  it('goes to whoever the other is part of by then', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    await mergeTwo(ledger, { from: 'wang', into: 'zhao', nth: 2 })
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'zhao')).toEqual([500, 300])
    await partTwo(ledger, { from: 'wang', into: 'zhao', nth: 2 })
    expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([500, 300, 0])
  })

  it('and their second merge: the points come back to the two together, and part again', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 800)
    await partTwo(ledger, PAIR)
    await mergeTwo(ledger, { ...PAIR, nth: 2 })
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin')).toEqual([800])
    await partTwo(ledger, { ...PAIR, nth: 2 })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('is placed in its order when something comes late', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 700)
    await partTwo(ledger, PAIR)
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
    await ledger.buy('lin', '40.00', '2026-01-04', 'lin-late')
    await takeBack(ledger, 'lin-late', 'late-back')
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })
})

describe('the account of one of those who came out cannot be written to', () => {
  /** Lin, Wang and Zhao were one and are not any more; a hold of all their points is still open. */
  async function openParted() {
    const ledger = await openMerged()
    await ledger.buy('zhao', '70.00', '2026-01-04', 'zhao-1')
    await mergeTwo(ledger, { from: 'zhao', into: 'lin', nth: 2 })
    const held = await holdAll(ledger, 870)
    await partTwo(ledger, { from: 'zhao', into: 'lin', nth: 2 })
    await partTwo(ledger, PAIR)
    return Object.assign(ledger, { held })
  }

  it.each([
    ['wang', 'zhao', 70],
    ['zhao', 'wang', 300],
  ] as const)(
    'that of %s: the release is answered, %s gets its own, the other by the job',
    async (struck, other, points) => {
      await using ledger = await openParted()
      await strike(ledger, struck)
      expect((await release(ledger, ledger.held, 'release')).refusal).toBeNull()
      expect(await release(ledger, ledger.held, 'release')).toMatchObject({ hold: { state: 'RELEASED' } })
      expect(await pointsOf(ledger, other)).toMatchObject({ available: points })
      await follow(ledger)
      expect(await pointsOf(ledger, struck)).toMatchObject({ available: 0 })
      await heal(ledger)
      await follow(ledger)
      expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([500, 300, 70])
    },
  )

  it('and the job brings home all the same, though what others left behind cannot follow', async () => {
    await using ledger = await openParted()
    const early: string[] = []
    for (const [name, nth] of [
      ['chen', 3],
      ['zhou', 4],
    ] as const) {
      await ledger.buy(name, '40.00', '2026-01-05', `${name}-1`)
      early.push((await hold(ledger, name, 40, { idempotencyKey: 'early' })).hold!.id)
      await mergeTwo(ledger, { from: name, into: 'wu', nth })
    }
    for (const id of early) await release(ledger, id, 'release')
    await strike(ledger, 'wang')
    await release(ledger, ledger.held, 'release')
    await heal(ledger)
    await strike(ledger, 'chen')
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'wang', 'zhao', 'wu')).toEqual([500, 300, 70, 40])
    await heal(ledger)
    await follow(ledger)
    expect(await availableOf(ledger, 'wu')).toEqual([80])
  })

  it('a return is answered, and taken from its account by the job', async () => {
    await using ledger = await openMerged()
    await ledger.buy('wang', '50.00', '2026-01-06', 'wang-2')
    await partTwo(ledger, PAIR)
    await strike(ledger, 'wang')
    expect((await takeBack(ledger, 'wang-2', 'back')).purchaseReturn).toMatchObject({ points: 50 })
    await heal(ledger)
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })
})

describe('in a chain of three', () => {
  const INNER = { from: 'zhao', into: 'wang' }
  const OUTER = { from: 'wang', into: 'lin', nth: 2 }

  /** Zhao has 70 points and came into Wang, who came into Lin. */
  async function openChain(heldBy: 'wang' | 'lin', points: number) {
    const ledger = await openLedger()
    await ledger.buy('lin', '500.00', '2026-01-02', 'lin-1')
    await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
    await ledger.buy('zhao', '70.00', '2026-01-04', 'zhao-1')
    await mergeTwo(ledger, INNER)
    const early = heldBy === 'wang' ? await hold(ledger, 'wang', points, { idempotencyKey: 'h' }) : undefined
    await mergeTwo(ledger, OUTER)
    const made = early ?? (await hold(ledger, 'lin', points, { idempotencyKey: 'h' }))
    return Object.assign(ledger, { hold: made.hold!.id })
  }

  it.each([
    ['wang', 370],
    ['lin', 870],
  ] as const)('a hold made in the account of %s: the innermost comes out first', async (by, points) => {
    await using ledger = await openChain(by, points)
    await partTwo(ledger, { ...INNER, into: 'lin' })
    await release(ledger, ledger.hold, 'r')
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'zhao')).toEqual([800, 70])
    await partTwo(ledger, OUTER)
    expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([500, 300, 70])
  })

  it.each([
    ['wang', 370],
    ['lin', 870],
  ] as const)(
    'a hold made in the account of %s: the middle comes out with the innermost',
    async (by, points) => {
      await using ledger = await openChain(by, points)
      await partTwo(ledger, OUTER, ['zhao'])
      await release(ledger, ledger.hold, 'r')
      await follow(ledger)
      expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 370])
      await partTwo(ledger, INNER)
      expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([500, 300, 70])
    },
  )

  it('a hold that is released when all have parted, each step by itself', async () => {
    await using ledger = await openChain('lin', 870)
    await partTwo(ledger, OUTER, ['zhao'])
    await partTwo(ledger, INNER)
    await release(ledger, ledger.hold, 'r')
    expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([500, 300, 70])
  })
})

describe('what was burned of both, while the two were one, for a bill that is returned after that', () => {
  it('comes back to whose it was', async () => {
    await using ledger = await openMerged()
    await ledger.buy('lin', '20.00', '2026-01-06', 'bill')
    await redeem(ledger, 'lin', 600, { idempotencyKey: 'r', document: 'bill' })
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([20, 200])
    expect((await takeBack(ledger, 'bill', 'back')).purchaseReturn).toMatchObject({ refunded: 600 })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('comes back to whose it was, though it was captured of a hold after they had parted', async () => {
    await using ledger = await openMerged()
    await ledger.buy('lin', '20.00', '2026-01-06', 'bill')
    const id = await holdAll(ledger, 600, { channel: 'store', document: 'bill' })
    await partTwo(ledger, PAIR)
    await capture(ledger, id, { idempotencyKey: 'c' })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([20, 200])
    await takeBack(ledger, 'bill', 'back')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('and what else comes back or comes late gives the other no more than it had', async () => {
    await using ledger = await openMerged()
    const id = await holdAll(ledger, 600)
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([0, 200])
    await takeBack(ledger, 'lin-1', 'back')
    await ledger.buy('lin', '50.00', '2026-01-01', 'lin-late')
    await release(ledger, id, 'release')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([50, 300])
  })
})

describe('what was bought by the id of the one that came out, and is returned after that', () => {
  it('is taken back from that one, and nothing from the other', async () => {
    await using ledger = await openMerged()
    await ledger.buy('wang', '50.00', '2026-01-06', 'wang-2')
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 350])
    const { purchaseReturn } = await takeBack(ledger, 'wang-2', 'back')
    expect(purchaseReturn).toMatchObject({ points: 50, growth: 50 })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
    expect([(await ledger.account('lin')).growth, (await ledger.account('wang')).growth]).toEqual([500, 300])
    expect((await takeBack(ledger, 'wang-2', 'again')).refusal?.code).toBe('ALREADY_RETURNED')
  })

  it('in parts: together they take what it had brought', async () => {
    await using ledger = await openMerged()
    await ledger.buy('wang', '50.00', '2026-01-06', 'wang-2')
    await takeBack(ledger, 'wang-2', 'back-1', { lines: [{ line: 0, amount: '10.00' }] })
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 340])
    for (const [document, amount, left] of [
      ['back-2', '15.00', 325],
      ['back-3', '25.00', 300],
    ] as const) {
      await takeBack(ledger, 'wang-2', document, { lines: [{ line: 0, amount }] })
      expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, left])
    }
  })

  it('is owed by that one where it is spent', async () => {
    await using ledger = await openMerged()
    await ledger.buy('wang', '50.00', '2026-01-06', 'wang-2')
    await partTwo(ledger, PAIR)
    await redeem(ledger, 'wang', 340, { idempotencyKey: 'r' })
    await takeBack(ledger, 'wang-2', 'back')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, -40])
  })

  it('and what comes late to either changes nothing of it', async () => {
    await using ledger = await openMerged()
    await ledger.buy('wang', '50.00', '2026-01-06', 'wang-2')
    await partTwo(ledger, PAIR)
    await takeBack(ledger, 'wang-2', 'back')
    await ledger.buy('lin', '7.00', '2026-01-04', 'lin-late')
    await takeBack(ledger, 'lin-1', 'lin-back')
    await ledger.buy('wang', '9.00', '2026-01-04', 'wang-late')
    await takeBack(ledger, 'wang-1', 'wang-back')
    await follow(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([7, 9])
  })
})

test('what was given to another is that other’s, whoever it came from and whoever parts', async () => {
  await using ledger = await openLedger({
    program: documentWith(['downgrade: to-fit', 'downgrade: to-fit\ntransfer: { within: anyone }']),
  })
  await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
  await mergeTwo(ledger, PAIR)
  const sent = await ledger.ask<{ transferPoints: { refusal: unknown } }>(
    admin,
    'mutation ($input: TransferPointsInput!) { transferPoints(input: $input) { refusal { code } } }',
    {
      input: {
        memberId: memberId('lin'),
        to: memberId('zhao'),
        points: 100,
        idempotencyKey: 'gift',
      },
    },
  )
  expect(sent.transferPoints.refusal).toBeNull()
  await mergeTwo(ledger, { from: 'zhao', into: 'lin', nth: 2 })
  await partTwo(ledger, PAIR)
  expect(await availableOf(ledger, 'lin', 'wang')).toEqual([100, 200])
  await partTwo(ledger, { from: 'zhao', into: 'lin', nth: 2 })
  expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([0, 200, 100])
})
