import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLEnumType, type GraphQLInputObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { brokenPromises, unexplainedDeprecations } from '../../schema/changes.ts'
import { REFERENCE_FILE, RELEASED_FILE, referenceOf } from '../../schema/reference.ts'
import { IDENTITY_KINDS } from '../../subgraphs/ledger/domain/identity-kinds.ts'

const api = readFileSync(new URL('../../schema/api.graphql', import.meta.url), 'utf8')
const TODAY = new Date().toISOString().slice(0, 10)

test('nothing that clients of the last release rely on has changed', () => {
  expect(brokenPromises(readFileSync(RELEASED_FILE, 'utf8'), api, TODAY)).toEqual([])
})

test('each deprecation says what to do instead, and until when', () => {
  expect(unexplainedDeprecations(api)).toEqual([])
})

test('the reference is what `npm run reference` makes of the graph', () => {
  expect(readFileSync(REFERENCE_FILE, 'utf8') === referenceOf(api), 'docs/reference/graph.md is stale').toBe(
    true,
  )
})

describe('of a change', () => {
  const before = `type Query {
    points: Int
    old: Int @deprecated(reason: "Until 2026-06-30: ask for points.")
    kind: Kind
    take(input: Take): Int
  }
  enum Kind { A B @deprecated(reason: "Until 2026-06-30: there are no more of it.") }
  input Take { a: Int }`

  test.for([
    ['a field more', 'old: Int', 'old: Int more: Int', '2026-01-01', []],
    ['a field less', 'points: Int', '', '2026-12-31', ['FIELD_REMOVED: Query.points was removed.']],
    ['another type', 'points: Int', 'points: String', '2026-12-31', [/^FIELD_CHANGED_KIND: Query.points/]],
    [
      'an input more that must be given',
      'a: Int',
      'a: Int b: Int!',
      '2026-12-31',
      [/^REQUIRED_INPUT_FIELD_ADDED/],
    ],
    ['a deprecated field less, in time', /old: Int .*/, '', '2026-06-30', []],
    ['a deprecated field less, too early', /old: Int .*/, '', '2026-06-29', [/^FIELD_REMOVED: Query.old/]],
    ['a deprecated value less, in time', /B @deprecated.*"\)/, '', '2026-07-01', []],
    [
      'a deprecated value less, too early',
      /B @deprecated.*"\)/,
      '',
      '2026-01-01',
      [/^VALUE_REMOVED_FROM_ENUM: B/],
    ],
  ] as const)('%s', ([, from, to, today, broken]) => {
    const found = brokenPromises(before, before.replace(from, to), today)
    expect(found).toHaveLength(broken.length)
    for (const [index, one] of broken.entries()) expect(found[index]).toMatch(one)
  })

  test.for([
    ['no reason', '@deprecated', 1],
    ['a reason without a date', '@deprecated(reason: "Ask for points instead.")', 1],
    ['a date without a reason', '@deprecated(reason: "2027-01-01")', 1],
    ['both', '@deprecated(reason: "Until 2027-01-01: ask for points.")', 0],
  ] as const)('a deprecation with %s', ([, directive, count]) => {
    expect(unexplainedDeprecations(`type Query { a: Int ${directive} }`)).toHaveLength(count)
  })
})

test('where the kind of an identity is a text, each word for it is told', () => {
  const graph = buildSchema(readFileSync(RELEASED_FILE, 'utf8'))
  const told = (graph.getType('PurchaserIdentity') as GraphQLInputObjectType).getFields().kind!.description!
  const words = (graph.getType('IdentityKind') as GraphQLEnumType).getValues().map(({ name }) => name)
  expect([...IDENTITY_KINDS].toSorted()).toEqual(words.toSorted())
  expect(told.match(/\b[A-Z]+(_[A-Z]+)*\b/g)!.toSorted()).toEqual([...words, 'BAD_USER_INPUT'].toSorted())
})
