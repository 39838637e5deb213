import { describe, expect, it } from 'vitest'
import { clerk, member, openGraph, partner, service, type TestGraph } from '../helpers/graph.ts'
import { changeTier, knowsLinAndWang, LIN, publishProgram, WANG } from './program.ts'

const CASE = '01900000-0000-7000-8000-0000000000c1'
const identity = service('identity')
const cinema = partner('cinema')

/** Lin and Wang are both VIP, Wang a day later. */
async function open() {
  const graph = await openGraph({ subgraphs: ['benefits'], now: '2026-01-15T00:00:00Z' })
  graph.stub('identity', knowsLinAndWang)
  await publishProgram(graph)
  changeTier(graph, LIN, { sequence: 1 })
  await graph.drain()
  graph.clock.advance(86_400_000)
  changeTier(graph, WANG, { sequence: 1 })
  await graph.drain()
  return graph
}

const merge = async (graph: TestGraph, bonuses = 'KEEP_BOTH', input: Record<string, unknown> = {}) => {
  const { mergeMemberInBenefits } = await graph.ask<{ mergeMemberInBenefits: string }>(
    identity,
    'mutation ($input: BenefitsMergeInput!) { mergeMemberInBenefits(input: $input) }',
    { input: { caseId: CASE, fromId: WANG, intoId: LIN, bonuses, ...input } },
  )
  return JSON.parse(mergeMemberInBenefits) as { entitlements: number; duplicates: unknown[] } | null
}

const unmerge = (graph: TestGraph, input: Record<string, unknown> = {}) =>
  graph.ask(identity, 'mutation ($input: BenefitsUnmergeInput!) { unmergeMemberInBenefits(input: $input) }', {
    input: { caseId: CASE, fromId: WANG, intoId: LIN, withIds: [], ...input },
  })

interface Node {
  id: string
  code: string
  usesLeft: number
  state: string
  benefit: { slug: string }
}

const entitlementsOf = async (graph: TestGraph, memberId: string, as = memberId): Promise<Node[]> => {
  const { _entities } = await graph.ask<{ _entities: [{ entitlements: { edges: { node: Node }[] } }] }>(
    member(as),
    `query ($id: ID!) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member {
      entitlements { edges { node { id code usesLeft state benefit { slug } } } } } } }`,
    { id: memberId },
  )
  return _entities[0].entitlements.edges.map(({ node }) => node)
}

const writeOff = async (graph: TestGraph, code: string, idempotencyKey: string) => {
  const { writeOffEntitlement } = await graph.ask<{
    writeOffEntitlement: { writeOff: { id: string } | null; refusal: { code: string } | null }
  }>(
    cinema,
    `mutation ($input: WriteOffEntitlementInput!) {
      writeOffEntitlement(input: $input) { writeOff { id } refusal { code } } }`,
    { input: { code, idempotencyKey } },
  )
  return writeOffEntitlement
}

const rows = (graph: TestGraph) =>
  graph.sql(
    `select member_id, id, uses_left, set_aside_by, revoked_at from benefits.entitlement order by member_id, id`,
  )

