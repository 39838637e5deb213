import { describe, expect, it, test } from 'vitest'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { admin, service } from '../helpers/graph.ts'
import { availableOf, mergeTwo, partTwo } from './merge-story.ts'
import { memberId, openLedger } from './open-ledger.ts'

const CASE = '01900000-0000-7000-8000-0000000000c1'
const identity = service('identity')

type Ledger = Awaited<ReturnType<typeof openLedger>>

interface MergeAnswer {
  programs: { program: string; points: { together: string }; tier: { together: string } }[]
  bonuses: { subject: string; takenBack: boolean }[]
}

const merge = async (ledger: Ledger, more: Record<string, unknown> = {}): Promise<MergeAnswer | null> => {
  const { mergeMemberInLedger } = await ledger.ask<{ mergeMemberInLedger: string }>(
    identity,
    'mutation ($input: LedgerMergeInput!) { mergeMemberInLedger(input: $input) }',
    {
      input: {
        caseId: CASE,
        fromId: memberId('wang'),
        intoId: memberId('lin'),
        bonuses: 'KEEP_BOTH',
        takeBack: [],
        ...more,
      },
    },
  )
  return JSON.parse(mergeMemberInLedger) as MergeAnswer | null
}

const unmerge = (ledger: Ledger, more: Record<string, unknown> = {}) =>
  ledger.ask(identity, 'mutation ($input: LedgerUnmergeInput!) { unmergeMemberInLedger(input: $input) }', {
    input: { caseId: CASE, fromId: memberId('wang'), intoId: memberId('lin'), withIds: [], ...more },
  })

let keys = 0

const grant = async (ledger: Ledger, name: string, points: number, more: Record<string, unknown> = {}) => {
  const { grantPoints } = await ledger.ask<{ grantPoints: { refusal: { code: string } | null } }>(
    admin,
    'mutation ($input: GrantPointsInput!) { grantPoints(input: $input) { entry { id } refusal { code } } }',
    {
      input: {
        memberId: memberId(name),
        points,
        source: 'OTHER',
        reason: 'gift',
        document: `g-${++keys}`,
        idempotencyKey: `k-${keys}`,
        ...more,
      },
    },
  )
  return grantPoints.refusal?.code
}

const redeem = async (ledger: Ledger, name: string, points: number) => {
  const { redeemPoints } = await ledger.ask<{ redeemPoints: { refusal: { code: string } | null } }>(
    admin,
    'mutation ($input: RedeemPointsInput!) { redeemPoints(input: $input) { refusal { code } } }',
    {
      input: {
        memberId: memberId(name),
        points,
        bill: '1000.00',
        channel: 'store',
        document: `r-${++keys}`,
        idempotencyKey: `r-${keys}`,
      },
    },
  )
  return redeemPoints.refusal?.code
}

/** All that an unmerge must bring back: sums, lots, tier and counters. */
const books = (ledger: Ledger) =>
  ledger.sql(
    `select member_id, tier, tier_since, tier_until, counters, points_available, points_owed, points_left, points_until,
       points_class, points_earned, points_spent, points_expired, growth_available, growth_left, growth_until, growth_class
     from ledger.account order by member_id`,
  )

const available = async (ledger: Ledger, name: string) => (await ledger.account(name)).points.available
const clean = async (ledger: Ledger) => expect((await ledger.check()).violations).toEqual([])

test('two accounts become one and two again as they were, tier and lots and all', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '500.00', '2026-01-02')
  await ledger.buy('wang', '3200.00', '2026-01-05')
  await grant(ledger, 'wang', 40)
  const before = await books(ledger)
  const preview = await ledger.ask<{ previewMergeInLedger: string }>(
    identity,
    'query ($input: LedgerMergePreviewInput!) { previewMergeInLedger(input: $input) }',
    { input: { fromId: memberId('wang'), intoId: memberId('lin'), bonuses: 'KEEP_BOTH', takeBack: [] } },
  )
  expect(await books(ledger)).toEqual(before)

  const done = await merge(ledger)
  expect(JSON.parse(preview.previewMergeInLedger).programs[0]).toMatchObject({
    points: { from: '3240', into: '500', together: '3740' },
    growth: { from: '3200', into: '500', together: '3700' },
    tier: { from: 'advanced', into: 'ordinary', together: 'advanced' },
    documents: 2,
  })
  expect(done!.programs[0]).toMatchObject({ points: { together: '3740' }, tier: { together: 'advanced' } })
  expect(await ledger.account('lin')).toMatchObject({ points: { available: 3740 }, growth: 3700 })
  // The old id leads there, too.
  expect(await ledger.account('wang')).toMatchObject({ points: { available: 3740 } })
  await clean(ledger)

  await unmerge(ledger)
  expect(await books(ledger)).toEqual(before)
  await clean(ledger)
})

