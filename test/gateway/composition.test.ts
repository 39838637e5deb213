import { describe, expect, test } from 'vitest'
import { withoutSecurityLinks } from '../../gateway/supergraph.ts'
import { CompositionError, compose } from '../../schema/compose.ts'

const HEAD = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@inaccessible", "@authenticated", "@requiresScopes"])
directive @public on OBJECT | FIELD_DEFINITION
`
const identity = `${HEAD}
"Where questions begin."
type Query {
  "The calling member."
  me: Member @authenticated
  internal: Int @inaccessible @public
  by(key: Key!): Member @requiresScopes(scopes: [["members:read"]])
}
input Key @oneOf { phone: String card: String }
type Member @key(fields: "id") { id: ID! name: String @deprecated(reason: "2027-01-01: use profile") }
`
const ledger = `${HEAD}
type Member @key(fields: "id") @requiresScopes(scopes: [["self"]]) { id: ID! points: Int! }
`

describe('what is composed', () => {
  const { supergraph, api, contracts } = compose({ identity, ledger })

  test('does not depend on the order of the subgraphs', () => {
    expect(compose({ ledger, identity })).toEqual({ supergraph, api, contracts })
  })

  test('shows clients the graph without its machinery, described', () => {
    expect(api).toContain('"""The calling member."""')
    expect(api).toContain('input Key @oneOf')
    expect(api).toContain('@deprecated(reason: "2027-01-01: use profile")')
    expect(api).not.toMatch(/join__|@link|@inaccessible|@requiresScopes|@authenticated|@public|internal/)
  })

  test('keeps the rights for gateways that know them', () => {
    expect(supergraph).toContain('@requiresScopes(scopes: [["members:read"]])')
    expect(supergraph).toContain('@authenticated')
  })

  test('comes without them for the one that refuses them; what is internal stays so', () => {
    const plain = withoutSecurityLinks(supergraph)
    expect(plain).not.toMatch(/authenticated|requiresScopes|policy/)
    expect(plain).toMatch(/internal: Int @join__field\(graph: IDENTITY\).* @inaccessible/)
    expect(withoutSecurityLinks(plain)).toBe(plain)
  })
})

test('what does not compose says so with a code', () => {
  const clash = `${HEAD} type Query { me: Int @public } type Member @key(fields: "id") { id: ID! name: Int }`
  expect(() => compose({ identity, clash })).toThrow(CompositionError)
  expect(() => compose({ identity, clash })).toThrow(/^[A-Z_]+: /)
})
