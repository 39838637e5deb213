import { type ExecutionResult, execute, parse } from 'graphql'
import { expect, test } from 'vitest'
import { buildSchema } from '../../../kernel/graphql/build-schema.ts'
import { compileDocument } from '../../../kernel/graphql/compile.ts'
import { compileQuery } from '../../../kernel/graphql/compile-query.ts'

const schema = buildSchema(
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
   directive @public on OBJECT | FIELD_DEFINITION
   scalar SafeInt
   input Wish { amount: SafeInt!, names: [String!], times: Int! = 2, more: More }
   input More { amount: SafeInt!, times: Int! = 2 }
   type Query @public { echo(text: String, wish: Wish): String, shop(open: Boolean!): Shop, shops: [Shop!], broken: Shop }
   type Mutation @public { count: Int!, later(fails: Boolean): Int, sure(fails: Boolean): Shop!, now: Int! }
   type Shop @public { name: String!, next: Shop, late: Shop!, fails: Int }`,
  {
    Query: {
      echo: (_, { text, wish }) => text ?? (wish ? told(wish) : null),
      shop: (_, { open }) => shopNamed(open ? 'open' : 'closed'),
      shops: async () => [shopNamed('one'), shopNamed('two')],
      broken: () => ({ name: null }),
    },
    Mutation: {
      count: async () => ++counted,
      now: () => ++counted,
      later: async (_, { fails }) => countedUnless(fails),
      sure: async (_, { fails }) => shopNamed(`${countedUnless(fails)}`),
    },
    Shop: {
      fails: () => {
        throw new Error('no')
      },
    },
  },
)
let counted = 0
const countedUnless = (fails: boolean): number => {
  counted += 1
  if (fails) throw new Error(`number ${counted} fails`)
  return counted
}
interface Wish {
  readonly amount: bigint
  readonly times: number
  readonly more?: Wish | null
}
const told = ({ amount, times, more }: Wish): string => `${amount * BigInt(times)} ${more ? told(more) : ''}`
const shopNamed = (name: string) => ({
  name,
  next: async () => ({ name: `${name}'s next` }),
  late: Promise.resolve({ name: `${name}'s late` }),
})

test.for([
  ['{ shops { name next { name } late { name __typename } } }', {}],
  ['query ($open: Boolean!) { shop(open: $open) { name } }', { open: true }],
  ['query ($open: Boolean!) { shop(open: $open) { name } }', {}],
  ['query ($open: Boolean!) { shop(open: $open) { name } }', { open: 'yes' }],
  [
    'query ($open: Boolean!) { shop(open: $open) { name @skip(if: $open) next @include(if: $open) { name } } }',
    { open: true },
  ],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: { amount: 21, names: ['a'] } }],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: { amount: 2 ** 60 } }],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: { amount: 1, more: { amount: 2 } } }],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: { amount: 1, times: null } }],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: [{ amount: 1 }] }],
  ['query ($wish: Wish!) { echo(wish: $wish) }', { wish: 'much' }],
  ['{ echo(wish: { amount: 21 }) }', {}],
  ['{ broken { name } shops { name fails } }', {}],
  ['{ broken { late { name } } }', {}],
  ['query A { shops { name } } query B { echo }', {}],
] as const)('compiled, a document answers as interpreted: %s %j', async ([query, variables]) => {
  const document = parse(query)
  const operationName = query.startsWith('query A') ? 'B' : undefined
  const contextValue = { principal: { kind: 'anonymous' } }
  const compiled = await compileDocument(schema, document)(contextValue, variables, operationName)
  const interpreted = await execute({
    schema,
    document,
    contextValue,
    variableValues: variables,
    operationName,
  })
  expect(plain(compiled)).toEqual(plain(interpreted))
})

/** Errors come in no particular order. */
function plain(result: ExecutionResult): unknown {
  const { data, errors } = JSON.parse(JSON.stringify(result))
  return { data, errors: errors?.map((error: unknown) => JSON.stringify(error)).sort() }
}

test.for([
  'mutation { a: count b: count c: now d: count }',
  'mutation { a: sure { name next { name } } b: now c: sure { late { name } } }',
  'mutation { a: count b: later(fails: true) c: count }',
  'mutation { a: later(fails: true) b: sure(fails: true) { name } c: count }',
  'mutation { a: sure { fails name } b: sure { next { fails } } c: sure(fails: true) { name } d: now }',
  'mutation { sure(fails: true) { name } }',
  'mutation { later: count }',
  'mutation { ...All a: count } fragment All on Mutation { b: now a: count c: count }',
])('mutations follow each other, until one that must not fail does: %s', async (query) => {
  const document = parse(query)
  const contextValue = { principal: { kind: 'anonymous' } }
  counted = 0
  const compiled = await compileDocument(schema, document)(contextValue, {}, null)
  const afterwards = counted
  counted = 0
  const interpreted = await execute({ schema, document, contextValue })
  expect(compileQuery(schema, document)).toBeDefined()
  expect(plain(compiled)).toEqual(plain(interpreted))
  expect(afterwards).toBe(counted)
})

test.for([
  ['a literal', (text: string) => `{ echo(text: ${JSON.stringify(text)}) }`],
  ['a default', (text: string) => `query ($text: String = ${JSON.stringify(text)}) { echo(text: $text) }`],
  ['an escape', (text: string) => `{ echo(text: ${JSON.stringify(text).replaceAll('_', '\\u005f')}) }`],
] as const)('no text of a caller becomes code: %s', async ([, queryOf]) => {
  const text = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dglobalThis.codeOfTheCaller=1'
  const context = { principal: { kind: 'anonymous' } }
  const { data } = await compileDocument(schema, parse(queryOf(text)))(context, {}, null)
  expect(data).toEqual({ echo: text })
  expect(globalThis).not.toHaveProperty('codeOfTheCaller')
})
