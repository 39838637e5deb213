import { expect, test } from 'vitest'
import { buildSchema } from '../../../kernel/graphql/build-schema.ts'
import { executor } from '../../../kernel/graphql/execute.ts'
import { silentLog } from '../../../kernel/log.ts'

const kept = Object.freeze({ id: 'kept', name: 'Kept', __typename: 'Shop' })
const run = executor(
  buildSchema(
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
     directive @public on OBJECT | FIELD_DEFINITION
     type Query { nothing: Int @public }
     type Shop @key(fields: "id") @public { id: ID!, name: String }
     type Stub @key(fields: "id", resolvable: false) @public { id: ID! }`,
    {
      Query: { nothing: () => null },
      Shop: {
        __resolveReference: (({ id }: { id: string }) => {
          if (id === 'late') return Promise.resolve({ id, name: 'Late' })
          if (id === 'bad') return Promise.reject(new Error('no'))
          if (id === 'kept') return kept
          return id === 'none' ? null : { id, name: `Shop ${id}` }
        }) as never,
      },
    },
  ),
  silentLog,
)
const QUERY = `query ($r: [_Any!]!) {
  _entities(representations: $r) { __typename ... on Shop { id name } ... on Stub { id } }
}`
const shop = (id: string) => ({ __typename: 'Shop', id })
const ask = (...representations: unknown[]) =>
  run({ query: QUERY, variables: { r: representations } }, { requestId: 'r' })

test('entities whose resolver does not wait are answered at once', () => {
  expect(ask(shop('1'), shop('none'), shop('kept'), { __typename: 'Stub', id: 'a' })).toEqual({
    data: {
      _entities: [
        { __typename: 'Shop', id: '1', name: 'Shop 1' },
        null,
        { __typename: 'Shop', id: 'kept', name: 'Kept' },
        { __typename: 'Stub', id: 'a' },
      ],
    },
  })
})

test('one that waits, or fails, leaves the others as they are', async () => {
  const { data, errors } = await ask(shop('1'), shop('late'), shop('bad'))
  expect(data).toEqual({
    _entities: [
      { __typename: 'Shop', id: '1', name: 'Shop 1' },
      { __typename: 'Shop', id: 'late', name: 'Late' },
      null,
    ],
  })
  expect(errors?.map(({ path }) => path)).toEqual([['_entities', 2]])
})

test('what is no entity is refused', async () => {
  const { data, errors } = await ask({ __typename: 'Nobody', id: '1' })
  expect(data).toBeNull()
  expect(errors).toHaveLength(1)
})
