import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'
import { statementsOf } from '../helpers/statements.ts'

const PROGRAM = readFileSync(new URL('../../programs/super-member.yaml', import.meta.url), 'utf8')

/** What the bench asks of each member: identity, points and tier, entitlements, campaigns. */
const WHOLE = `
  id number status joinedAt
  profile { name phone }
  tags { dimension name value expiresAt }
  account {
    growth
    points { available held pending }
    tier { validUntil tier { id name } progress { missing next { name } } }
  }
  entitlements { edges { node { id code state usesLeft usesTotal validUntil benefit { id name } } } }
  tasks { campaign { id name } completedToday perDay available pointsEarned }`

const ONE_EACH = {
  member: ['entitlementPages', 'findWholeMembers', 'progressOf', 'readMemberAccounts'],
  list: ['entitlementPages', 'findWholeMembersWithin', 'progressOf', 'readMemberAccounts'],
}

let everything: Awaited<ReturnType<typeof openEverything>>
let admin: string
let ids: string[]

beforeAll(async () => {
  everything = await openEverything()
  const clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  admin = await everything.token({ kind: 'admin' })
  const input = Array.from({ length: 50 }, (_, index) => ({
    key: String(index),
    profile: { name: 'Ann' },
    tags: [{ dimension: 'INTEREST', name: 'coffee' }],
  }))
  await everything.ask(
    admin,
    'mutation ($input: ImportMembersInput!) { importMembers(input: $input) { refusal { code } } }',
    { input: { source: 'list', members: input } },
  )
  ids = (
    await everything.sql<{ id: string }>(
      'select member_id as id from identity.member order by member_id limit 50',
    )
  ).map(({ id }) => id)
  for (const id of ids.slice(0, 3)) {
    await everything.ask(
      clerk,
      `mutation ($id: ID!, $document: String!) {
        recordPurchase(input: { channel: "store", document: $document, member: { id: $id }, lines: [{ amount: "6000" }] }) { purchase { points } }
      }`,
      { id, document: id },
      { prefer: 'wait=5' },
    )
  }
})
afterAll(() => everything?.[Symbol.asyncDispose]())

interface Shown {
  readonly tags: { readonly name: string }[]
  readonly profile: { readonly name: string } | null
  readonly account: { readonly points: { readonly available: number } }
  readonly entitlements: {
    readonly edges: { readonly node: { readonly benefit: { readonly name: string } } }[]
  }
  readonly tasks: unknown[]
}

const listed = async (first: number): Promise<Shown[]> => {
  const { members } = await everything.ask<{ members: { edges: { node: Shown }[] } }>(
    admin,
    `query ($first: Int!) { members(first: $first) { edges { node { ${WHOLE} } } } }`,
    { first },
  )
  return members.edges.map(({ node }) => node)
}

test('a list of 50 members with all four subgraphs is exactly four statements, as many as for one member', async () => {
  // What never changes is read once in the life of a process.
  const members = await listed(50)
  expect(members).toHaveLength(50)
  expect(members[0]!.account.points.available).toBeGreaterThan(0)
  expect(members[0]!.entitlements.edges[0]!.node.benefit.name).toMatch(/./)
  expect(members[0]!.tags.map(({ name }) => name)).toEqual(['coffee'])
  expect(members[0]!.profile?.name).toBe('Ann')
  expect(members[0]!.tasks.length).toBeGreaterThan(0)

  expect(await statementsOf(() => listed(50))).toEqual(ONE_EACH.list)
  expect(await statementsOf(() => listed(1))).toEqual(ONE_EACH.list)
})

test('a member with all four subgraphs is exactly four statements, for staff and for the member', async () => {
  const [id] = ids
  const byStaff = () =>
    everything.ask<{ member: Shown }>(admin, `query ($id: ID!) { member(id: $id) { ${WHOLE} } }`, { id })
  const { member } = await byStaff()
  expect(await statementsOf(byStaff)).toEqual(ONE_EACH.member)

  const own = await everything.token({ kind: 'member', memberId: id! })
  let me: Shown | undefined
  const byMember = async () => {
    me = (await everything.ask<{ me: Shown }>(own, `{ me { ${WHOLE} } }`)).me
  }
  await byMember()
  expect(await statementsOf(byMember)).toEqual(ONE_EACH.member)
  expect(me).toEqual(member)
})

test('the first question after a publication goes by the new rules, and is asked again for that; the next is four again', async () => {
  const name = (of: Shown) =>
    (of as unknown as { account: { tier: { tier: { name: string } } } }).account.tier.tier.name
  const [before] = await listed(1)
  const renamed = PROGRAM.replace('version: 1', 'version: 2').replaceAll(name(before!), 'Renamed')
  await everything.ask(
    admin,
    'mutation ($document: String!) { publishProgram(document: $document) { refusal { code } } }',
    { document: renamed },
    { prefer: 'wait=10' },
  )
  const [after] = await listed(1)
  expect([name(before!), name(after!)]).toEqual([expect.not.stringMatching('Renamed'), 'Renamed'])
  expect(await statementsOf(() => listed(1))).toEqual(ONE_EACH.list)
})