test('the statement of the one that is left has the entries of both, page by page', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '100.00', '2026-01-02')
  ledger.clock.advance(1_000)
  await ledger.buy('wang', '200.00', '2026-01-03')
  ledger.clock.advance(1_000)
  await merge(ledger)
  const page = async (after: string | null) => {
    const { _entities } = await ledger.ask<{
      _entities: [
        { account: { statement: { edges: { cursor: string; node: { kind: string; points: number } }[] } } },
      ]
    }>(
      admin,
      `query ($id: ID!, $after: String) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member {
        account { statement(first: 2, after: $after) { edges { cursor node { kind points } } } } } } }`,
      { id: memberId('lin'), after },
    )
    return _entities[0].account.statement.edges
  }
  const first = await page(null)
  const second = await page(first.at(-1)!.cursor)
  const shown = [...first, ...second].map(({ node }) => `${node.kind} ${node.points}`)
  expect(shown.slice(0, 2).toSorted()).toEqual(['RECEIVE 200', 'SEND -200'])
  expect(shown.slice(2)).toEqual(['EARN 200', 'EARN 100'])
  expect(await page(second.at(-1)!.cursor)).toEqual([])
})

test('what comes afterwards goes with the id by which it came, and what is spent with its lot', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '100.00', '2026-01-05')
  await ledger.buy('wang', '300.00', '2026-01-02')
  await merge(ledger)
  await ledger.buy('wang', '50.00', '2026-01-06')
  await ledger.buy('lin', '7.00', '2026-01-07')
  // The soonest-expiring lots burn first, whosever they are: those of Wang, from the second of January.
  expect(await redeem(ledger, 'lin', 200)).toBeUndefined()
  expect(await available(ledger, 'lin')).toBe(257)
  await clean(ledger)
  await unmerge(ledger)
  expect([await available(ledger, 'lin'), await available(ledger, 'wang')]).toEqual([107, 150])
  expect([(await ledger.account('lin')).growth, (await ledger.account('wang')).growth]).toEqual([107, 350])
  await clean(ledger)
  // A purchase that comes again by the old id is the one that was recorded then.
  expect(await ledger.buy('wang', '50.00', '2026-01-06')).toMatchObject({ duplicate: true, refusal: null })
  expect(await ledger.buy('wang', '300.00', '2026-01-02')).toMatchObject({ duplicate: true, refusal: null })
})

test('a purchase that earned nothing is that of the id by which it came, too', async () => {
  await using ledger = await openLedger()
  await merge(ledger)
  await ledger.buy('wang', '0.40', '2026-01-06')
  const recorded = (await ledger.events()).findLast(({ type }) => type === 'ledger.PurchasesRecorded')
  expect(recorded?.payload).toMatchObject({
    purchases: [{ memberId: memberId('lin'), holderId: memberId('wang'), points: '0' }],
  })
  await unmerge(ledger)
  expect(await ledger.buy('wang', '0.40', '2026-01-06')).toMatchObject({ duplicate: true, refusal: null })
})

test('growth of both together reaches a tier that neither had, and lets it go again', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '2000.00', '2026-01-02')
  await ledger.buy('wang', '1500.00', '2026-01-05')
  const before = await books(ledger)
  await merge(ledger)
  expect((await ledger.account('lin')).tier.tier.id).toBe('advanced')
  const events = async () =>
    (await ledger.events()).filter(({ type }) => type === 'ledger.TierChanged').map(({ payload }) => payload)
  expect(await events()).toMatchObject([{ to: 'advanced', direction: 'up' }])
  expect((await events())[0]).not.toHaveProperty('because')
  await unmerge(ledger)
  expect((await events())[1]).toMatchObject({ to: 'ordinary', direction: 'down', because: 'unmerge' })
  expect(await books(ledger)).toEqual(before)
  await clean(ledger)
})

test('a tier that one had is no rise: it gives nothing anew', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '100.00', '2026-01-02')
  await ledger.buy('wang', '5500.00', '2026-01-05')
  await merge(ledger)
  const events = (await ledger.events()).filter(
    ({ type, memberId: who }) => type === 'ledger.TierChanged' && who === memberId('lin'),
  )
  expect(events.map(({ payload }) => payload).at(-1)).toMatchObject({ to: 'vip' })
  expect(events.every(({ payload }) => (payload as { because?: string }).because === 'merge')).toBe(true)
})

