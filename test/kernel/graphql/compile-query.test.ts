import fc from 'fast-check'
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLObjectType,
  type GraphQLUnionType,
  parse,
} from 'graphql'
import { describe, expect, test, vi } from 'vitest'
import { compileDocument } from '../../../kernel/graphql/compile.ts'
import { compileQuery } from '../../../kernel/graphql/compile-query.ts'

const schema = buildSchema(`
  enum Kind { SMALL LARGE }
  union Any = Node | Leaf
  type Leaf { name: String!, size: Int }
  type Node {
    id: ID!, name: String, sure: String!, count: Int!, ratio: Float, on: Boolean!, kind: Kind, sureKind: Kind!
    next: Node, sureNext: Node!, many: [Node!], some: [Node]!, grid: [[Int!]]!, any: Any, anys: [Any!]
    given(first: Int = 3, name: String, kind: Kind): String, fails: Node!
  }
  type Query { one: Node, sure: Node!, all: [Node!]!, plain(first: Int!): Int! }`)

const typed = <T>(value: unknown): T => value as T
const node = typed<GraphQLObjectType>(schema.getType('Node')).getFields()
node.given!.resolve = (_, args) => JSON.stringify(Object.entries(args).sort())
node.fails!.resolve = ({ name }) => {
  if (name === null) throw new Error('has no name')
  return { id: 'a', sure: name }
}
typed<GraphQLUnionType>(schema.getType('Any')).resolveType = (value) => value.__typename
const query = typed<GraphQLObjectType>(schema.getQueryType()).getFields()
query.one!.resolve = typed((_: unknown, __: unknown, context: Roots) => context.one)
query.sure!.resolve = typed((_: unknown, __: unknown, context: Roots) => context.sure)
query.all!.resolve = typed((_: unknown, __: unknown, context: Roots) => context.all)
query.plain!.resolve = (_, { first }, __, { path, fieldName, variableValues }) =>
  path.prev === undefined && path.key === fieldName ? first + Object.keys(variableValues).length : -1

interface Roots {
  readonly one: unknown
  readonly sure: unknown
  readonly all: unknown
}

const DOCUMENT = parse(`query {
  one { ...Whole next { ...Whole next { id } } many { id sure fails { id } } }
  sure { ...Whole sureNext { sure count } }
  again: sure { again: id ... on Node { some { id name } } }
  all { id sureKind some { sure } anys { __typename ... on Leaf { name size } ...Named } }
}
fragment Named on Node { sure count }
fragment Whole on Node {
  id name sure count ratio on kind grid
  any { ... on Node { id } ... on Leaf { label: name } __typename }
}`)

/** What a field may have, sometimes what it may not. */
const odd = fc.constantFrom<unknown>(null, undefined, new Error('odd'), {}, 'odd', 7, Symbol('odd'))
const or = (good: fc.Arbitrary<unknown>, weight = 12) =>
  fc.oneof({ weight, arbitrary: good }, { weight: 1, arbitrary: odd })

/** A node with so many levels below it. */
function nodeWith(levels: number): fc.Arbitrary<unknown> {
  const below =
    levels === 0 ? fc.constant({ id: 'leaf', sure: 'x', count: 1, on: true }) : nodeWith(levels - 1)
  const leaf = fc.record({ __typename: fc.constant('Leaf'), name: or(fc.string()), size: or(fc.integer()) })
  const other = fc.oneof(leaf, fc.constant({ __typename: 'Node', id: 'other', sure: 'y', count: 2 }))
  const digits = or(fc.array(or(fc.integer({ min: 0, max: 9 })), { maxLength: 2 }))
  return fc.record({
    __typename: fc.constant('Node'),
    id: or(fc.oneof(fc.string(), fc.integer())),
    name: or(fc.string()),
    sure: or(fc.string(), 30),
    count: or(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), 30),
    ratio: or(fc.double()),
    on: or(fc.boolean(), 30),
    kind: or(fc.constantFrom('SMALL', 'LARGE')),
    sureKind: or(fc.constantFrom('SMALL', 'LARGE'), 30),
    next: or(below),
    sureNext: or(below, 30),
    many: or(fc.array(or(below), { maxLength: 2 })),
    some: or(fc.array(or(below), { maxLength: 2 })),
    grid: or(fc.array(digits, { maxLength: 2 })),
    any: or(other),
    anys: or(fc.array(or(other), { maxLength: 2 })),
  })
}
const anyNode = nodeWith(2)
const roots = fc.record({
  one: anyNode,
  sure: or(anyNode, 30),
  all: or(fc.array(anyNode, { maxLength: 2 }), 30),
})

const shown = (result: ExecutionResult): unknown => JSON.parse(JSON.stringify(result))

describe('a compiled query answers as an interpreted one,', () => {
  const compiled = compileQuery(schema, DOCUMENT)!

  test('whatever the resolvers answer', () => {
    fc.assert(
      fc.property(roots, (contextValue) => {
        const expected = execute({ schema, document: DOCUMENT, contextValue }) as ExecutionResult
        expect(inFewWords(compiled(contextValue, {}))).toEqual(inFewWords(expected))
      }),
      { numRuns: 200 },
    )
  })

  test('and whatever of that comes late', async () => {
    const isLate = fc.infiniteStream(fc.integer({ min: 0, max: 3 }))
    await fc.assert(
      fc.asyncProperty(roots, isLate, async (given, late) => {
        const contextValue = delayed(given, () => late.next().value === 0)
        const expected = await execute({ schema, document: DOCUMENT, contextValue: contextValue() })
        const { data, errors } = await compiled(contextValue(), {})
        expect(shown({ data })).toEqual(shown({ data: expected.data }))
        // Where several fail below one place, which of them is told depends on who is first.
        expect((errors ?? []).length > 0).toBe((expected.errors ?? []).length > 0)
      }),
      { numRuns: 100 },
    )
  })
})

