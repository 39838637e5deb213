import { describe, expect, test } from 'vitest'
import { connection, encodeCursor, pageOf } from '../../../kernel/graphql/page.ts'

describe('the arguments of a page', () => {
  test.for([
    [{}, 20, undefined],
    [{ first: null, after: null }, 20, undefined],
    [{ first: 1 }, 1, undefined],
    [{ first: 100, after: encodeCursor('2026-01-01|7') }, 100, '2026-01-01|7'],
  ] as const)('%o', ([given, limit, after]) => {
    expect(pageOf(given)).toEqual({ limit, after })
  })

  test.for([0, -1, 101, 1_000_000])('first: %i is refused', (first) => {
    expect(() => pageOf({ first })).toThrow('first must be from 1 to 100.')
  })
})

describe('a page', () => {
  const keyOf = (node: string) => node

  test('has a next one when the store found one more than was asked for', () => {
    const page = connection(['a', 'b', 'c'], 2, keyOf)
    expect(page.edges.map(({ node }) => node)).toEqual(['a', 'b'])
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: encodeCursor('a'),
      endCursor: encodeCursor('b'),
    })
  })

  test('is the last one when it did not', () => {
    expect(connection(['a', 'b'], 2, keyOf).pageInfo.hasNextPage).toBe(false)
  })

  test('may be empty', () => {
    expect(connection([], 2, keyOf)).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })
})
