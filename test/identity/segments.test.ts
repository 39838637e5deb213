import { describe, expect, test } from 'vitest'
import { instant, later } from '../../kernel/values/instant.ts'
import { admin, clerk, operator } from '../helpers/graph.ts'
import { type IdentityStory, openIdentity, type Refused } from './story.ts'

const DAY = 86_400_000
const PROGRAM = {
  program: 'star',
  version: 1,
  name: { en: 'Star', 'zh-CN': '星' },
  timeZone: 'Asia/Shanghai',
  tiers: [],
  benefits: [],
  campaigns: [],
}

/** Identity with a programme, and three members of whom the ledger and the campaigns have told something. */
async function openStar() {
  const identity = await openIdentity()
  identity.emit('ledger', { type: 'ledger.ProgramPublished', payload: PROGRAM })
  const anna = await identity.registered('13800000001', {
    gender: 'FEMALE',
    birthday: '1990-02-03',
    province: '上海',
  })
  const bob = await identity.registered('13800000002', { gender: 'MALE', birthday: '2001-01-20' })
  const chen = await identity.registered('13800000003')
  await identity.drain()
  return { ...identity, anna, bob, chen }
}

const bought = (identity: IdentityStory, memberId: string, total: string, occurredAt: string): void =>
  identity.emit('ledger', {
    type: 'ledger.PurchasesRecorded',
    payload: {
      program: 'star',
      purchases: [{ memberId, documentId: total, channel: 'APP', total, points: '0', occurredAt }],
    },
  })
const stands = (identity: IdentityStory, memberId: string, tier: string, points: string): void =>
  identity.emit('ledger', {
    type: 'ledger.BalancesChanged',
    payload: { program: 'star', accounts: [{ memberId, tier, points, growth: '0' }] },
  })

interface PreviewView {
  members: number | null
  sample: { id: string; profile: { birthday: string | null } | null }[] | null
  refusal: Refused | null
}
const preview = async (identity: IdentityStory, condition: string): Promise<PreviewView> =>
  (
    await identity.ask<{ previewSegment: PreviewView }>(
      operator,
      `query ($condition: String!) { previewSegment(condition: $condition) {
        members sample { id profile { birthday } } refusal { code message path details { name value } } } }`,
      { condition },
    )
  ).previewSegment
const chosen = async (identity: IdentityStory, condition: string): Promise<string[]> => {
  const { sample, members, refusal } = await preview(identity, condition)
  expect(refusal).toBeNull()
  expect(members).toBe(sample!.length)
  return sample!.map(({ id }) => id)
}
const save = (identity: IdentityStory, input: Record<string, unknown>) =>
  identity.mutate<{ segment: Record<string, unknown> | null; refusal: Refused | null }>(
    operator,
    'saveSegment',
    'SaveSegmentInput',
    { name: 'Segment', ...input },
    'segment { id version status members count changes { change version by } }',
  )
const isIn = async (identity: IdentityStory, memberId: string, segment: string): Promise<boolean> =>
  (
    await identity.ask<{ member: { inSegment: boolean } }>(
      operator,
      'query ($id: ID!, $segment: ID!) { member(id: $id) { inSegment(id: $segment) } }',
      { id: memberId, segment },
    )
  ).member.inSegment

