import { Kind, type ObjectTypeDefinitionNode, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { openEverything } from '../helpers/everything.ts'
import { admin, claimsOf } from '../helpers/graph.ts'

let everything: Awaited<ReturnType<typeof openEverything>>
beforeAll(async () => {
  everything = await openEverything()
})
afterAll(() => everything?.[Symbol.asyncDispose]())

const ask = (name: SubgraphName, query: string, variables: Record<string, unknown> = {}) =>
  Promise.resolve(everything.all.peers.execute(name, { query, variables }, claimsOf(admin)))

async function sdlOf(name: SubgraphName): Promise<string> {
  const { data, errors } = await ask(name, '{ _service { sdl } }')
  expect(errors).toBeUndefined()
  return (data!._service as { sdl: string }).sdl
}

const entitiesOf = (sdl: string) =>
  parse(sdl).definitions.filter(
    (node): node is ObjectTypeDefinitionNode =>
      (node.kind === Kind.OBJECT_TYPE_DEFINITION || (node.kind as string) === Kind.OBJECT_TYPE_EXTENSION) &&
      (node as ObjectTypeDefinitionNode).directives!.some(
        ({ name, arguments: args }) =>
          name.value === 'key' &&
          !args?.some(
            ({ name, value }) =>
              name.value === 'resolvable' && (value as { value?: unknown }).value === false,
          ),
      ),
  )

// What Apollo's list of compatible subgraphs asks of each: https://www.apollographql.com/docs/graphos/reference/federation/compatible-subgraphs
describe.for(SUBGRAPH_NAMES)('the subgraph %s', (name) => {
  test('_service: tells its SDL, which is GraphQL', async () => {
    const sdl = await sdlOf(name)
    expect(() => parse(sdl)).not.toThrow()
    expect(sdl).toContain('type Query')
  })

  test('@link: imports what it uses of Federation 2', async () => {
    const sdl = await sdlOf(name)
    expect(sdl).toMatch(/@link\(\s*url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.\d+"/)
    const imported = new Set(
      [.../import: \[([^\]]*)\]/.exec(sdl)![1]!.matchAll(/"@(\w+)"/g)].map(([, one]) => one),
    )
    for (const directive of [
      'key',
      'shareable',
      'inaccessible',
      'external',
      'requires',
      'provides',
      'override',
      'tag',
    ]) {
      if (new RegExp(`@${directive}\\b(?=[ (\\n])`).test(sdl.replace(/"[^"]*"/g, ''))) {
        expect(imported, directive).toContain(directive)
      }
    }
  })

  test('@key and _entities: each entity is found by its key, and what there is none of is null', async () => {
    const entities = entitiesOf(await sdlOf(name))
    expect(entities.length).toBeGreaterThan(0)
    for (const { name: type, directives } of entities) {
      const key = directives!.find(({ name }) => name.value === 'key')!
      const fields = key.arguments!.find(({ name }) => name.value === 'fields')!
      const field = (fields.value as { value: string }).value
      expect(field, type.value).toMatch(/^\w+$/)
      const representation = { __typename: type.value, [field]: '01890a5d-ac96-774b-bcce-b302099a8057' }
      const { data } = await ask(
        name,
        `query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on ${type.value} { ${field} } } }`,
        { of: [representation, representation] },
      )
      const found = data?._entities as (null | Record<string, unknown>)[]
      expect(found, type.value).toHaveLength(2)
      for (const one of found) {
        if (one !== null) expect(one, type.value).toMatchObject({ __typename: type.value })
      }
    }
  })

  test('_entities: refuses a representation of a type that it has not', async () => {
    const { errors } = await ask(
      name,
      'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
      { of: [{ __typename: 'Nothing', id: '1' }] },
    )
    expect(errors).toHaveLength(1)
  })

  test('introspection: has the entities in _Entity', async () => {
    const entities = entitiesOf(await sdlOf(name)).map(({ name }) => name.value)
    const { data } = await ask(name, '{ __type(name: "_Entity") { kind possibleTypes { name } } }')
    const { kind, possibleTypes } = data!.__type as { kind: string; possibleTypes: { name: string }[] }
    expect(kind).toBe('UNION')
    expect(possibleTypes.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(entities.sort()))
  })
})
