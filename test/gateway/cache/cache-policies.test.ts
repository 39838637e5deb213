import { Supergraph } from '@apollo/federation-internals'
import { type DocumentNode, type OperationDefinitionNode, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { CachePolicies } from '../../../gateway/cache/cache-policies.ts'
import { readSupergraph, withoutSecurityLinks } from '../../../gateway/supergraph.ts'
import { compose } from '../../../schema/compose.ts'

function policiesOf(supergraph: string) {
  const sdl = withoutSecurityLinks(supergraph)
  const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema()
  const policies = new CachePolicies(sdl)
  return (text: string) => {
    const document: DocumentNode = parse(text)
    return policies.of(schema, document, document.definitions[0] as OperationDefinitionNode)
  }
}

describe('hints', () => {
  const of = policiesOf(
    compose({
      shop: `extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
        @link(url: "https://specs.huitong.dev/cacheControl/v0.1", import: ["@cacheControl", "CacheControlScope"])
        @composeDirective(name: "@cacheControl")
      directive @public on OBJECT | FIELD_DEFINITION
      directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
      enum CacheControlScope { PUBLIC PRIVATE }
      type Query {
        things: [Thing!] @public
        few: [Thing!] @cacheControl(maxAge: 20) @public
        plain: [Plain!] @cacheControl(maxAge: 30) @public
        any: [Any!] @cacheControl(maxAge: 90) @public
        named: Named @cacheControl(maxAge: 90) @public
        count: Int @public
        version: Int @cacheControl(maxAge: 7) @public
        mine: Thing @cacheControl(scope: PRIVATE) @public
      }
      type Thing implements Named @cacheControl(maxAge: 60) @public {
        name: String
        plain: Plain
        inherited: Plain @cacheControl(inheritMaxAge: true)
        now: Int @cacheControl(maxAge: 0)
        price: Int @cacheControl(maxAge: 5)
        self: Thing @cacheControl(inheritMaxAge: true)
      }
      type Plain @public { name: String }
      interface Named @cacheControl(inheritMaxAge: true) { name: String }
      union Any @cacheControl(inheritMaxAge: true) = Thing | Plain`,
    }).supergraph,
  )

  test.each<[string, number | undefined, ('PUBLIC' | 'PRIVATE')?]>([
    ['{ things { name } }', 60],
    ['{ few { name } }', 20],
    ['{ few { name } things { name } }', 20],
    ['{ things { price } }', 5],
    ['{ things { now } }', undefined],
    ['{ things { plain { name } } }', undefined],
    ['{ things { inherited { name } } }', 60],
    ['{ plain { name } }', 30],
    ['{ count }', undefined],
    ['{ version }', 7],
    ['{ mine { name } }', 60, 'PRIVATE'],
    ['{ things { name } mine { name } }', 60, 'PRIVATE'],
    ['{ any { ... on Thing { price } ... on Plain { name } } }', 5],
    ['{ named { name } }', 90],
    ['{ named { ... on Thing { now } } }', undefined],
    ['{ things { ...F } } fragment F on Thing { name now }', undefined],
    ['query ($if: Boolean!) { things { name now @include(if: $if) } }', undefined],
    ['{ things { self { self { name } } } }', 60],
    ['{ __typename }', undefined],
    ['{ things { __typename } }', 60],
    ['{ version __schema { description } }', undefined],
  ])('%s: %s', (text, maxAgeSeconds, scope = 'PUBLIC') => {
    const expected = maxAgeSeconds === undefined ? undefined : { maxAgeSeconds, scope, subgraphs: ['shop'] }
    expect(of(text)).toEqual(expected)
  })
})

describe('the graph', () => {
  const of = policiesOf(readSupergraph())

  test.each([
    '{ me { account { points { available } growth tier { tier { name } } } } }',
    '{ me { entitlements { edges { node { state } } } } }',
    '{ me { tasks { available } } }',
    '{ me { profile { name } } }',
    '{ me { tags { name } } }',
    '{ campaigns { edges { node { state } } } }',
    '{ me { entitlements { edges { node { benefit { name } } } } } }',
    '{ member(id: "1") { number } }',
  ])('keeps no balance, nothing personal, and nothing that is as of now: %s', (text) => {
    expect(of(text)).toBeUndefined()
  })

  test.each([
    ['{ program { name tiers { name } } }', 'PUBLIC', ['ledger']],
    [
      '{ benefits { edges { node { name usesByTier { uses } } } pageInfo { endCursor } } }',
      'PUBLIC',
      ['benefits'],
    ],
    [
      '{ campaigns { edges { node { name task { points } multiplier { factor } } } } }',
      'PUBLIC',
      ['campaigns'],
    ],
    ['{ attributeDefinitions { id } }', 'PUBLIC', ['identity']],
    ['{ me { number status } }', 'PRIVATE', ['identity']],
  ])('keeps catalogues, and of a member its number and status: %s', (text, scope, subgraphs) => {
    expect(of(text)).toEqual({ maxAgeSeconds: 60, scope, subgraphs })
  })
})
