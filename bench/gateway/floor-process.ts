import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLObjectType, type GraphQLScalarType, parse } from 'graphql'
import { compileDocument, type Executable } from '../../kernel/graphql/compile.ts'
import { scalars } from '../../kernel/graphql/scalars.ts'
import { findWhole, listedIds, recordedPurchase } from './data.ts'
import { openFloorDoor } from './floor-door.ts'
import { rawServer } from './raw-server.ts'
import { given, sayListening } from './said.ts'

// The floor for subgraphs in the gateway's process: one schema, all data at hand, compiled; of what a gateway does
// besides, only what `floor-door.ts` says.
const api = readFileSync(new URL('../../schema/api.graphql', import.meta.url), 'utf8')
const schema = buildSchema(`${api}\nextend type Query { benchMembers: [Member!]! }`)
for (const [name, { serialize, parseValue, parseLiteral }] of Object.entries(scalars)) {
  Object.assign(schema.getType(name) as GraphQLScalarType, { serialize, parseValue, parseLiteral })
}
const fieldOf = (type: GraphQLObjectType | null | undefined, name: string) => type!.getFields()[name]!
fieldOf(schema.getQueryType(), 'member').resolve = (_, { id }) => findWhole(id)
fieldOf(schema.getQueryType(), 'benchMembers').resolve = () => listedIds.map(findWhole)
fieldOf(schema.getMutationType(), 'recordPurchase').resolve = (_, { input }) =>
  recordedPurchase(input.document)

const known = new Map<string, Executable>()

function runOf(query: string): Executable {
  let run = known.get(query)
  if (!run) {
    run = compileDocument(schema, parse(query))
    known.set(query, run)
  }
  return run
}

const door = await openFloorDoor()
const listen = rawServer(async (_, body, { authorization }) => {
  await door.letIn(authorization)
  const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> }
  return JSON.stringify(await runOf(query)(undefined, variables, undefined))
})
sayListening(await listen(given().port), door.token)
