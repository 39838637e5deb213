import { Pool } from 'undici'
import type { SubgraphName } from '../../kernel/config.ts'
import { openFloorDoor } from './floor-door.ts'
import { rawServer } from './raw-server.ts'
import { given, sayListening } from './said.ts'

// The floor for subgraphs over HTTP: each question written out by hand as the calls that it needs, and no GraphQL here.
// Its callers are known (`floor-door.ts`); the subgraphs believe who asks them, as nothing is signed.
const { port, subgraphs } = given()
const pools = new Map(
  Object.entries(subgraphs!).map(([name, url]) => [name, new Pool(url, { connections: 128 })]),
)

const IDENTITY = `id number status joinedAt profile { name phone } tags { dimension name value expiresAt }`
const LEDGER = `account { growth points { available held pending }
  tier { validUntil tier { id name } progress { missing next { name } } } }`
const BENEFITS = `entitlements { edges { node { id code state usesLeft usesTotal validUntil benefit { id name } } } }`
const CAMPAIGNS = `tasks { campaign { id name } completedToday perDay available pointsEarned }`

type Part = Record<string, unknown>
type Variables = Record<string, unknown>

async function ask(name: SubgraphName, query: string, variables: Variables): Promise<Part> {
  const { body } = await pools.get(name)!.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return ((await body.json()) as { data: Part }).data
}

const ofMembers = (selection: string) =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Member { ${selection} } } }`

const PARTS: readonly (readonly [SubgraphName, string])[] = [
  ['ledger', ofMembers(LEDGER)],
  ['benefits', ofMembers(BENEFITS)],
  ['campaigns', ofMembers(CAMPAIGNS)],
]

async function fill(members: readonly Part[], parts: readonly (readonly [SubgraphName, string])[]) {
  const representations = members.map(({ id }) => ({ __typename: 'Member', id }))
  const filled = await Promise.all(parts.map(([name, query]) => ask(name, query, { representations })))
  for (const { _entities } of filled) {
    for (const [index, entity] of (_entities as Part[]).entries()) Object.assign(members[index]!, entity)
  }
}

const byName: Record<string, (variables: Variables, query: string) => Promise<Part>> = {
  async Member360(variables) {
    const data = await ask('identity', `query ($id: ID!) { member(id: $id) { ${IDENTITY} } }`, variables)
    await fill([data.member as Part], PARTS)
    return data
  },
  async List(variables) {
    const data = await ask('identity', `{ benchMembers { ${IDENTITY} } }`, variables)
    await fill(data.benchMembers as Part[], PARTS)
    return data
  },
  async Balance(variables) {
    const data = await ask('identity', `query ($id: ID!) { member(id: $id) { id } }`, variables)
    const member = data.member as Part
    await fill([member], [['ledger', ofMembers('account { points { available } }')]])
    delete member.id
    return data
  },
  Purchase: (variables, query) => ask('ledger', query, variables),
}

const door = await openFloorDoor()
const listen = rawServer(async (_, body, { authorization }) => {
  await door.letIn(authorization)
  const { query, variables } = JSON.parse(body) as { query: string; variables: Variables }
  const [, name = ''] = /^(?:query|mutation) (\w+)/.exec(query) ?? []
  return JSON.stringify({ data: await byName[name]!(variables, query) })
})
sayListening(await listen(port), door.token)
