import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { clerk, member, openGraph, service, type TestGraph } from '../helpers/graph.ts'
import { LIN, playLedger, publishProgram, WANG } from './program.ts'

const CASE = '01900000-0000-7000-8000-0000000000c1'
const identity = service('identity')

async function open() {
  const graph = await openGraph({ subgraphs: ['campaigns'], now: '2026-01-15T00:00:00Z' })
  playLedger(graph)
  await publishProgram(graph)
  return graph
}

let keys = 0

const complete = async (graph: TestGraph, memberId: string, campaign: string): Promise<string> => {
  const { completeTask } = await graph.ask<{
    completeTask: {
      participation: { state: string; number: number } | null
      refusal: { code: string } | null
    }
  }>(
    clerk(),
    `mutation ($input: CompleteTaskInput!) {
      completeTask(input: $input) { participation { state number } refusal { code } } }`,
    { input: { campaign, memberId, idempotencyKey: `key-${++keys}` } },
  )
  const { participation, refusal } = completeTask
  return refusal?.code ?? `${participation!.state} ${participation!.number}`
}

const merge = async (graph: TestGraph, bonuses = 'KEEP_BOTH') => {
  const { mergeMemberInCampaigns } = await graph.ask<{ mergeMemberInCampaigns: string }>(
    identity,
    'mutation ($input: CampaignsMergeInput!) { mergeMemberInCampaigns(input: $input) }',
    { input: { caseId: CASE, fromId: WANG, intoId: LIN, bonuses } },
  )
  return JSON.parse(mergeMemberInCampaigns) as {
    participations: number
    surplus: { memberId: string; points: string }[]
    takenBack: boolean
  } | null
}

const unmerge = (graph: TestGraph) =>
  graph.ask(
    identity,
    'mutation ($input: CampaignsUnmergeInput!) { unmergeMemberInCampaigns(input: $input) }',
    { input: { caseId: CASE, fromId: WANG, intoId: LIN, withIds: [] } },
  )

const progress = async (graph: TestGraph, memberId: string, campaign: string) => {
  const { _entities } = await graph.ask<{ _entities: [{ tasks: Record<string, unknown>[] }] }>(
    member(memberId),
    `query ($id: ID!) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member {
      tasks { campaign { slug } completedToday completedThisYear pointsEarned } } } }`,
    { id: memberId },
  )
  const { campaign: _, ...found } = _entities[0].tasks.find(
    (task) => (task.campaign as { slug: string }).slug === campaign,
  )!
  return found
}

const rows = (graph: TestGraph) =>
  graph.sql(
    `select member_id, id, number, set_aside_by, (select sum(completed)::int from campaigns.task_counter c
       where c.member_id = p.member_id) as counted from campaigns.participation p order by member_id, id`,
  )

describe('merging two members', () => {
  it('counts what both did against one set of limits, and for each its own after that', async () => {
    await using graph = await open()
    expect(await complete(graph, LIN, 'share')).toBe('REWARDED 1')
    expect(await complete(graph, WANG, 'share')).toBe('REWARDED 1')
    const before = await rows(graph)
    expect(await merge(graph)).toMatchObject({ participations: 1, surplus: [] })
    expect(await progress(graph, LIN, 'share')).toEqual({
      completedToday: 2,
      completedThisYear: 2,
      pointsEarned: 4,
    })
    await unmerge(graph)
    expect(await rows(graph)).toEqual(before)
    await graph.sql('delete from campaigns.merge_step')

    await merge(graph)
    expect(await complete(graph, WANG, 'share')).toBe('REWARDED 3')
    expect(await complete(graph, LIN, 'share')).toBe('REWARDED 4')
    expect(await complete(graph, LIN, 'share')).toBe('DAILY_LIMIT_REACHED')
    expect(await complete(graph, WANG, 'share')).toBe('DAILY_LIMIT_REACHED')
    await unmerge(graph)
    const own = { completedToday: 2, completedThisYear: 2, pointsEarned: 4 }
    expect([await progress(graph, LIN, 'share'), await progress(graph, WANG, 'share')]).toEqual([own, own])
    // Numbers of the day go on behind the highest, whoever made those before.
    expect(await complete(graph, WANG, 'share')).toBe('REWARDED 4')
  })

  it('takes back what one person could not have had, and gives it back', async () => {
    await using graph = await open()
    await complete(graph, WANG, 'daily-sign-in')
    graph.clock.advance(1_000)
    await complete(graph, LIN, 'daily-sign-in')
    const before = await rows(graph)
    const done = await merge(graph, 'TAKE_BACK_LATER')
    expect(done).toMatchObject({ surplus: [{ memberId: LIN, points: '1' }], takenBack: true })
    expect(await progress(graph, LIN, 'daily-sign-in')).toMatchObject({ completedToday: 2, pointsEarned: 1 })
    expect(await merge(graph, 'TAKE_BACK_LATER')).toEqual(done)
    await unmerge(graph)
    expect(await rows(graph)).toEqual(before)
    expect(await merge(graph, 'TAKE_BACK_LATER')).toBeNull()
  })

  it('while both do a task at once: never more than one person may', async () => {
    await using graph = await open()
    for (let round = 0; round < 5; round++) {
      graph.clock.advance(DAY_MS)
      await graph.sql('delete from campaigns.merge_step')
      const [, ...answers] = await Promise.all([
        merge(graph),
        ...Array.from({ length: 6 }, (_, index) => complete(graph, index % 2 ? LIN : WANG, 'daily-sign-in')),
      ])
      // Each before they were one, or one of them after that.
      const given = answers.filter((answer) => String(answer).startsWith('REWARDED')).length
      expect([1, 2]).toContain(given)
      expect(await complete(graph, LIN, 'daily-sign-in')).toBe('DAILY_LIMIT_REACHED')
      await unmerge(graph)
    }
  })
})
