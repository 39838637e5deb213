import { Kind, parse } from 'graphql'
import type { SubgraphName } from '../../kernel/config.ts'
import { buildSchema, type Resolver, type ResolverMap } from '../../kernel/graphql/build-schema.ts'
import { executor } from '../../kernel/graphql/execute.ts'
import { silentLog } from '../../kernel/log.ts'
import { compose } from '../../schema/compose.ts'
import { benefits } from '../../subgraphs/benefits/index.ts'
import { campaigns } from '../../subgraphs/campaigns/index.ts'
import { identity } from '../../subgraphs/identity/index.ts'
import { ledger } from '../../subgraphs/ledger/index.ts'
import { find, listedIds, type Person, recordedPurchase } from './data.ts'

/** A list of members with all of it, for this bench alone. */
const LIST = `
extend type Query { benchMembers: [Member!]! @requiresScopes(scopes: [["members:read"]]) }`

/** The graph as it is, and that list. */
export const sdls: Readonly<Record<SubgraphName, string>> = {
  identity: identity.sdl + LIST,
  ledger: ledger.sdl,
  benefits: benefits.sdl,
  campaigns: campaigns.sdl,
}

/** The supergraph, and the address of each subgraph in it. */
export function supergraphOver(urlOf: (name: SubgraphName) => string): string {
  return compose(sdls).supergraph.replace(/url: "http:\/\/(\w+)"/g, (_, name) => `url: "${urlOf(name)}"`)
}

const reference = (name: SubgraphName): Record<string, Resolver> => ({
  __resolveReference: (({ id }: Person) => find[name](id)) as never,
})

const resolvers: Readonly<Record<SubgraphName, ResolverMap>> = {
  identity: {
    Query: {
      member: (_, { id }: Person) => find.identity(id),
      benchMembers: () => listedIds.map((id) => find.identity(id)),
    },
    Member: reference('identity'),
  },
  ledger: {
    Member: reference('ledger'),
    Mutation: { recordPurchase: (_, { input }) => recordedPurchase(input.document) },
  },
  benefits: { Member: reference('benefits') },
  campaigns: { Member: reference('campaigns') },
}

/** Each subgraph with its own SDL, its rights on every field, its compiled operations, and data in memory. */
export const fakeSubgraph = (name: SubgraphName) =>
  executor(buildSchema(sdls[name], withRoots(sdls[name], resolvers[name])), silentLog)

/** Root fields that nobody asks for here. */
function withRoots(sdl: string, given: ResolverMap): ResolverMap {
  const made: Record<string, Record<string, Resolver>> = { Query: {}, Mutation: {} }
  for (const node of parse(sdl).definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue
    const root = made[node.name.value]
    if (!root) continue
    for (const field of node.fields ?? []) root[field.name.value] = unasked
  }
  const roots = Object.entries(made).filter(([, fields]) => Object.keys(fields).length > 0)
  return {
    ...given,
    ...Object.fromEntries(roots.map(([name, fields]) => [name, { ...fields, ...given[name] }])),
  }
}

const unasked: Resolver = () => {
  throw new Error('The bench does not ask for this.')
}
