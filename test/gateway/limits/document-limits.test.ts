import { type OperationDefinitionNode, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { hasMoreTokens, limitExceeded, PUBLIC_LIMITS } from '../../../gateway/limits/document-limits.ts'

const over = (text: string): string | undefined => {
  const document = parse(text)
  return limitExceeded(document, document.definitions[0] as OperationDefinitionNode, PUBLIC_LIMITS)
}

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ')

const nested = (depth: number): string => `${'{ a '.repeat(depth)}${'}'.repeat(depth)}`

describe('the limits of a document', () => {
  test.for([
    ['ten levels', nested(10), undefined],
    ['eleven levels', nested(11), /more than 10 levels/],
    ['eleven levels by fragments', `{ a { ...F } } fragment F on T ${nested(10)}`, /more than 10 levels/],
    ['inline fragments are no levels', `{ ${'... { '.repeat(30)} a ${'}'.repeat(30)} }`, undefined],
    ['fifteen aliases', `{ ${times(15, (at) => `a${at}: a`)} }`, undefined],
    ['sixteen aliases', `{ ${times(16, (at) => `a${at}: a`)} }`, /more than 15 aliases/],
    [
      'sixteen aliases, by a fragment of eight',
      `{ a { ...F } b { ...F } } fragment F on T { ${times(8, (at) => `a${at}: a`)} }`,
      /more than 15 aliases/,
    ],
    ['twenty root fields', `{ ${times(20, (at) => `f${at}`)} }`, undefined],
    ['twenty-one root fields', `{ ${times(21, (at) => `f${at}`)} }`, /more than 20 root fields/],
    [
      'twenty-one by a fragment',
      `{ ...F } fragment F on Query { ${times(21, (at) => `f${at}`)} }`,
      /more than 20 root fields/,
    ],
    ['twenty directives', `{ a ${times(20, () => '@x')} }`, undefined],
    ['twenty-one directives', `{ a ${times(21, () => '@x')} }`, /more than 20 directives/],
    [
      'directives of the operation count',
      `query ${times(11, () => '@x')} { a ${times(10, () => '@x')} }`,
      /more than 20 directives/,
    ],
    ['the standard question about the schema', `{ __schema { types ${nested(13)} } }`, undefined],
  ] as const)('%s', ([, text, expected]) => {
    if (expected) expect(over(text)).toMatch(expected)
    else expect(over(text)).toBeUndefined()
  })

  test('fragments that double with each line are counted, not written out', () => {
    const lines = times(60, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)
    expect(over(`{ ...F0 } ${lines} fragment F60 on Query { a }`)).toMatch(/more than 1000 fields/)
  })

  test('fragments in a circle end', () => {
    expect(over('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toBeUndefined()
  })
})

test.for([
  ['{ a }', 3, false],
  ['{ a }', 2, true],
  ['{ a(of: "one two three") }', 8, false],
  ['{ a # a remark is none\n }', 3, false],
  ['no { GraphQL " at all', 1_000, false],
  ['', 0, false],
] as const)('has %s more than %i tokens: %s', ([text, limit, expected]) => {
  expect(hasMoreTokens(text, limit)).toBe(expected)
})
