import { describe, expect, it } from 'vitest'
import { perform } from './activities.ts'
import { availableOf, follow, type Ledger, mergeTwo, partTwo, pointsOf } from './merge-story.ts'
import { shipped } from './money.ts'
import { openLedger } from './open-ledger.ts'
import { explain, takeBack } from './order-requests.ts'
import { setClock } from './requests.ts'

const PAIR = { from: 'wang', into: 'lin' }
const AT_ONCE = `award: { points: 1, per: "1.00" }
    rounding: down
  - id: vip`
const waits = (pending: string): string =>
  shipped('super-member', [
    AT_ONCE,
    `award: { points: 1, per: "1.00" }
    pending: { ${pending} }
    rounding: down
  - id: bind
    on: activity
    activities: [bind]
    asset: growth
    award: { points: 1 }
  - id: vip`,
  ])
/** What is bought on the tenth is available from the twenty-fourth on. */
const FORTNIGHT = waits('days: 14')
const BIND = waits('until: bind')

const open = (program: string): Promise<Ledger> => openLedger({ program, now: '2026-01-10T05:00:00Z' })
/** Both buy something and have it pending. */
async function bothBuy(ledger: Ledger): Promise<Ledger> {
  await ledger.buy('lin', '500.00', '2026-01-09', 'lin-1')
  await ledger.buy('wang', '300.00', '2026-01-09', 'wang-1')
  return ledger
}
const pendingOf = async (ledger: Ledger, ...names: string[]) => {
  expect((await ledger.check()).violations).toEqual([])
  return Promise.all(names.map(async (name) => (await pointsOf(ledger, name)).pending))
}
const later = async (ledger: Ledger, day = '2026-01-26') => {
  setClock(ledger, `${day}T02:00:00Z`)
  await ledger.runJob('settle-due')
  await follow(ledger)
}

describe('what was pending before the merge', () => {
  it('matures while the two are one, and goes back with its owner', async () => {
    await using ledger = await bothBuy(await open(FORTNIGHT))
    await mergeTwo(ledger, PAIR)
    await later(ledger)
    expect(await availableOf(ledger, 'lin')).toEqual([800])
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it('matures after the unmerge, each with its owner', async () => {
    await using ledger = await bothBuy(await open(FORTNIGHT))
    await mergeTwo(ledger, PAIR)
    await partTwo(ledger, PAIR)
    expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([500, 300])
    await later(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
  })

  it.each(['before the merge', 'while the two are one', 'after the unmerge'])(
    'is cancelled by a return %s',
    async (when) => {
      await using ledger = await bothBuy(await open(FORTNIGHT))
      if (when === 'before the merge') await takeBack(ledger, 'wang-1', 'back')
      await mergeTwo(ledger, PAIR)
      if (when === 'while the two are one') await takeBack(ledger, 'wang-1', 'back')
      await partTwo(ledger, PAIR)
      if (when === 'after the unmerge') await takeBack(ledger, 'wang-1', 'back')
      expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([500, 0])
      await later(ledger)
      expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 0])
    },
  )

  it('and has matured while they were one, is returned after that', async () => {
    await using ledger = await bothBuy(await open(FORTNIGHT))
    await mergeTwo(ledger, PAIR)
    await later(ledger)
    await partTwo(ledger, PAIR)
    await takeBack(ledger, 'wang-1', 'back')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 0])
  })

  it.each(['lin', 'wang'])(
    'and waits for something to be done, which is done by the id of %s',
    async (by) => {
      await using ledger = await bothBuy(await open(BIND))
      await mergeTwo(ledger, PAIR)
      expect(await pendingOf(ledger, 'lin')).toEqual([800])
      await perform(ledger, by, 'bind', { document: 'bound' })
      expect(await availableOf(ledger, 'lin')).toEqual([800])
      await partTwo(ledger, PAIR)
      expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 300])
    },
  )

  it('and waits for something to be done, goes back waiting', async () => {
    await using ledger = await bothBuy(await open(BIND))
    await mergeTwo(ledger, PAIR)
    await partTwo(ledger, PAIR)
    expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([500, 300])
    await perform(ledger, 'wang', 'bind', { document: 'bound' })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([0, 300])
  })
})

describe('what is bought by the id of the other while the two are one, and pending', () => {
  const bought = async (program: string) => {
    const ledger = await bothBuy(await open(program))
    await mergeTwo(ledger, PAIR)
    await ledger.buy('wang', '50.00', '2026-01-10', 'wang-2')
    await ledger.buy('lin', '7.00', '2026-01-10', 'lin-2')
    return ledger
  }

  it('waits on with its owner after the unmerge, and matures there', async () => {
    await using ledger = await bought(FORTNIGHT)
    await partTwo(ledger, PAIR)
    expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([507, 350])
    await later(ledger)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([507, 350])
  })

  it('matures while they are one, and goes with its owner', async () => {
    await using ledger = await bought(FORTNIGHT)
    await later(ledger)
    expect(await availableOf(ledger, 'lin')).toEqual([857])
    await partTwo(ledger, PAIR)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([507, 350])
  })

  it('waits for what its owner does after the unmerge, and for nobody else', async () => {
    await using ledger = await bought(BIND)
    await partTwo(ledger, PAIR)
    await perform(ledger, 'lin', 'bind', { document: 'lin-bound' })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([507, 0])
    expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([0, 350])
    await perform(ledger, 'wang', 'bind', { document: 'wang-bound' })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([507, 350])
  })

  it.each([
    ['while they are one', 'and is pending'],
    ['after the unmerge', 'and is pending'],
    ['after the unmerge', 'and has matured since'],
    ['after the unmerge', 'and had matured before'],
  ])('is returned %s, %s', async (when, state) => {
    await using ledger = await bought(FORTNIGHT)
    if (state === 'and had matured before') await later(ledger)
    if (when === 'while they are one') await takeBack(ledger, 'wang-2', 'back')
    await partTwo(ledger, PAIR)
    if (state === 'and has matured since') await later(ledger)
    if (when === 'after the unmerge') {
      expect((await takeBack(ledger, 'wang-2', 'back')).purchaseReturn).toMatchObject({ points: 50 })
    }
    if (state === 'and is pending') expect(await pendingOf(ledger, 'lin', 'wang')).toEqual([507, 300])
    await later(ledger, '2026-01-28')
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([507, 300])
  })

  it('is told of to its owner as what it is', async () => {
    await using ledger = await bought(FORTNIGHT)
    await partTwo(ledger, PAIR)
    await takeBack(ledger, 'wang-2', 'back')
    expect(await explain(ledger, 'wang', 'back')).toEqual([
      expect.objectContaining({
        entry: { kind: 'CANCEL', points: 0, document: { number: 'back' } },
        cause: 'RETURN',
      }),
    ])
    // The journal of the account in which it was entered keeps it, and says that nothing is left of it.
    expect(await explain(ledger, 'lin', 'wang-2')).toMatchObject([
      { entry: { kind: 'AWAIT' }, lots: [{ points: 50 }], awardsNow: [] },
    ])
  })
})
