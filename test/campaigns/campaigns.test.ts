import { expect, it } from 'vitest'
import { anonymous, openGraph } from '../helpers/graph.ts'
import { published, publishProgram, superMember } from './program.ts'

const LIST = `query ($program: ID, $first: Int, $after: String) {
  campaigns(program: $program, first: $first, after: $after) {
    edges { node { slug state } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Listed {
  campaigns: {
    edges: { node: { slug: string; state: string } }[]
    pageInfo: { hasNextPage: boolean; endCursor: string }
  }
}

const slugs = ({ campaigns }: Listed) => campaigns.edges.map(({ node }) => node.slug)

it('anyone can page through the campaigns of a programme', async () => {
  await using graph = await openGraph({ subgraphs: ['campaigns'] })
  expect(slugs(await graph.ask<Listed>(anonymous, LIST))).toEqual([])
  await publishProgram(graph)
  const first = await graph.ask<Listed>(anonymous, LIST, { first: 3 })
  expect(slugs(first)).toEqual(['daily-sign-in', 'double-day', 'share'])
  const after = first.campaigns.pageInfo.endCursor
  const rest = await graph.ask<Listed>(anonymous, LIST, { first: 3, after })
  expect(slugs(rest)).toEqual(['survey'])
  expect(rest.campaigns.pageInfo.hasNextPage).toBe(false)
})

it('anyone can read a campaign, also one that was withdrawn', async () => {
  await using graph = await openGraph({ subgraphs: ['campaigns'], now: '2026-12-12T00:00:00Z' })
  await publishProgram(graph)
  const one = `query ($id: ID!) {
    campaign(id: $id) {
      id program slug version name kind state task { points perDay perYear } multiplier { from to factor when }
    }
  }`
  expect(await graph.ask(anonymous, one, { id: 'super-member:double-day' })).toEqual({
    campaign: {
      id: 'super-member:double-day',
      program: 'super-member',
      slug: 'double-day',
      version: 1,
      name: 'Double-points day',
      kind: 'POINTS_MULTIPLIER',
      state: 'LIVE',
      task: null,
      multiplier: { from: '2026-12-12', to: '2026-12-12', factor: '2', when: null },
    },
  })
  await publishProgram(graph, { version: 2, campaigns: [] })
  expect(await graph.ask(anonymous, one, { id: 'share' })).toMatchObject({
    campaign: { state: 'ENDED', task: { points: 2, perDay: 4, perYear: 6 } },
  })
  expect(await graph.ask(anonymous, one, { id: 'nothing' })).toEqual({ campaign: null })
})

it('the ledger hears of a multiplier when it comes, changes, goes and returns, and of nothing else', async () => {
  await using graph = await openGraph({ subgraphs: ['campaigns'] })
  await publishProgram(graph)
  await publishProgram(graph)
  await publishProgram(graph, { version: 2 })
  const tasks = superMember.campaigns.filter(({ kind }) => kind === 'task')
  const double = superMember.campaigns.find(({ id }) => id === 'double-day')!
  await publishProgram(graph, {
    version: 3,
    campaigns: [...tasks, { ...double, factor: '3' } as typeof double],
  })
  await publishProgram(graph, { version: 4, campaigns: tasks })
  await publishProgram(graph, { version: 5 })
  await publishProgram(graph, { version: 4, campaigns: [] })

  const told = {
    program: 'super-member',
    campaign: 'double-day',
    active: true,
    from: '2026-12-11T16:00:00.000Z',
    until: '2026-12-12T16:00:00.000Z',
    factor: '2',
    when: null,
  }
  const events = await published(graph)
  const payloadsOf = (of: string) => events.filter(({ type }) => type === of).map(({ payload }) => payload)
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['campaigns.ProgramAdopted', 'campaigns.MultiplierChanged']),
  )
  expect(payloadsOf('campaigns.ProgramAdopted')).toEqual(
    [1, 2, 3, 4, 5].map((version) => ({ program: 'super-member', version })),
  )
  expect(payloadsOf('campaigns.MultiplierChanged')).toEqual([
    told,
    { ...told, factor: '3' },
    { ...told, factor: '3', active: false },
    told,
  ])
})
