import fc from 'fast-check'
import {
  buildSchema,
  type GraphQLScalarType,
  getVariableValues,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { type Variables, variableCoercion } from '../../../kernel/graphql/variables.ts'

const schema = buildSchema(`
  scalar Even
  enum Size { S M L }
  input Line { sku: String!, size: Size! = M, note: String = "none", even: Even }
  input Order { lines: [Line!]!, gift: Boolean! = false, next: Order, packed: Line! = { sku: "box" } }
  input One @oneOf { id: ID, line: Line }
  input Odd { constructor: String }
  type Query { one(id: ID, many: [String!], sum: Int!, order: Order, orders: [[Order]], by: One, odd: Odd): ID }`)
const even = schema.getType('Even') as GraphQLScalarType
even.parseValue = (value) => {
  if (typeof value !== 'number') throw new TypeError('no number')
  return value % 2 === 0 ? value : undefined
}

function compare(declared: string, given: Variables): void {
  const operation = parse(`query (${declared}) { one(sum: 1) }`).definitions[0] as OperationDefinitionNode
  const definitions = operation.variableDefinitions ?? []
  const expected = getVariableValues(schema, definitions, given)
  const found = variableCoercion(schema, definitions)(given)
  expect(found).toEqual(expected)
  expect(JSON.stringify(found.coerced)).toBe(JSON.stringify(expected.coerced))
}

const DECLARED = '$id: ID, $many: [String!], $sum: Int = 3'

test.each<Variables>([
  {},
  { sum: 1 },
  { id: 'a', many: ['b'], sum: 1 },
  { id: undefined, sum: 1 },
  { id: null, many: undefined, sum: 1 },
  { id: 7, many: 'b', sum: 1 },
  { id: 'a', sum: undefined },
  { id: 'a', sum: 1.5 },
])('%o comes to what graphql says that it does', (given) => compare(DECLARED, given))

test.for<[string, string, Variables]>([
  [
    'what was left out gets its default, however deep',
    '$order: Order!',
    { order: { lines: [{ sku: 'a' }], next: { lines: [] } } },
  ],
  ['null was not left out', '$order: Order', { order: { lines: [{ sku: 'a', note: null }], gift: null } }],
  ['one value stands for a list of it', '$order: Order', { order: { lines: { sku: 'a' } } }],
  ['what is refused by its scalar', '$order: Order', { order: { lines: [{ sku: 'a', even: 'b' }] } }],
  ['what its scalar makes nothing of', '$order: Order', { order: { lines: [{ sku: 'a', even: 1 }] } }],
  ['a field that there is none of', '$order: Order', { order: { lines: [], more: undefined } }],
  ['exactly one', '$by: One!', { by: { line: { sku: 'a' } } }],
  ['not exactly one', '$by: One!', { by: { id: 'a', line: { sku: 'a' } } }],
  ['none of one', '$by: One!', { by: {} }],
  ['null of one', '$by: One!', { by: { id: null } }],
  ['a default of an input', '$order: Order! = { lines: { sku: "a" } }', {}],
  ['a required variable that is not there', '$order: Order!', {}],
  [
    'names that every object has',
    '$constructor: String, $__proto__: [ID], $odd: Odd',
    JSON.parse('{ "__proto__": "a", "odd": {} }'),
  ],
])('%s', ([, declared, given]) => compare(declared, given))

describe('whatever is sent', () => {
  const odd = fc.constantFrom<unknown>(null, undefined, 7, 'odd', [], {}, true, ['odd'])
  const or = (good: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: odd })
  const line = fc.record(
    { sku: or(fc.string()), size: or(fc.constantFrom('S', 'L')), note: or(fc.string()), even: or(fc.nat(4)) },
    { requiredKeys: ['sku'] },
  )
  const { order } = fc.letrec((tie) => ({
    order: fc.record(
      {
        lines: or(fc.array(or(line), { maxLength: 2 })),
        gift: or(fc.boolean()),
        next: fc.option(tie('order'), { maxDepth: 2, nil: undefined }),
        packed: or(line),
        more: odd,
      },
      { requiredKeys: ['lines'] },
    ),
  }))

  test('it comes to what graphql says that it does', () => {
    fc.assert(
      fc.property(
        or(order),
        or(fc.array(or(fc.array(order, { maxLength: 1 })), { maxLength: 2 })),
        (one, many) => compare('$order: Order, $orders: [[Order]]', { order: one, orders: many }),
      ),
    )
  })
})
