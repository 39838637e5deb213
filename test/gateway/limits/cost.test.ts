import { buildSchema, getOperationAST, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { Costs, type Variables } from '../../../gateway/limits/cost.ts'

const SDL = `
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean) on FIELD_DEFINITION
type Query {
  member: Member
  count: Int
  all: [Member!]!
  few: [Member!]! @listSize(assumedSize: 3)
  top(limit: Int = 5): [Member!]! @listSize(slicingArguments: ["limit"], assumedSize: 5)
  members(first: Int, after: String): MemberConnection! @listSize(assumedSize: 20, slicingArguments: ["first"], sizedFields: ["edges"])
  unmarked(first: Int): MemberConnection!
  books: Report @cost(weight: 2000)
}
type Mutation { rename(name: String): Member import: Report @cost(weight: 1000) }
type Report { clean: Boolean }
type MemberConnection { edges: [MemberEdge!]! pageInfo: PageInfo! totalCount: Int }
type MemberEdge { node: Member! cursor: String! }
type PageInfo { hasNextPage: Boolean! }
type Member { id: ID! name: String account: Account friends(first: Int): MemberConnection! }
type Account { points: Int tier: Tier }
type Tier { name: String }
`
const costs = new Costs(SDL)
const schema = buildSchema(SDL)

const costOf = (text: string, variables: Variables = {}): number => read(text).of(variables)
const read = (text: string) => {
  const document = parse(text)
  return costs.of(schema, document, getOperationAST(document)!)
}

describe('what an operation costs', () => {
  test.for([
    ['a leaf costs nothing', '{ count }', {}, 0],
    ['an object costs one', '{ member { name } }', {}, 1],
    ['objects within objects add up', '{ member { account { tier { name } } } }', {}, 3],
    ['what is asked twice costs twice', '{ a: member { name } b: member { name } }', {}, 2],
    ['a list of which nothing is known has ten', '{ all { name } }', {}, 10],
    ['a list has its size', '{ few { account { points } } }', {}, 6],
    ['by an argument of its own', '{ top(limit: 7) { name } }', {}, 7],
    ['a page is what is asked for', '{ members(first: 50) { edges { node { name } } } }', {}, 50],
    ['or twenty', '{ members { edges { node { name } } } }', {}, 20],
    ['a page needs no directive', '{ unmarked(first: 4) { edges { node { name } } } }', {}, 4],
    ['only its edges repeat', '{ members(first: 50) { totalCount pageInfo { hasNextPage } } }', {}, 0],
    [
      'by a variable',
      'query ($n: Int) { members(first: $n) { edges { node { account { points } } } } }',
      { n: 30 },
      60,
    ],
    ['by its default', 'query ($n: Int = 9) { members(first: $n) { edges { node { name } } } }', {}, 9],
    [
      'by its default, whatever its name',
      'query ($constructor: Int = 9) { members(first: $constructor) { edges { node { name } } } }',
      {},
      9,
    ],
    ['by none', 'query ($n: Int) { members(first: $n) { edges { node { name } } } }', { n: null }, 20],
    ['a negative page is none', '{ members(first: -5) { edges { node { name } } } }', {}, 0],
    [
      'pages within pages multiply',
      'query ($n: Int) { members(first: 100) { edges { node { friends(first: $n) { edges { node { name } } } } } } }',
      { n: 100 },
      10_100,
    ],
    ['a mutation costs ten', 'mutation { rename(name: "x") { name } }', {}, 10],
    ['or what it says', 'mutation { import { clean } }', {}, 1_000],
    ['a query, too', '{ books { clean } }', {}, 2_000],
    [
      'fragments cost what they stand for',
      '{ all { ...F ... on Member { account { points } } } } fragment F on Member { account { tier { name } } }',
      {},
      40,
    ],
    ['the schema costs nothing', '{ __schema { types { name } } __typename }', {}, 0],
  ] as const)('%s', ([, text, variables, expected]) => {
    expect(costOf(text, variables)).toBe(expected)
  })

  test('the largest page is known', () => {
    const { page } = read(
      'query ($n: Int) { members(first: $n) { edges { node { friends(first: 7) { totalCount } } } } }',
    )
    expect([page({ n: 3 }), page({ n: 101 })]).toEqual([7, 101])
  })

  test('a document is read once', () => {
    const document = parse('{ member { name } }')
    const operation = getOperationAST(document)!
    expect(costs.of(schema, document, operation)).toBe(costs.of(schema, document, operation))
  })

  test('fragments that double with each line are read once each', () => {
    const lines = Array.from(
      { length: 200 },
      (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`,
    )
    expect(costOf(`{ ...F0 } ${lines.join(' ')} fragment F200 on Query { member { name } }`)).toBe(2 ** 200)
  })
})