describe('merging two members', () => {
  it('lets the one have what both had, by its own id and by the old one, and each its own after that', async () => {
    await using graph = await open()
    const before = await rows(graph)
    expect(await merge(graph)).toMatchObject({ entitlements: 2, duplicates: [{}, {}] })
    const together = await entitlementsOf(graph, LIN)
    expect(together.map(({ benefit }) => benefit.slug).sort()).toEqual(['cake', 'cake', 'ticket', 'ticket'])
    const { _entities } = await graph.ask<{ _entities: [{ entitlements: { edges: unknown[] } }] }>(
      clerk(),
      `query ($id: ID!) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member {
        entitlements { edges { node { id } } } } } }`,
      { id: WANG },
    )
    expect(_entities[0].entitlements.edges).toHaveLength(4)

    await unmerge(graph)
    expect(await entitlementsOf(graph, LIN)).toHaveLength(2)
    expect(await entitlementsOf(graph, WANG)).toHaveLength(2)
    expect(await rows(graph)).toEqual(before)
    expect(await graph.sql('select * from benefits.merged_member')).toEqual([])
  })

  it('keeps each use with the entitlement that it was of', async () => {
    await using graph = await open()
    await merge(graph)
    const ofWang = (
      await graph.sql<{ code: string }>(
        `select code from benefits.entitlement where member_id = $1 and benefit = 'ticket'`,
        [WANG],
      )
    )[0]!.code
    const used = await writeOff(graph, ofWang, 'w-1')
    expect(used.refusal).toBeNull()
    const [event] = await graph.sql<{ member_id: string }>(
      `select member_id from benefits.event where type = 'benefits.EntitlementWrittenOff'`,
    )
    expect(event!.member_id).toBe(LIN)

    await unmerge(graph)
    const left = async (memberId: string) =>
      (await entitlementsOf(graph, memberId)).find(({ benefit }) => benefit.slug === 'ticket')!.usesLeft
    expect([await left(LIN), await left(WANG)]).toEqual([2, 1])
    const { reverseWriteOff } = await graph.ask<{ reverseWriteOff: { refusal: unknown } }>(
      cinema,
      'mutation ($input: ReverseWriteOffInput!) { reverseWriteOff(input: $input) { refusal { code } } }',
      { input: { writeOffId: used.writeOff!.id, reason: 'wrong', idempotencyKey: 'r-1' } },
    )
    expect(reverseWriteOff.refusal).toBeNull()
    expect(await left(WANG)).toBe(2)
  })

  it.each([
    ['TAKE_BACK_LATER', WANG],
    ['TAKE_BACK_SMALLER', LIN],
  ])('%s: the bonus of one side does not count while they are one', async (bonuses, loser) => {
    await using graph = await open()
    const ticketOf = async (memberId: string) =>
      (await entitlementsOf(graph, memberId)).find(({ benefit }) => benefit.slug === 'ticket')!
    await writeOff(graph, (await ticketOf(LIN)).code, 'w-1')
    const before = await rows(graph)
    await merge(graph, bonuses)
    const aside = await graph.sql<{ member_id: string; code: string; benefit: string }>(
      'select member_id, code, benefit from benefits.entitlement where set_aside_by is not null order by benefit',
    )
    // The cakes are alike, so the later of them goes.
    expect(aside.map(({ member_id, benefit }) => [benefit, member_id])).toEqual([
      ['cake', WANG],
      ['ticket', loser],
    ])
    expect((await writeOff(graph, aside[1]!.code, 'w-2')).refusal?.code).toBe('ENTITLEMENT_REVOKED')
    await unmerge(graph)
    expect(await rows(graph)).toEqual(before)
    expect((await writeOff(graph, aside[1]!.code, 'w-3')).refusal).toBeNull()
  })

  it('is done once, undone once, and not at all when the order comes after its own undoing', async () => {
    await using graph = await open()
    const first = await merge(graph)
    expect(await merge(graph)).toEqual(first)
    await unmerge(graph)
    await unmerge(graph)
    expect(await merge(graph)).toBeNull()
    expect(await entitlementsOf(graph, LIN)).toHaveLength(2)

    const late = '01900000-0000-7000-8000-0000000000c2'
    await unmerge(graph, { caseId: late })
    expect(await merge(graph, 'KEEP_BOTH', { caseId: late })).toBeNull()
    expect(await entitlementsOf(graph, LIN)).toHaveLength(2)
  })

  it('while an entitlement is written off: no use is lost, and none is had twice', async () => {
    await using graph = await open()
    const codes = (
      await graph.sql<{ code: string }>(
        `select code from benefits.entitlement where benefit = 'ticket' order by member_id`,
      )
    ).map(({ code }) => code)
    const [, ...answers] = await Promise.all([
      merge(graph, 'TAKE_BACK_SMALLER'),
      ...Array.from({ length: 8 }, (_, index) => writeOff(graph, codes[index % 2]!, `w-${index}`)),
    ])
    const uses = (answers as Awaited<ReturnType<typeof writeOff>>[]).filter(({ refusal }) => refusal === null)
    const [books] = await graph.sql<{ used: number; standing: number }>(
      `select (select sum(uses_total - uses_left)::int from benefits.entitlement) as used,
              (select count(*)::int from benefits.write_off where reversed_at is null) as standing`,
    )
    expect(books).toEqual({ used: uses.length, standing: uses.length })
    expect(uses.length).toBeLessThanOrEqual(4)
    await unmerge(graph)
    expect(await graph.sql('select 1 from benefits.entitlement where set_aside_by is not null')).toEqual([])
  })

  it('grants nothing for a tier that was reached by becoming one', async () => {
    await using graph = await open()
    const payload = { sequence: 2, to: 'vip', direction: 'up', because: 'merge' } as never
    changeTier(graph, LIN, payload)
    await graph.drain()
    expect(await entitlementsOf(graph, LIN)).toHaveLength(2)
  })
})
