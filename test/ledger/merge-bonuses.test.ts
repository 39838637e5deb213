import { describe, expect, it } from 'vitest'
import { service } from '../helpers/graph.ts'
import { perform } from './activities.ts'
import { availableOf, type Ledger, mergeTwo, partTwo, pointsOf } from './merge-story.ts'
import { shipped } from './money.ts'
import { memberId, openLedger } from './open-ledger.ts'
import { takeBack } from './order-requests.ts'
import { publish, purchase, record } from './requests.ts'

const PAIR = { from: 'wang', into: 'lin' }

/** Whoever buys first gets a point for each ten yuan of it more, and some growth for a first sign-in; once for good. */
const clubWith = (pending = ''): string =>
  shipped(
    'super-member',
    [
      '  - id: vip-double',
      `  - id: first-time
    on: purchase
    asset: points
    award: { points: 1, per: "10.00" }
    tags: [once]
${pending === '' ? '' : `    pending: { ${pending} }\n`}  - id: enrol
    on: activity
    activities: [enrol]
    asset: growth
    award: { points: 30 }
    tags: [enrolled]
  - id: vip-double`,
    ],
    [
      'tiers:\n',
      `caps:
  - { id: first, tag: once, per: ever, times: 1 }
  - { id: enrolled, tag: enrolled, per: ever, times: 1 }

tiers:
`,
    ],
  )

/** Lin was first to buy, for 500; Wang bought for 300 a day later. */
async function open(pending?: string): Promise<Ledger> {
  const ledger = await openLedger({ program: clubWith(pending) })
  await ledger.buy('lin', '500.00', '2026-01-02', 'lin-1')
  await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
  return ledger
}

const books = (ledger: Ledger) =>
  ledger.sql(
    `select member_id, tier, counters, waiting, points_available, points_pending, points_owed, points_left, points_until,
       points_class, growth_available, growth_left
     from ledger.account order by member_id`,
  )

const previewed = async (ledger: Ledger, bonuses: string) => {
  const { previewMergeInLedger } = await ledger.ask<{ previewMergeInLedger: string }>(
    service('identity'),
    'query ($input: LedgerMergePreviewInput!) { previewMergeInLedger(input: $input) }',
    { input: { fromId: memberId('wang'), intoId: memberId('lin'), bonuses, takeBack: [] } },
  )
  const { programs, bonuses: found } = JSON.parse(previewMergeInLedger) as {
    programs: { points: { together: string } }[]
    bonuses: { subject: string; takenBack: boolean }[]
  }
  return [Number(programs[0]!.points.together), ...found.map(({ subject }) => subject)]
}