describe('welcome points that both had', () => {
  it.each([
    ['KEEP_BOTH', 300, false],
    ['TAKE_BACK_SMALLER', 200, true],
    ['TAKE_BACK_LATER', 100, true],
  ])('%s: %i are left, and each has its own after that', async (bonuses, left, takenBack) => {
    await using ledger = await openLedger()
    await grant(ledger, 'lin', 100, { source: 'INITIAL', reason: 'welcome' })
    ledger.clock.advance(DAY_MS)
    await grant(ledger, 'wang', 200, { source: 'INITIAL', reason: 'welcome' })
    const before = await books(ledger)
    const done = await merge(ledger, { bonuses })
    expect(done!.bonuses).toEqual([{ program: 'super-member', subject: 'welcome', takenBack }])
    expect(await available(ledger, 'lin')).toBe(left)
    await clean(ledger)
    await unmerge(ledger)
    expect(await books(ledger)).toEqual(before)
    await clean(ledger)
  })

  it('and points that campaigns ask back are held back, and come back', async () => {
    await using ledger = await openLedger()
    await grant(ledger, 'lin', 10)
    await grant(ledger, 'wang', 1, {
      idempotencyKey: 'participation-1',
      source: 'ACTIVITY',
      reason: 'sign-in',
    })
    const before = await books(ledger)
    const takeBack = [{ program: 'super-member', memberId: memberId('wang'), document: 'participation-1' }]
    await merge(ledger, { bonuses: 'TAKE_BACK_LATER', takeBack })
    expect(await available(ledger, 'lin')).toBe(10)
    await clean(ledger)
    await unmerge(ledger)
    expect(await books(ledger)).toEqual(before)
  })
})

test('is done once, undone once, and not at all when the order comes after its own undoing', async () => {
  await using ledger = await openLedger()
  await ledger.buy('wang', '300.00', '2026-01-02')
  const first = await merge(ledger)
  expect(await merge(ledger)).toEqual(first)
  await unmerge(ledger)
  await unmerge(ledger)
  expect(await merge(ledger)).toBeNull()
  expect(await available(ledger, 'wang')).toBe(300)
  await clean(ledger)
})

test('chains: each takes its own lots out, whoever it was merged through', async () => {
  await using ledger = await openLedger()
  await ledger.buy('lin', '100.00', '2026-01-02')
  await ledger.buy('wang', '200.00', '2026-01-03')
  await ledger.buy('zhao', '5500.00', '2026-01-04')
  const before = await books(ledger)
  const [lin, wang, zhao] = ['lin', 'wang', 'zhao'].map(memberId)
  const second = '01900000-0000-7000-8000-0000000000c2'
  await merge(ledger, { fromId: zhao, intoId: wang })
  await merge(ledger, { caseId: second, fromId: wang, intoId: lin })
  // Late: on the sixth they were three members, and Lin was no VIP.
  await ledger.buy('zhao', '11.00', '2026-01-06')
  expect(await available(ledger, 'lin')).toBe(100 + 200 + 5500 + 11)
  expect((await ledger.account('lin')).tier.tier.id).toBe('vip')
  await unmerge(ledger, { fromId: zhao, intoId: lin })
  expect(await available(ledger, 'zhao')).toBe(5511)
  expect((await ledger.account('lin')).tier.tier.id).toBe('ordinary')
  await unmerge(ledger, { caseId: second, fromId: wang, intoId: lin })
  const after = await books(ledger)
  const bookOf = (rows: object[], id: string | undefined) =>
    rows.find((row) => (row as { member_id: string }).member_id === id)
  // What Zhao's bill earned was earned in Lin's account and went on from there.
  expect(bookOf(after, lin)).toEqual({ ...bookOf(before, lin), points_earned: '111' })
  expect(bookOf(after, wang)).toEqual(bookOf(before, wang))
  await clean(ledger)
})

test('while purchases are posted to both: nothing is lost, and each has its own in the end', async () => {
  await using ledger = await openLedger()
  const bills = Array.from({ length: 40 }, (_, index) => (index % 2 ? 'lin' : 'wang'))
  const buyAll = bills.map(async (name, index) => {
    await new Promise(setImmediate)
    return ledger.buy(name, '10.00', '2026-01-05', `bill-${index}`)
  })
  const [done] = await Promise.all([merge(ledger), ...buyAll])
  expect(done).not.toBeNull()
  expect(await available(ledger, 'lin')).toBe(400)
  await clean(ledger)
  await Promise.all([
    unmerge(ledger),
    ...bills.map((name, index) => ledger.buy(name, '1.00', '2026-01-06', `late-${index}`)),
  ])
  expect([await available(ledger, 'lin'), await available(ledger, 'wang')]).toEqual([220, 220])
  await clean(ledger)
})

describe('merged, apart, and merged once more', () => {
  it.each([
    ['before they were one', '2026-01-04'],
    ['the time when they were one first', '2026-01-11'],
  ])('what comes late from %s is his by whose id it came, also when they part again', async (_, date) => {
    await using ledger = await openLedger()
    await ledger.buy('lin', '500.00', '2026-01-02', 'lin-1')
    await ledger.buy('wang', '300.00', '2026-01-03', 'wang-1')
    const [first, second] = [1, 2].map((nth) => ({ from: 'wang', into: 'lin', nth }))
    await mergeTwo(ledger, first!)
    ledger.clock.advance(2 * DAY_MS)
    await partTwo(ledger, first!)
    await mergeTwo(ledger, second!)
    await ledger.buy('wang', '70.00', date, 'wang-2')
    await ledger.buy('lin', '5.00', date, 'lin-2')
    expect(await availableOf(ledger, 'lin')).toEqual([875])
    await partTwo(ledger, second!)
    expect(await availableOf(ledger, 'lin', 'wang')).toEqual([505, 370])
  })
})