describe('facts', () => {
  test('follow profile, tags, tier, balance, purchases and participation', async () => {
    await using star = await openStar()
    const { anna, bob, chen } = star
    bought(star, anna, '5000', '2025-12-30T17:00:00Z')
    bought(star, anna, '700', '2025-06-01T00:00:00Z')
    stands(star, anna, 'vip', '120')
    star.emit('ledger', {
      type: 'ledger.TierChanged',
      memberId: bob,
      payload: { program: 'star', sequence: 1, from: 'base', to: 'gold', direction: 'up' },
    })
    star.emit('campaigns', {
      type: 'campaigns.TaskCompleted',
      memberId: bob,
      payload: { program: 'star', campaign: 'daily', participationId: 'p' },
    })
    await star.mutate(
      clerk(),
      'setTags',
      'SetTagsInput',
      {
        memberId: chen,
        tags: [{ dimension: 'INTEREST', name: 'coffee', value: 'weekly', expiresAt: '2026-01-10T00:00:00Z' }],
      },
      'member { id }',
    )
    await star.drain()

    expect(await chosen(star, 'member.gender == "FEMALE" && member.province == "上海"')).toEqual([anna])
    expect(await chosen(star, 'member.age >= 35 && member.birthMonth == 2')).toEqual([anna])
    expect(await chosen(star, 'member.age < 35')).toEqual([bob])
    expect(await chosen(star, '!has(member.gender)')).toEqual([chen])
    expect(await chosen(star, 'member.tier == "vip" && member.points >= 120')).toEqual([anna])
    expect(await chosen(star, 'member.tier == "gold" && "daily" in member.campaigns')).toEqual([bob])
    expect(await chosen(star, 'member.tags["interest/coffee"] == "weekly"')).toEqual([chen])
    expect(await chosen(star, 'purchases.spent30 == 5000 && purchases.count365 == 2')).toEqual([anna])
    expect(await chosen(star, 'purchases.lastAt > now.minusDays(7)')).toEqual([anna])
    expect(await chosen(star, 'purchases.count == 0')).toEqual([bob, chen])

    // Time passes: windows move on and tags expire, without an event.
    star.clock.advanceTo(later(instant('2025-12-30T17:00:00Z'), 30 * DAY))
    expect(await chosen(star, 'purchases.spent30 > 0')).toEqual([])
    expect(await chosen(star, 'purchases.spent90 == 5000 && purchases.spent365 == 5700')).toEqual([anna])
    expect(await chosen(star, '"interest/coffee" in member.tags')).toEqual([])

    const { factSources } = await star.ask<{ factSources: { source: string; parked: number }[] }>(
      operator,
      '{ factSources { source parked } }',
    )
    expect(factSources).toEqual(['campaigns', 'identity', 'ledger'].map((source) => ({ source, parked: 0 })))
  })

  test('built anew from the events are the same', async () => {
    await using star = await openStar()
    bought(star, star.anna, '5000', '2025-12-30T17:00:00Z')
    stands(star, star.anna, 'vip', '120')
    await star.drain()
    const facts = async () => [
      await star.sql('select * from identity.member_fact order by member_id'),
      await star.sql('select * from identity.account_fact order by member_id'),
      await star.sql('select * from identity.purchase_day'),
    ]
    const before = await facts()
    expect(before.map((rows) => rows.length)).toEqual([3, 3, 1])
    await star.ask(operator, 'mutation { rebuildFacts { started } }')
    expect((await facts()).map((rows) => rows.length)).toEqual([0, 0, 0])
    await star.drain()
    expect(await facts()).toEqual(before)
  })
})

