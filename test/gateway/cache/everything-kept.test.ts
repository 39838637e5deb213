import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEverything } from '../../helpers/everything.ts'

const PROGRAM = readFileSync(new URL('../../../programs/super-member.yaml', import.meta.url), 'utf8')
const CATALOGUE = `{
  program { version tiers { id name } }
  benefits(first: 50) { edges { node { slug name version } } }
  campaigns(first: 50) { edges { node { slug name version } } }
  attributeDefinitions { id }
}`

interface Catalogue {
  readonly program: { readonly version: number }
  readonly benefits: { readonly edges: readonly { readonly node: { readonly version: number } }[] }
  readonly campaigns: { readonly edges: readonly { readonly node: { readonly version: number } }[] }
}

let everything: Awaited<ReturnType<typeof openEverything>>
let admin: string
beforeAll(async () => {
  everything = await openEverything({ kept: true })
  admin = await everything.token({ kind: 'admin' })
})
afterAll(() => everything?.[Symbol.asyncDispose]())

const catalogue = () => everything.ask<Catalogue>(admin, CATALOGUE)
const versionsOf = ({ program, benefits, campaigns }: Catalogue): number[] => [
  ...new Set([program.version, ...[...benefits.edges, ...campaigns.edges].map(({ node }) => node.version)]),
]

test('a catalogue is read once, and each part of it again when its subgraph goes by another version', async () => {
  const publish = (version: number) =>
    everything.ask(
      admin,
      'mutation ($document: String!) { publishProgram(document: $document) { refusal { code } } }',
      { document: PROGRAM.replace('version: 1', `version: ${version}`) },
      { prefer: 'wait=10' },
    )
  // The first answer that may be kept only begins to listen for what would drop it.
  await catalogue()
  await publish(2)
  expect(versionsOf(await catalogue())).toEqual([2])
  await everything.sql(`update benefits.program set version = 1`)
  expect(versionsOf(await catalogue())).toEqual([2])
  await everything.sql(`update benefits.program set version = 2`)
  await publish(3)
  expect(versionsOf(await catalogue())).toEqual([3])
})

test("a member's number and status are its own, and its balance is never kept", async () => {
  const member = await everything.token({ kind: 'member' })
  const { registerMembers: registered } = await everything.ask<{
    registerMembers: { members: { memberId: string }[] }
  }>(
    admin,
    `mutation {
      registerMembers(input: { source: "s", members: [{ identity: { kind: EXTERNAL, value: "1" } }] }) { members { memberId } }
    }`,
  )
  const other = await everything.token({ kind: 'member', memberId: registered.members[0]!.memberId })
  const me = async (token: string) =>
    (await everything.ask<{ me: { id: string } }>(token, '{ me { id number status } }')).me.id
  const [first] = [await me(member), await me(member)]
  expect(await me(other)).not.toBe(first)
  const balance = () =>
    everything.ask<{ me: { account: { points: { available: number } } } }>(
      member,
      '{ me { account { points { available } } } }',
    )
  const { me: before } = await balance()
  await everything.ask(
    await everything.token({ kind: 'clerk', store: 'store-1' }),
    `mutation ($id: ID!) {
      recordPurchase(input: { channel: "store", document: "d-1", member: { id: $id }, lines: [{ amount: "100" }] }) { purchase { points } }
    }`,
    { id: first },
  )
  expect((await balance()).me.account.points.available).toBe(before.account.points.available + 100)
})
