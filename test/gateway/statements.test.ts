import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openPipeline } from '../../gateway/apollo.ts'
import { WIDE_LIMITS } from '../../gateway/limits/document-limits.ts'
import { withoutSecurityLinks } from '../../gateway/supergraph.ts'
import type { SubgraphName } from '../../kernel/config.ts'
import { buildSchema } from '../../kernel/graphql/build-schema.ts'
import { executor } from '../../kernel/graphql/execute.ts'
import { silentLog } from '../../kernel/log.ts'
import { compose } from '../../schema/compose.ts'
import { loadSubgraph } from '../helpers/database.ts'
import { openEverything } from '../helpers/everything.ts'
import { admin, claimsOf } from '../helpers/graph.ts'

const LIST = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
directive @public on OBJECT | FIELD_DEFINITION
type Query { listed: [Member!]! @public }
type Member @key(fields: "id", resolvable: false) @public { id: ID! }`

let everything: Awaited<ReturnType<typeof openEverything>>
let ids: string[]

beforeAll(async () => {
  everything = await openEverything()
  const clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  const token = await everything.token({ kind: 'admin' })
  const input = Array.from({ length: 50 }, (_, index) => ({
    identity: { kind: 'EXTERNAL', value: String(index) },
  }))
  await everything.ask(
    token,
    'mutation ($input: RegisterMembersInput!) { registerMembers(input: $input) { refusal { code } } }',
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

/** The names of the statements that read while `work` is done; what is written belatedly of earlier readings is not of it. */
async function readsOf(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const spy = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    for (const [asked] of spy.mock.calls as unknown as [{ text?: string } | string][]) {
      const text = (typeof asked === 'string' ? asked : asked.text) ?? ''
      const [, name, verb] = /^\s*\/\* (\w+) \*\/\s*(\w+)/.exec(text) ?? []
      if (name && (verb === 'select' || verb === 'with')) names.push(name)
    }
  } finally {
    spy.mockRestore()
  }
  return names.sort()
}

test('50 members with all four subgraphs are as many statements as one: four, and those that ask for what is current', async () => {
  const names: readonly SubgraphName[] = ['identity', 'ledger', 'benefits', 'campaigns']
  const sdls = await Promise.all(names.map(async (name) => [name, (await loadSubgraph[name]()).sdl] as const))
  const { supergraph } = compose({ ...Object.fromEntries(sdls), list: LIST })
  let length = 50
  const list = executor(
    buildSchema(LIST, {
      Query: { listed: () => ids.slice(0, length).map((id) => ({ __typename: 'Member', id })) },
    }),
    silentLog,
  )
  const claims = claimsOf(admin)
  const graph = await openPipeline({
    supergraphSdl: withoutSecurityLinks(supergraph),
    sourceOf:
      ({ name }) =>
      ({ query, variables }) =>
        name === 'list'
          ? list({ query, variables }, claims)
          : everything.all.peers.execute(name as SubgraphName, { query, variables }, claims),
    production: false,
    executor: 'compiled',
    limits: WIDE_LIMITS,
    log: silentLog,
    format: (error) => error.toJSON(),
  })
  const ask = async (selection: string) => {
    const { body } = await graph.execute(
      {
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': 'application/json' },
        body: { query: `{ listed { ${selection} } }` },
      },
      { claims, trusted: true, seen: {} },
    )
    const { data, errors } = JSON.parse(body)
    expect(errors).toBeUndefined()
    expect(data.listed).toHaveLength(length)
    return data.listed
  }
  const whole = `number status account { growth points { available } tier { tier { name } } }
    entitlements(first: 5) { edges { node { id state usesLeft } } }
    tasks { campaign { name } completedToday available }`
  const first = await ask(whole)
  expect(first[0].account.points.available).toBeGreaterThan(0)
  expect(first[0].entitlements.edges.length).toBeGreaterThan(0)

  const statements = await readsOf(() => ask(whole))
  length = 1
  expect(await readsOf(() => ask(whole))).toEqual(statements)
  // Of members: one for each subgraph.
  const ofMembers = ['entitlementPages', 'findMembers', 'progressOf', 'readAccounts']
  expect(statements).toEqual(expect.arrayContaining(ofMembers))
  // Besides, which rules are current, and who was merged with whom: another process may have changed that at any time.
  const besides = statements.filter((name) => !ofMembers.includes(name))
  expect(['currentPrograms', 'currentTasks', 'readPresentIds']).toEqual(expect.arrayContaining(besides))
  expect(new Set(statements).size).toBe(statements.length)
  await graph.close()
})
