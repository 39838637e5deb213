import { expect, it } from 'vitest'
import { member, openGraph, type TestGraph } from '../helpers/graph.ts'
import { changeTier, LIN, published, publishProgram, superMember } from './program.ts'

const open = () => openGraph({ subgraphs: ['benefits'], now: '2026-01-15T00:00:00Z' })

const entitlementsOf = async (graph: TestGraph, memberId: string) => {
  const { _entities } = await graph.ask<{ _entities: [{ entitlements: { edges: { node: Row }[] } }] }>(
    member(memberId),
    `query ($id: ID!) {
      _entities(representations: [{ __typename: "Member", id: $id }]) {
        ... on Member {
          entitlements {
            edges { node {
              state usesTotal usesLeft validFrom validUntil code writeOffs { id } benefit { slug name version state }
            } }
          }
        }
      }
    }`,
    { id: memberId },
  )
  return _entities[0].entitlements.edges
    .map(({ node }) => node)
    .sort((a, b) => a.benefit.slug.localeCompare(b.benefit.slug))
}

interface Row {
  state: string
  usesTotal: number
  usesLeft: number
  code: string
  validUntil: string
  benefit: { slug: string; version: number; state: string }
}

it('who rises gets what the matrix gives the new tier', async () => {
  await using graph = await open()
  await publishProgram(graph)
  changeTier(graph, LIN, { sequence: 1 })
  await graph.drain()

  expect(await entitlementsOf(graph, LIN)).toEqual([
    {
      state: 'ACTIVE',
      usesTotal: 1,
      usesLeft: 1,
      validFrom: '2026-01-15T00:00:00.000Z',
      validUntil: '2027-01-15T16:00:00.000Z',
      code: expect.stringMatching(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/),
      writeOffs: [],
      benefit: { slug: 'cake', name: 'Cake', version: 1, state: 'LISTED' },
    },
    expect.objectContaining({
      usesTotal: 2,
      validUntil: '2026-07-15T16:00:00.000Z',
      benefit: { slug: 'ticket', name: 'Ticket', version: 1, state: 'LISTED' },
    }),
  ])
  expect((await published(graph)).filter(({ memberId }) => memberId === LIN)).toMatchObject([
    { type: 'benefits.EntitlementGranted', memberId: LIN, payload: { benefit: 'cake', uses: 1 } },
    { type: 'benefits.EntitlementGranted', memberId: LIN, payload: { benefit: 'ticket', uses: 2 } },
  ])
})

it('an event that comes twice grants nothing twice; the next rise grants anew; a fall takes nothing', async () => {
  await using graph = await open()
  await publishProgram(graph)
  changeTier(graph, LIN, { sequence: 1 })
  changeTier(graph, LIN, { sequence: 1 })
  await graph.drain()
  expect(await entitlementsOf(graph, LIN)).toHaveLength(2)

  changeTier(graph, LIN, { sequence: 2, to: 'ordinary', direction: 'down' })
  await graph.drain()
  expect(await entitlementsOf(graph, LIN)).toHaveLength(2)

  changeTier(graph, LIN, { sequence: 3 })
  await graph.drain()
  expect(await entitlementsOf(graph, LIN)).toHaveLength(4)
  expect(await graph.sql(`select from benefits.parked_event`)).toHaveLength(0)
})

it('an entitlement keeps the version that it was granted under', async () => {
  await using graph = await open()
  await publishProgram(graph)
  changeTier(graph, LIN, { sequence: 1 })
  const [cake, ticket] = superMember.benefits
  await publishProgram(graph, { version: 2, benefits: [{ ...ticket!, validMonths: 1 }] })
  changeTier(graph, LIN, { sequence: 2 })
  await graph.drain()

  const rows = await entitlementsOf(graph, LIN)
  expect(rows.map(({ benefit }) => `${benefit.slug} ${benefit.version} ${benefit.state}`).sort()).toEqual([
    `${cake!.id} 1 DELISTED`,
    'ticket 1 LISTED',
    'ticket 2 LISTED',
  ])
})

it('an older version of a programme, heard late, changes nothing', async () => {
  await using graph = await open()
  await publishProgram(graph, { version: 2 })
  await publishProgram(graph, { version: 1, benefits: [] })
  const { benefits } = await graph.ask<{ benefits: { edges: unknown[] } }>(
    member(LIN),
    '{ benefits { edges { node { slug } } } }',
  )
  expect(benefits.edges).toHaveLength(3)
})