/** A value that no resolver should have answered is told in other words. */
const inFewWords = (result: unknown): unknown =>
  JSON.parse(JSON.stringify(result), (key, value) =>
    key === 'message'
      ? value.replace(/^(Abstract type|Expected|Node\.\w+ has no|Leaf\.\w+ has no).*/, 'odd')
      : value,
  )

/**
 * The same values each time, some of them promises, made anew: one that fails may not fail unheard. What stands in a list
 * is there at once: the interpreter lets go of elements that are late when one beside them fails.
 */
function delayed(value: unknown, isLate: () => boolean): () => unknown {
  const late = isLate()
  const whole = inner()
  return () => {
    if (!late) return whole()
    const one = whole()
    if (!(one instanceof Error)) return Promise.resolve(one)
    const failing = Promise.reject(one)
    failing.catch(() => {})
    return failing
  }

  function inner(): () => unknown {
    if (Array.isArray(value)) {
      return () => value
    }
    if (typeof value !== 'object' || value === null || value instanceof Error) return () => value
    const fields = Object.entries(value).map(
      ([name, one]) => [name, name === '__typename' ? () => one : delayed(one, isLate)] as const,
    )
    return () => Object.fromEntries(fields.map(([name, one]) => [name, one()]))
  }
}

describe('arguments', () => {
  const one = { one: { id: '1' } }
  test.for<[string, Record<string, unknown>]>([
    ['{ one { given } }', {}],
    ['{ one { given(first: 5) } }', {}],
    ['{ one { given(first: null, name: "a \\" b", kind: LARGE) } }', {}],
    ['query ($n: String) { one { given(name: $n) } }', {}],
    ['query ($n: String) { one { given(name: $n) } }', { n: null }],
    ['query ($n: String) { one { given(name: $n, kind: SMALL) } }', { n: 'Ann' }],
    ['query ($n: String = "Bo", $f: Int) { one { given(name: $n, first: $f) } }', {}],
    ['query ($k: Kind, $f: Int) { one { given(kind: $k, first: $f) } }', { k: 'LARGE', f: 1 }],
    ['query ($f: Int!) { plain(first: $f) }', { f: 2 }],
    ['query ($constructor: String) { one { given(name: $constructor) } }', {}],
    ['query ($toString: Int) { one { given(first: $toString) } }', {}],
    ['query ($valueOf: Int) { one { given(first: $valueOf) } }', { valueOf: 4 }],
  ])('%s %j', ([text, variables]) => {
    const document = parse(text)
    const compiled = compileDocument(schema, document)(one, variables, null)
    const expected = execute({ schema, document, contextValue: one, variableValues: variables })
    expect(shown(compiled as ExecutionResult)).toEqual(shown(expected as ExecutionResult))
  })
})

test('elements of a list that come late, or fail, leave the others as they are', async () => {
  const document = parse('{ one { some { id } many { id } } }')
  const late = (id: string | null) => Promise.resolve({ id })
  const list = () => [late('1'), { id: '2' }, Promise.reject(new Error('no')), null, late(null)]
  const one = { some: list(), many: list() }
  const { data, errors } = await compileQuery(schema, document)!({ one }, {})
  expect(data).toEqual({ one: { some: [{ id: '1' }, { id: '2' }, null, null, null], many: null } })
  expect(errors?.map(({ path }) => path?.join('.')).sort()).toEqual([
    'one.many.3',
    'one.some.2',
    'one.some.4.id',
  ])
})

test('a property may be a method', async () => {
  const document = parse('{ one { name next { id } } }')
  const contextValue = {
    one: { id: '1', name: (args: object) => JSON.stringify(args), next: async () => ({ id: '2' }) },
  }
  const compiled = await compileQuery(schema, document)!(contextValue, {})
  expect(shown(compiled)).toEqual(shown(await execute({ schema, document, contextValue })))
})

test('what needs more is left to the other executors', () => {
  for (const text of [
    'query ($on: Boolean!) { one { id @include(if: $on) } }',
    '{ __schema { description } }',
    '{ one { toString: id } }',
    '{ one { __proto__: id } }',
    'query A { one { id } } query B { one { id } }',
  ]) {
    expect(compileQuery(schema, parse(text))).toBeUndefined()
  }
})

test('each object of a document is written once, however deep it stands', () => {
  const nested = (depth: number): string => `${'next { '.repeat(depth)} id ${'}'.repeat(depth)}`
  const written = vi.spyOn(globalThis, 'Function')
  try {
    expect(compileQuery(schema, parse(`{ one { ${nested(10)} } }`))).toBeDefined()
    expect(written).toHaveBeenCalledTimes(12)
    written.mockClear()
    // Of the two types of `Any` one has a field here.
    expect(compileQuery(schema, parse('{ one { any { ... on Leaf { name } } } }'))).toBeDefined()
    expect(written).toHaveBeenCalledTimes(3)
  } finally {
    written.mockRestore()
  }
})
