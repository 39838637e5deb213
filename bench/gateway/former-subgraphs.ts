import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import type { SubgraphName } from '../../kernel/config.ts'
import { executor, type GraphQLRequest } from '../../kernel/graphql/execute.ts'
import { scalars } from '../../kernel/graphql/scalars.ts'
import { silentLog } from '../../kernel/log.ts'
import { find, listedIds, type Person, recordedPurchase } from './data.ts'

/** The part of the graph that is asked for, in Federation 1, for gateways that know no other. */
const former: Readonly<Record<SubgraphName, string>> = {
  identity: `
    scalar DateTime
    extend type Query { member(id: ID!): Member benchMembers: [Member!]! }
    type Member @key(fields: "id") {
      id: ID! number: String! status: String! joinedAt: DateTime! profile: Profile tags: [Tag!]!
    }
    type Profile { name: String phone: String }
    type Tag { dimension: String! name: String! value: String! expiresAt: DateTime }`,
  ledger: `
    scalar SafeInt
    scalar Date
    extend type Query { tiersOfBench: [Tier!] }
    extend type Mutation { recordPurchase(input: RecordPurchaseInput!): RecordPurchasePayload! }
    extend type Member @key(fields: "id") { id: ID! @external account: Account }
    type Account { id: ID! growth: SafeInt! points: PointsBalance! tier: TierStatus! }
    type PointsBalance { available: SafeInt! held: SafeInt! pending: SafeInt! }
    type TierStatus { tier: Tier! validUntil: Date progress: TierProgress }
    type TierProgress { next: Tier! missing: SafeInt! }
    type Tier { id: ID! name: String! }
    input RecordPurchaseInput {
      channel: String! document: String! member: MemberReference! lines: [PurchaseLineInput!]!
    }
    input MemberReference { id: ID }
    input PurchaseLineInput { sku: String quantity: Int amount: String! }
    type RecordPurchasePayload { duplicate: Boolean! refusal: LedgerRefusal purchase: Purchase }
    type LedgerRefusal { code: String! message: String! }
    type Purchase {
      id: ID! document: String! points: SafeInt! growth: SafeInt! tierAfter: Tier! awards: [Award!]!
    }
    type Award { rule: String! amount: SafeInt! }`,
  benefits: `
    scalar DateTime
    extend type Query { benefitsOfBench: [Benefit!] }
    extend type Member @key(fields: "id") { id: ID! @external entitlements: EntitlementConnection }
    type EntitlementConnection { edges: [EntitlementEdge!]! }
    type EntitlementEdge { node: Entitlement! }
    type Entitlement {
      id: ID! code: String state: String! usesLeft: Int! usesTotal: Int! validUntil: DateTime! benefit: Benefit!
    }
    type Benefit { id: ID! name: String! }`,
  campaigns: `
    scalar SafeInt
    extend type Query { campaignsOfBench: [Campaign!] }
    extend type Member @key(fields: "id") { id: ID! @external tasks: [TaskProgress!] }
    type TaskProgress {
      campaign: Campaign! completedToday: Int! perDay: Int! available: Boolean! pointsEarned: SafeInt!
    }
    type Campaign { id: ID! name: String! }`,
}

export function formerSubgraph(name: SubgraphName) {
  const sdl = former[name]
  const used = Object.entries(scalars).filter(([scalar]) => sdl.includes(`scalar ${scalar}`))
  const schema = buildSubgraphSchema([
    {
      typeDefs: parse(sdl),
      resolvers: {
        ...Object.fromEntries(used),
        Member: { __resolveReference: ({ id }: Person) => find[name](id) },
        ...(name === 'identity' && {
          Query: {
            member: (_: unknown, { id }: Person) => find.identity(id),
            benchMembers: () => listedIds.map((id) => find.identity(id)),
          },
        }),
        ...(name === 'ledger' && {
          Mutation: {
            recordPurchase: (_: unknown, { input }: { input: { document: string } }) =>
              recordedPurchase(input.document),
          },
        }),
      } as never,
    },
  ])
  const run = executor(schema, silentLog)
  return (request: GraphQLRequest) =>
    // As it is written: printed, `extend` is lost, and by it a gateway of that time tells whose a type is.
    request.query.includes('_service')
      ? { data: { _service: { sdl } } }
      : run(request, { requestId: 'bench' })
}
