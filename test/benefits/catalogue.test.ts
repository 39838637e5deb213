import { expect, it } from 'vitest'
import { anonymous, openGraph } from '../helpers/graph.ts'
import { publishProgram } from './program.ts'

const LIST = `query ($program: ID, $first: Int, $after: String) {
  benefits(program: $program, first: $first, after: $after) {
    edges { cursor node { id } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Listed {
  benefits: {
    edges: { cursor: string; node: { id: string } }[]
    pageInfo: { hasNextPage: boolean; endCursor: string }
  }
}

const ids = ({ benefits }: Listed) => benefits.edges.map(({ node }) => node.id)

it('anyone can page through what a programme lists', async () => {
  await using graph = await openGraph({ subgraphs: ['benefits'] })
  expect(ids(await graph.ask<Listed>(anonymous, LIST))).toEqual([])
  await publishProgram(graph)

  const first = await graph.ask<Listed>(anonymous, LIST, { first: 2 })
  expect(ids(first)).toEqual(['super-member:cake', 'super-member:ticket'])
  expect(first.benefits.pageInfo.hasNextPage).toBe(true)
  const after = first.benefits.pageInfo.endCursor
  expect(ids(await graph.ask<Listed>(anonymous, LIST, { first: 2, after }))).toEqual(['super-member:wash'])
})

it('anyone can read a benefit, also one that was delisted', async () => {
  await using graph = await openGraph({ subgraphs: ['benefits'] })
  await publishProgram(graph)
  const one = `query ($id: ID!) {
    benefit(id: $id) {
      id program slug version name description type class partner stores validMonths state usesByTier { tier uses }
    }
  }`
  expect(await graph.ask(anonymous, one, { id: 'super-member:ticket' })).toEqual({
    benefit: {
      id: 'super-member:ticket',
      program: 'super-member',
      slug: 'ticket',
      version: 1,
      name: 'Ticket',
      description: 'One seat',
      type: 'ALLIANCE',
      class: 'VALUE_ADDED',
      partner: 'cinema',
      stores: null,
      validMonths: 6,
      state: 'LISTED',
      usesByTier: [{ tier: 'vip', uses: 2 }],
    },
  })
  await publishProgram(graph, { version: 2, benefits: [] })
  expect(await graph.ask(anonymous, one, { id: 'ticket' })).toMatchObject({
    benefit: { slug: 'ticket', version: 1, state: 'DELISTED' },
  })
  expect(await graph.ask(anonymous, one, { id: 'super-member:nothing' })).toEqual({ benefit: null })
})

it('where there are several programmes, one must be named', async () => {
  await using graph = await openGraph({ subgraphs: ['benefits'] })
  await publishProgram(graph)
  await publishProgram(graph, { program: 'mall-club' })
  const { errors } = await graph.tryAsk(anonymous, LIST)
  expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  expect(ids(await graph.ask<Listed>(anonymous, LIST, { program: 'mall-club', first: 1 }))).toEqual([
    'mall-club:cake',
  ])
  const unknown = await graph.tryAsk(anonymous, LIST, { program: 'nothing' })
  expect(unknown.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
})
