import { readFileSync } from 'node:fs'
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  Kind,
  parse,
  printSchema,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose } from '../../schema/compose.ts'
import { AUDIENCES, type Audience, contractOf, outsideOf } from '../../schema/contract.ts'
import { walkRights } from '../../schema/rights.ts'
import { openEverything } from '../helpers/everything.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const contracts = {
  member: buildSchema(read('schema/contracts/member.graphql')),
  partner: buildSchema(read('schema/contracts/partner.graphql')),
  staff: buildSchema(read('schema/api.graphql')),
}

const fieldsOf = (audience: keyof typeof contracts): string[] =>
  Object.values(contracts[audience].getTypeMap()).flatMap((type) =>
    'getFields' in type && !type.name.startsWith('__')
      ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
      : [],
  )

const CALLERS = {
  member: ['anonymous', 'member'],
  partner: ['anonymous', 'partner'],
} as const

describe('the contracts', () => {
  const rows = ['identity', 'ledger', 'benefits', 'campaigns'].flatMap((name) =>
    walkRights(name, read(`subgraphs/${name}/schema.graphql`)),
  )

  test.each(['member', 'partner'] as const)(
    'that of a %s has no field that no such caller may read',
    (audience) => {
      const may = new Set(
        rows
          .filter(({ verdicts }) => CALLERS[audience].some((caller) => verdicts[caller] !== '-'))
          .map(({ coordinate }) => coordinate),
      )
      const objects = fieldsOf(audience).filter((coordinate) =>
        rows.some((row) => row.coordinate === coordinate),
      )
      expect(objects.length).toBeGreaterThan(100)
      expect(objects.filter((coordinate) => !may.has(coordinate))).toEqual([])
    },
  )

  test('fields of inputs that a caller may not send stand in no contract of it, and nobody must send them', () => {
    const supergraph = read('schema/supergraph.graphql')
    const staff = parse(read('schema/api.graphql')).definitions.flatMap((one) =>
      one.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION
        ? (one.fields ?? []).map((field) => ({ coordinate: `${one.name.value}.${field.name.value}`, field }))
        : [],
    )
    const cut = (audience: Audience) => {
      const outside = outsideOf(supergraph, audience)
      return staff.filter(({ coordinate }) => outside.has(coordinate))
    }
    expect(cut('member').map(({ coordinate }) => coordinate)).toEqual([
      'CompleteTaskInput.memberId',
      'CompleteTaskInput.occurredAt',
      'RegisterMemberInput.entry',
    ])
    for (const audience of ['member', 'partner'] as const) {
      for (const { coordinate, field } of cut(audience)) {
        expect(fieldsOf(audience)).not.toContain(coordinate)
        expect(field.type.kind === Kind.NON_NULL_TYPE && field.defaultValue === undefined).toBe(false)
      }
    }
  })

  test.each(['member', 'partner'] as const)(
    'that of a %s has every root field that such a caller may ask',
    (audience) => {
      const may = rows.filter(
        ({ coordinate, notes, verdicts }) =>
          /^(Query|Mutation)\./.test(coordinate) &&
          !notes.includes('internal') &&
          CALLERS[audience].some((caller) => verdicts[caller] !== '-'),
      )
      const has = new Set(fieldsOf(audience))
      expect(may.map(({ coordinate }) => coordinate).filter((coordinate) => !has.has(coordinate))).toEqual([])
    },
  )

  test('a partner cannot even name a staff field, a member none of either, and nobody an internal one', () => {
    const [member, partner, staff] = AUDIENCES.map(fieldsOf)
    expect(partner).not.toContain('Query.member')
    expect(partner).not.toContain('Query.ledgerCheck')
    expect(partner).not.toContain('Member.account')
    expect(partner).not.toContain('Subscription.memberChanged')
    expect(partner).toContain('Query.verifyEntitlement')
    expect(member).not.toContain('Query.memberBy')
    expect(member).not.toContain('Mutation.writeOffEntitlement')
    expect(member).toContain('Query.me')
    for (const all of [member, partner, staff]) expect(all).not.toContain('Query.tokenKeys')
  })

  test('nothing stands in one that nothing leads to', () => {
    for (const audience of ['member', 'partner'] as const) {
      const printed = parse(printSchema(contracts[audience]))
      expect(contractOf(printed, new Set()).definitions.length).toBe(printed.definitions.length)
    }
  })
})