describe('what a rule gives once for good, and gave to both', () => {
  it.each([
    ['KEEP_BOTH', 880],
    ['TAKE_BACK_SMALLER', 850],
    ['TAKE_BACK_LATER', 850],
  ])('%s: shown before, %i together, and each has its own after that', async (bonuses, together) => {
    await using ledger = await open()
    const before = await books(ledger)
    expect(await previewed(ledger, bonuses)).toEqual([together, 'first-time'])
    await mergeTwo(ledger, PAIR, { bonuses })
    expect(await availableOf(ledger, 'lin')).toEqual([together])
    // Neither gets it again.
    await ledger.buy('wang', '10.00', '2026-01-05', 'wang-2')
    expect(await availableOf(ledger, 'lin')).toEqual([together + 10])
    await takeBack(ledger, 'wang-2', 'back')
    await partTwo(ledger, PAIR)
    expect(await books(ledger)).toEqual(before)
  })

  it('the larger stays where it was given later, and the earlier where that is asked for', async () => {
    for (const [bonuses, together] of [
      ['TAKE_BACK_SMALLER', 380 - 5 + 50],
      ['TAKE_BACK_LATER', 380 - 30 + 50],
    ] as const) {
      await using ledger = await openLedger({ program: clubWith() })
      await ledger.buy('lin', '50.00', '2026-01-02', 'lin-1')
      await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
      await ledger.buy('wang', '45.00', '2026-01-04', 'wang-2')
      await mergeTwo(ledger, PAIR, { bonuses })
      expect(await availableOf(ledger, 'lin')).toEqual([together])
      await partTwo(ledger, PAIR)
      expect(await availableOf(ledger, 'lin', 'wang')).toEqual([55, 375])
    }
  })

  it('and is pending, is held back where it waits, and waits on after the unmerge', async () => {
    await using ledger = await open('until: enrol')
    const before = await books(ledger)
    await mergeTwo(ledger, PAIR, { bonuses: 'TAKE_BACK_LATER' })
    expect(await pointsOf(ledger, 'lin')).toMatchObject({ available: 800, pending: 50 })
    await partTwo(ledger, PAIR)
    expect(await books(ledger)).toEqual(before)
    await perform(ledger, 'wang', 'enrol', { document: 'enrolled' })
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([500, 330])
  })

  it('growth like points', async () => {
    await using ledger = await open()
    for (const name of ['lin', 'wang']) await perform(ledger, name, 'enrol', { document: 'e' })
    expect(await previewed(ledger, 'TAKE_BACK_LATER')).toEqual([850, 'first-time', 'enrol'])
    await mergeTwo(ledger, PAIR, { bonuses: 'TAKE_BACK_LATER' })
    expect((await ledger.account('lin')).growth).toBe(830)
    await partTwo(ledger, PAIR)
    expect((await ledger.account('wang')).growth).toBe(330)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([550, 330])
  })

  it('and came back with its goods, is nothing twice', async () => {
    await using ledger = await open()
    await takeBack(ledger, 'wang-1', 'back')
    expect(await previewed(ledger, 'TAKE_BACK_LATER')).toEqual([550])
  })

  it('and was given under an id of before, is found there', async () => {
    await using ledger = await open()
    await mergeTwo(ledger, { from: 'wang', into: 'zhao', nth: 2 })
    await mergeTwo(ledger, { from: 'zhao', into: 'lin' }, { bonuses: 'TAKE_BACK_LATER' })
    expect(await availableOf(ledger, 'lin')).toEqual([850])
    await partTwo(ledger, { from: 'zhao', into: 'lin' }, ['wang'])
    expect(await availableOf(ledger, 'lin', 'zhao')).toEqual([550, 330])
    await partTwo(ledger, { from: 'wang', into: 'zhao', nth: 2 })
    expect(await availableOf(ledger, 'lin', 'wang', 'zhao')).toEqual([550, 330, 0])
  })

  it('and is of two programmes, is nothing twice, though both name it alike', async () => {
    await using ledger = await open()
    await publish(ledger, clubWith().replace('program: super-member', 'program: tea-club'))
    await record(ledger, [purchase('zhao', '40.00', { program: 'tea-club' })])
    await mergeTwo(ledger, { from: 'zhao', into: 'lin' }, { bonuses: 'TAKE_BACK_LATER' })
    const points = await ledger.sql(
      'select points_available from ledger.account where member_id = $1 order by program_key',
      [memberId('lin')],
    )
    expect(points).toEqual([{ points_available: '550' }, { points_available: '44' }])
  })

  it('and was held back by a former version, which stored lots otherwise, comes back all the same', async () => {
    await using ledger = await open()
    const before = await books(ledger)
    await mergeTwo(ledger, PAIR, { bonuses: 'TAKE_BACK_LATER' })
    await ledger.sql(
      `update ledger.merge_step set answer = jsonb_set(answer, '{programs,0,aside,0}',
         (answer #> '{programs,0,aside,0}') || '{"amount": "30", "lots": [["2027-01-03", "", "30"]]}')`,
    )
    await partTwo(ledger, PAIR)
    expect(await books(ledger)).toEqual(before)
  })
})
