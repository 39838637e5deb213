import { type ExecutionResult, execute, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { ANONYMOUS, type Principal } from '../../../kernel/auth/principal.ts'
import { buildSchema, type ResolverMap } from '../../../kernel/graphql/build-schema.ts'
import { compileQuery } from '../../../kernel/graphql/compile-query.ts'
import { executor } from '../../../kernel/graphql/execute.ts'
import { fieldRules } from '../../../kernel/graphql/rights.ts'
import { silentLog } from '../../../kernel/log.ts'

const HEAD = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes"])
  directive @public on OBJECT | FIELD_DEFINITION
  directive @owned(by: String! = "memberId") on OBJECT
`

const SDL = `${HEAD}
  type Query {
    open: Int @public
    signedIn: Int @authenticated
    audit: Int @requiresScopes(scopes: [["ledger:audit"]])
    both: Int @requiresScopes(scopes: [["members:read", "pii:read"]])
    points: Int @requiresScopes(scopes: [["self"], ["members:read"]])
    account(of: ID!): Account @requiresScopes(scopes: [["self"], ["members:read"]])
    accounts: [Account!]! @requiresScopes(scopes: [["self"], ["members:read"]])
  }
  type Account @key(fields: "id") @owned @requiresScopes(scopes: [["self"], ["members:read"]]) {
    id: ID!
    balance: Int
    lots: [Lot!]
    flag: Int @requiresScopes(scopes: [["ledger:audit"]])
  }
  type Lot { points: Int }
`

const account = (memberId: string) => ({
  id: `a-${memberId}`,
  memberId,
  balance: 5,
  lots: [{ points: 5 }],
  flag: 1,
})

const RESOLVERS: ResolverMap = {
  Query: {
    open: () => 1,
    signedIn: () => 1,
    audit: () => 1,
    both: () => 1,
    points: () => 1,
    account: (_, { of }) => account(of),
    accounts: () => [account('1'), account('2')],
  },
  Account: { __resolveReference: (({ id }: { id: string }) => account(id.slice(2))) as never },
}

const run = executor(buildSchema(SDL, RESOLVERS), silentLog)
const ask = (principal: Principal, query: string, variables = {}) =>
  run({ query, variables }, { principal, requestId: 'r' } as never)
const codeOf = async (principal: Principal, query: string) =>
  (await ask(principal, query)).errors?.[0]?.extensions?.code ?? 'ok'

const member: Principal = { kind: 'member', memberId: '1' as never, channel: 'APP', sessionId: 's' }
const clerk: Principal = { kind: 'staff', staffId: 'c', role: 'clerk' }
const admin: Principal = { kind: 'staff', staffId: 'a', role: 'admin' }
const partner: Principal = { kind: 'partner', partnerId: 'p' }
const channel: Principal = { kind: 'service', name: 'wechat back end', channel: 'WECHAT' }
const sibling: Principal = { kind: 'service', name: 'ledger' }

describe('who may read a field', () => {
  test.for([
    // caller               open   signedIn           audit              both               points
    [
      'anybody',
      ANONYMOUS,
      ['ok', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ],
    ['a member', member, ['ok', 'ok', 'FORBIDDEN', 'FORBIDDEN', 'ok']],
    ['a clerk', clerk, ['ok', 'ok', 'FORBIDDEN', 'FORBIDDEN', 'ok']],
    ['an admin', admin, ['ok', 'ok', 'ok', 'ok', 'ok']],
    ['a partner', partner, ['ok', 'ok', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']],
    ['a channel', channel, ['ok', 'ok', 'FORBIDDEN', 'FORBIDDEN', 'ok']],
    ['a sibling', sibling, ['ok', 'ok', 'ok', 'ok', 'ok']],
  ] as const)('%s', async ([, principal, expected]) => {
    const fields = ['open', 'signedIn', 'audit', 'both', 'points']
    expect(await Promise.all(fields.map((field) => codeOf(principal, `{ ${field} }`)))).toEqual(expected)
  })
})

describe('what a member owns', () => {
  test('a member reads its own, and nothing of another', async () => {
    expect((await ask(member, '{ account(of: 1) { balance lots { points } } }')).data).toEqual({
      account: { balance: 5, lots: [{ points: 5 }] },
    })
    const other = await ask(member, '{ account(of: 2) { balance lots { points } } }')
    expect(other.data).toEqual({ account: { balance: null, lots: null } })
    expect(other.errors?.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN', 'FORBIDDEN'])
  })

  test('staff reads everybody', async () => {
    const { data, errors } = await ask(clerk, '{ accounts { id balance } }')
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      accounts: [
        { id: 'a-1', balance: 5 },
        { id: 'a-2', balance: 5 },
      ],
    })
  })

  test('a field may ask for more than its type', async () => {
    expect(await codeOf(member, '{ account(of: 1) { flag } }')).toBe('FORBIDDEN')
    expect(await codeOf(admin, '{ account(of: 1) { flag } }')).toBe('ok')
  })

  test('the same holds on the way through _entities, which passes no root field', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { id balance } } }'
    const entity = (id: string) => ({ r: [{ __typename: 'Account', id }] })
    expect((await ask(member, query, entity('a-1'))).data).toEqual({ _entities: [{ id: 'a-1', balance: 5 }] })
    for (const [principal, id, code] of [
      [member, 'a-2', 'FORBIDDEN'],
      [partner, 'a-1', 'FORBIDDEN'],
      [ANONYMOUS, 'a-1', 'UNAUTHENTICATED'],
    ] as const) {
      const answer = await ask(principal, query, entity(id))
      expect(answer.data).toEqual({ _entities: [null] })
      expect(answer.errors?.[0]?.extensions?.code).toBe(code)
    }
  })
})

test.for([ANONYMOUS, member, clerk, admin, partner, channel, sibling])(
  'a compiled query judges as an interpreted one, for %j',
  (principal) => {
    const schema = buildSchema(SDL, RESOLVERS)
    for (const text of [
      '{ account(of: 1) { id balance flag lots { points } } }',
      '{ account(of: 2) { balance flag lots { points } } }',
      '{ accounts { id balance } }',
      '{ accounts { flag lots { points } } points audit open }',
    ]) {
      const [document, contextValue] = [parse(text), { principal }]
      const expected = execute({ schema, document, contextValue }) as ExecutionResult
      const answer = compileQuery(schema, document)!(contextValue, {})
      expect(JSON.parse(JSON.stringify(answer))).toEqual(JSON.parse(JSON.stringify(expected)))
    }
  },
)

describe('a field that no rule covers', () => {
  const planted = (type: string) => `${HEAD} type Query { fine: Int @public } ${type}`

  test('is refused at start on a root type and on an entity', () => {
    expect(() =>
      buildSchema(`${HEAD} type Query { fine: Int @public leak: Int }`, {
        Query: { fine: () => 1, leak: () => 1 },
      }),
    ).toThrow('Query.leak has a rule')
    expect(() =>
      buildSchema(planted('type Mutation { leak: Int }'), {
        Query: { fine: () => 1 },
        Mutation: { leak: () => 1 },
      }),
    ).toThrow('Mutation.leak has a rule')
    expect(() =>
      buildSchema(planted('type Secret @key(fields: "id") { id: ID! }'), { Query: { fine: () => 1 } }),
    ).toThrow('Secret.id has a rule')
  })

  test('is seen by who walks the schema', () => {
    const rules = fieldRules(buildSchema(SDL, RESOLVERS))
    expect(rules.filter(({ rule }) => rule === undefined)).toEqual([])
    expect(rules.find(({ coordinate }) => coordinate === 'Lot.points')?.rule).toEqual({ kind: 'inherited' })
    expect(rules.find(({ coordinate }) => coordinate === 'Account.balance')).toMatchObject({
      rule: { kind: 'scopes' },
      ownedBy: 'memberId',
    })
  })
})

describe('resolvers and schema belong together', () => {
  test('a root field without a resolver, and a resolver without a field, are found at start', () => {
    const sdl = `${HEAD} type Query { a: Int @public }`
    expect(() => buildSchema(sdl, {})).toThrow('Query.a has no resolver')
    expect(() => buildSchema(sdl, { Query: { a: () => 1, b: () => 1 } })).toThrow()
  })
})