test('production says nothing of what stands outside of a contract', async () => {
  await using gateway = await openFakeGateway({ mode: 'production' })
  const token = await gateway.tokenOf({ kind: 'partner', partnerId: 'cinema' })
  const refusals = await Promise.all(
    ['{ audit }', '{ nosuch }'].map(async (query) => {
      const { status, body } = await gateway.ask(query, {}, { authorization: `Bearer ${token}` })
      return { status, ...body.errors[0], extensions: body.errors[0].extensions.code }
    }),
  )
  expect(refusals[0].message.replace('audit', 'nosuch')).toBe(refusals[1].message)
  expect(refusals[0]).toMatchObject({ status: 400, extensions: 'BAD_USER_INPUT' })
  expect(refusals[1]).toMatchObject({ status: 400, extensions: 'BAD_USER_INPUT' })
})

test('a tag follows the right: what is opened to partners enters their contract', () => {
  const sdl = (scopes: string) => `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
    directive @public on OBJECT | FIELD_DEFINITION
    type Query { open: Int @public books(of: Shelf): Books @requiresScopes(scopes: [[${scopes}]]) }
    input Shelf { row: Int }
    type Books { total: Int }`
  const before = compose({ ledger: sdl('"ledger:audit"') })
  const after = compose({ ledger: sdl('"entitlements:verify"') })
  expect(before.contracts.partner).not.toMatch(/books|Books|Shelf/)
  expect(after.contracts.partner).toMatch(/books\(of: Shelf\): Books/)
  expect(outsideOf(before.supergraph, 'partner')).toContain('Query.books')
})

describe('through the gateway', () => {
  let everything: Awaited<ReturnType<typeof openEverything>>
  beforeAll(async () => {
    everything = await openEverything()
  })
  afterAll(() => everything[Symbol.asyncDispose]())

  const introspected = async (token: string | undefined): Promise<string[]> => {
    const { __type } = await everything.ask<{ __type: { fields: { name: string }[] } }>(
      token,
      '{ __type(name: "Query") { fields { name } } }',
    )
    return __type.fields.map(({ name }) => name).sort()
  }

  test('each caller is shown its contract, and who has no token the whole graph: in the sandbox only', async () => {
    const rootsOf = (audience: keyof typeof contracts) =>
      Object.keys(contracts[audience].getQueryType()!.getFields()).sort()
    expect(await introspected(undefined)).toEqual(rootsOf('staff'))
    expect(await introspected(await everything.token({ kind: 'admin' }))).toEqual(rootsOf('staff'))
    expect(await introspected(await everything.token({ kind: 'member' }))).toEqual(rootsOf('member'))
    expect(
      await introspected(await everything.token({ kind: 'partner', partner: 'starlight-cinema' })),
    ).toEqual(rootsOf('partner'))
  })

  test("GraphiQL's own question about the schema is answered, whole", async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true })
    for (const token of [undefined, await everything.token({ kind: 'member' })]) {
      const data = await everything.ask<IntrospectionQuery>(token, query)
      expect(Object.keys(buildClientSchema(data).getTypeMap()).length).toBeGreaterThan(80)
    }
  })

  test('the same document is another for another caller, though it is known already', async () => {
    const admin = await everything.token({ kind: 'admin' })
    const partner = await everything.token({ kind: 'partner', partner: 'starlight-cinema' })
    const query = '{ ledgerCheck { entries } }'
    expect(await everything.tryAsk(admin, query)).not.toHaveProperty('errors')
    expect(await everything.tryAsk(admin, query)).not.toHaveProperty('errors')
    const { data, errors } = await everything.tryAsk(partner, query)
    expect(data).toBeUndefined()
    expect(errors?.[0]).toMatchObject({
      message: 'Query.ledgerCheck is not in the contract of this kind of caller (partner); it is for others.',
      extensions: { code: 'FORBIDDEN' },
    })
  })
})
