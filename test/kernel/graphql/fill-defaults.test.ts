import { buildSchema, type OperationDefinitionNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import { fillDefaults } from '../../../kernel/graphql/fill-defaults.ts'

const schema = buildSchema(`
  enum Size { S M L }
  input Line { sku: String!, size: Size! = M, note: String = "none" }
  input Order { lines: [Line!]!, gift: Boolean! = false, next: Order, packed: Line! = { sku: "box" } }
  input Plain { text: String, lines: [String!] }
  type Query { order(order: Order, plain: Plain, count: Int): Int }`)
const filling = (variables: string) =>
  fillDefaults(schema, parse(`query (${variables}) { order }`).definitions[0] as OperationDefinitionNode)
const packed = { sku: 'box', size: 'M' }

test.for<[string, string, Record<string, unknown>, Record<string, unknown>]>([
  [
    'what may not be null and was left out gets its default, however deep it lies',
    '$order: Order!',
    { order: { lines: [{ sku: 'a' }], next: { lines: [], gift: true, packed: { sku: 'b', size: 'L' } } } },
    {
      order: {
        lines: [{ sku: 'a', size: 'M' }],
        gift: false,
        packed,
        next: { lines: [], gift: true, packed: { sku: 'b', size: 'L' } },
      },
    },
  ],
  [
    'an undefined value was left out',
    '$order: Order',
    { order: { lines: [], gift: undefined, packed } },
    { order: { lines: [], gift: false, packed } },
  ],
  [
    'null was not left out',
    '$order: Order',
    { order: { lines: null, gift: null, packed } },
    { order: { lines: null, gift: null, packed } },
  ],
  [
    'one value stands for a list of it',
    '$order: Order',
    { order: { lines: { sku: 'a' }, gift: true, packed } },
    { order: { lines: { sku: 'a', size: 'M' }, gift: true, packed } },
  ],
  [
    'a list of lists',
    '$orders: [[Line!]!]!',
    { orders: [[{ sku: 'a' }], []] },
    { orders: [[{ sku: 'a', size: 'M' }], []] },
  ],
  ['a variable of its own', '$count: Int! = 3', {}, { count: 3 }],
  ['a variable that may be null is left to the executor', '$count: Int = 3', {}, {}],
  ['what is of another shape is left to be refused', '$order: Order!', { order: 'much' }, { order: 'much' }],
])('%s', ([, variables, given, expected]) => {
  expect(filling(variables)(given)).toEqual(expected)
})

test('where there is nothing to fill the very values are handed on', () => {
  const plain = { plain: { text: 'a' } }
  expect(filling('$plain: Plain')(plain)).toBe(plain)
  const order = { order: { lines: [{ sku: 'a', size: 'S' }], gift: true, packed } }
  const filled = filling('$order: Order')(order) as typeof order
  expect(filled.order.packed).toBe(packed)
})