describe('a segment', () => {
  test('is counted, previewed with masks, nested, and asked for one member', async () => {
    await using star = await openStar()
    const { anna, bob } = star
    expect((await save(star, { id: 'adults', condition: 'member.age >= 18' })).segment).toMatchObject({
      version: 1,
      status: 'LIVE',
      count: 2,
    })
    const condition = '// women\ninSegment("adults") && member.gender == "FEMALE" // only'
    expect((await save(star, { id: 'women', condition })).segment).toMatchObject({ count: 1 })
    expect(await chosen(star, '!inSegment("women") && inSegment("adults")')).toEqual([bob])
    expect((await preview(star, condition)).sample).toEqual([{ id: anna, profile: { birthday: null } }])
    expect([
      await isIn(star, anna, 'women'),
      await isIn(star, bob, 'women'),
      await isIn(star, bob, 'nobody'),
    ]).toEqual([true, false, false])
    const { refusal } = await save(star, { id: 'adults', condition: 'inSegment("women")' })
    expect(refusal).toMatchObject({ code: 'SEGMENT_CYCLE' })
    expect(refusal!.message).toContain('adults -> women -> adults')
    const archived = await star.mutate<{ refusal: Refused | null }>(
      operator,
      'archiveSegment',
      'SegmentInput',
      { id: 'adults' },
      'segment { id }',
    )
    expect(archived.refusal).toMatchObject({
      code: 'SEGMENT_IN_USE',
      details: [{ name: 'by', value: 'women' }],
    })
  })

  test('sees a tag at once for one member, though the facts have not heard of it', async () => {
    await using star = await openStar()
    await save(star, { id: 'coffee', condition: '"interest/coffee" in member.tags' })
    expect(await isIn(star, star.bob, 'coffee')).toBe(false)
    await star.mutate(
      clerk(),
      'setTags',
      'SetTagsInput',
      {
        memberId: star.bob,
        tags: [{ dimension: 'INTEREST', name: 'coffee' }],
      },
      'member { id }',
    )
    expect(await isIn(star, star.bob, 'coffee')).toBe(true)
  })

  test.each([
    [{ id: 'Bad id', condition: 'true' }, 'SEGMENT_NOT_VALID', 'The field id is not valid.'],
    [{ id: 'a', name: ' ', condition: 'true' }, 'SEGMENT_NOT_VALID', 'The field name is not valid.'],
    [{ id: 'a', program: 'moon', condition: 'true' }, 'SEGMENT_NOT_VALID', 'The field program is not valid.'],
    [
      { id: 'a', condition: 'member.agee > 3' },
      'CONDITION_NOT_VALID',
      'Line 1, column 8: No such key: agee.',
    ],
    [
      { id: 'a', condition: 'true &&\ninSegment("b")' },
      'CONDITION_NOT_VALID',
      'Line 2, column 1: there is no live segment "b"',
    ],
    [{ id: 'a', condition: 'inSegment("a")' }, 'SEGMENT_CYCLE', 'the segment leads back to itself: a -> a.'],
    [{ id: 'a', condition: 'true', expectedVersion: 3 }, 'SEGMENT_CHANGED', 'it is at version 0.'],
  ])('%o is refused', async (input, code, message) => {
    await using star = await openStar()
    const { refusal } = await save(star, input)
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(message) })
  })

  test('may be a draft with any condition, and is of no use to others then', async () => {
    await using star = await openStar()
    const draft = await save(star, { id: 'draft', condition: 'member.', draft: true })
    expect(draft.segment).toMatchObject({ status: 'DRAFT', count: null, version: 1 })
    expect((await save(star, { id: 'b', condition: 'inSegment("draft")' })).refusal?.code).toBe(
      'CONDITION_NOT_VALID',
    )
    const live = await save(star, { id: 'draft', condition: 'member.age > 3', expectedVersion: 1 })
    expect(live.segment).toMatchObject({
      version: 2,
      changes: [
        { change: 'SAVED', version: 2, by: 'staff:operator-1' },
        { change: 'SAVED', version: 1, by: 'staff:operator-1' },
      ],
    })
  })

  test('is frozen by a snapshot, which is exported page by page and cannot be changed', async () => {
    await using star = await openStar()
    await save(star, { id: 'all', condition: 'true', refresh: 'DAILY' })
    const { snapshot } = await star.mutate<{ snapshot: { id: string; members: number } }>(
      operator,
      'snapshotSegment',
      'SegmentInput',
      { id: 'all' },
      'snapshot { id members }',
    )
    expect(snapshot.members).toBe(3)
    await star.registered('13800000004')
    await star.drain()
    const page = async (after: string | null) => {
      const query = `query ($id: ID!, $after: String) { segmentSnapshot(id: $id) { csv(first: 2, after: $after) { csv endCursor hasNextPage } } }`
      const { segmentSnapshot } = await star.ask<{
        segmentSnapshot: { csv: { csv: string; endCursor: string; hasNextPage: boolean } }
      }>(admin, query, { id: snapshot.id, after })
      return segmentSnapshot.csv
    }
    const first = await page(null)
    const second = await page(first.endCursor)
    const lines = (first.csv + second.csv).trimEnd().split('\n')
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false])
    expect(lines[0]).toBe('memberId,number,joinedAt,joinedChannel')
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual([star.anna, star.bob, star.chen])
    const refused = await star.tryAsk(operator, `{ segmentSnapshot(id: "${snapshot.id}") { csv { csv } } }`)
    expect(refused.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    for (const statement of [
      'update identity.segment_snapshot set members = 0',
      'delete from identity.segment_snapshot_member',
      'delete from identity.segment_change',
    ]) {
      await expect(star.sql(statement)).rejects.toThrow('append-only')
    }
    const changes = await star.sql<{ change: string }>(
      'select change from identity.segment_change order by id',
    )
    expect(changes.map(({ change }) => change).toSorted()).toEqual(['exported', 'saved', 'snapshot'])

    star.clock.advance(DAY)
    await star.runJob('refresh-segments')
    const counted = () => star.sql<{ members: string }>('select members from identity.segment')
    expect(await counted()).toEqual([{ members: '4' }])
  })

  test('is not for clerks', async () => {
    await using star = await openStar()
    const answer = await star.tryAsk(clerk(), '{ segments { id } }')
    expect(answer.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  })
})
