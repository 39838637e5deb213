import { buildSchema, getVariableValues, type OperationDefinitionNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import { type Variables, variableCoercion } from '../../../kernel/graphql/variables.ts'

const schema = buildSchema('type Query { one(id: ID, many: [String!], sum: Int!): ID }')
const { variableDefinitions = [] } = parse(
  'query ($id: ID, $many: [String!], $sum: Int = 3) { one(id: $id, many: $many, sum: $sum) }',
).definitions[0] as OperationDefinitionNode
const coerce = variableCoercion(schema, variableDefinitions)

test.each<Variables>([
  {},
  { sum: 1 },
  { id: 'a', many: ['b'], sum: 1 },
  { id: undefined, sum: 1 },
  { id: null, many: undefined, sum: 1 },
  { id: 7, many: 'b', sum: 1 },
  { id: 'a', sum: undefined },
  { id: 'a', sum: 1.5 },
])('%o comes to what graphql says that it does', (given) => {
  const expected = getVariableValues(schema, variableDefinitions, given)
  expect(coerce(given)).toEqual(expected)
  expect(Object.entries(coerce(given).coerced ?? {})).toEqual(Object.entries(expected.coerced ?? {}))
})
