import { getOperationAST, Kind, parse } from 'graphql'
import { expect, test } from 'vitest'
import { fieldFinder } from '../../../kernel/graphql/asked-fields.ts'

const asks = fieldFinder(['tags', 'profile'])

test.each([
  ['{ member { id } }', false],
  ['{ member { tags { name } } }', true],
  ['{ members { edges { node { ... on Member { profile { name } } } } } }', true],
  ['{ member { shown: tags { name } } }', true],
  ['{ member { tags: id } }', false],
  ['{ member { ...Shown } } fragment Shown on Member { id profile { name } }', true],
  ['{ member { ...Shown } } fragment Shown on Member { id }', false],
])('%s: %s', (text, expected) => {
  const document = parse(text)
  const fragments = Object.fromEntries(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [],
    ),
  )
  expect(asks({ operation: getOperationAST(document)!, fragments })).toBe(expected)
})
