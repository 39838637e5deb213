import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../../kernel/config.ts'
import { openEverything } from '../../helpers/everything.ts'
import { claimsOf, member, partner } from '../../helpers/graph.ts'

/** A place in the arguments of a root field where a member's id goes. */
interface Place {
  readonly subgraph: SubgraphName
  readonly kind: 'query' | 'mutation'
  readonly field: GraphQLField<unknown, unknown>
  readonly path: readonly string[]
}

const isMemberId = (path: readonly string[], field: string): boolean => {
  const [last, before] = [path.at(-1)!, path.at(-2)]
  return /^(?:toM|m)emberIds?$/.test(last) || (last === 'id' && (before === 'member' || field === 'member'))
}

function placesIn(schema: GraphQLSchema, subgraph: SubgraphName): Place[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const
  return roots.flatMap(([kind, root]) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) => {
      const found: Place[] = []
      const walk = ({ name, type }: GraphQLArgument | GraphQLInputField, before: readonly string[]): void => {
        const path = [...before, name]
        const named = getNamedType(type)
        if (named.name === 'ID' && isMemberId(path, field.name)) found.push({ subgraph, kind, field, path })
        if (!isInputObjectType(named) || before.length > 4) return
        for (const one of Object.values(named.getFields())) walk(one, path)
      }
      for (const argument of field.args) walk(argument, [])
      return found
    }),
  )
}

const SAMPLES: Record<string, unknown> = {
  String: '13912345678',
  ID: 'sample',
  Int: 1,
  SafeInt: 1,
  Float: 1,
  Boolean: true,
  Decimal: '1.00',
  Date: '2026-01-01',
  DateTime: '2026-01-01T00:00:00Z',
  JSON: {},
}

/** A value of a type, with the least that it needs, and with what stands on the way to a place. */
function sampleOf(type: GraphQLInputType, path: readonly string[], id: string): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType, path, id)
  if (isListType(type)) return [sampleOf(type.ofType, path, id)]
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (!isInputObjectType(type)) return path.length === 0 && id !== '' ? id : SAMPLES[type.name]
  const [next, ...rest] = path
  const fields = Object.values(type.getFields())
  const wanted = type.isOneOf
    ? [
        fields.find(({ name }) => name === next) ??
          fields.find(({ name }) => name === 'asserted') ??
          fields[0]!,
      ]
    : fields.filter(({ name, type: one }) => isNonNullType(one) || name === next || name === 'idempotencyKey')
  return Object.fromEntries(
    wanted.map(({ name, type: one }) => [
      name,
      name === 'idempotencyKey'
        ? `attack-${Math.random()}`
        : sampleOf(one, name === next ? rest : [], name === next ? id : ''),
    ]),
  )
}

function requestOf({ kind, field, path }: Place, id: string) {
  const given = field.args.filter(({ name, type }) => isNonNullType(type) || name === path[0])
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ')
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ')
  const target = getNamedType(field.type)
  const fields = isObjectType(target) ? Object.keys(target.getFields()) : []
  const selection = isObjectType(target)
    ? ` { __typename${fields.includes('refusal') ? ' refusal { code }' : ''}${fields.includes('number') ? ' number' : ''} }`
    : ''
  const query = `${kind} (${declared}) { answer: ${field.name}(${passed})${selection} }`
  const variables = Object.fromEntries(
    given.map(({ name, type }) => {
      const [, ...rest] = path
      return [name, name === path[0] ? sampleOf(type, rest, id) : sampleOf(type, [], '')]
    }),
  )
  return { query, variables }
}

const nameOf = ({ field, path }: Place): string => `${field.name}(${path.join('.')})`

let everything: Awaited<ReturnType<typeof openEverything>>
let places: Place[]
let victim: string
let attackers: readonly [string, Principal, string][]
beforeAll(async () => {
  everything = await openEverything()
  const { mounted } = everything.all
  places = SUBGRAPH_NAMES.flatMap((name) => placesIn(mounted.find((one) => one.name === name)!.schema, name))
  victim = await newMember('13800000001')
  const other = await newMember('13800000002')
  attackers = [
    ['another member', member(other), await everything.token({ kind: 'member', memberId: other })],
    [
      'a partner',
      partner('starlight-cinema'),
      await everything.token({ kind: 'partner', partner: 'starlight-cinema' }),
    ],
  ]
})
afterAll(() => everything[Symbol.asyncDispose]())

async function newMember(phone: string): Promise<string> {
  const clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  const { registerMember } = await everything.ask<{ registerMember: { member: { id: string } } }>(
    clerk,
    `mutation { registerMember(input: { channel: STORE, proofs: [{ asserted: { kind: PHONE, value: "${phone}" } }],
      profile: { name: "Only Mine" } }) { member { id } } }`,
  )
  await everything.ask(
    clerk,
    `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { refusal { code } } }`,
    {
      input: {
        channel: 'store',
        document: `bill-${phone}`,
        member: { id: registerMember.member.id },
        lines: [{ category: 'coats', amount: '500.00' }],
      },
    },
    { prefer: 'wait=10' },
  )
  return registerMember.member.id
}

/** Every row of a member, in every table that has members, as one text. */
async function rowsOf(id: string): Promise<Record<string, string>> {
  const tables = await everything.sql<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.columns
     where column_name = 'member_id' and table_schema = any($1) order by 1`,
    [SUBGRAPH_NAMES],
  )
  await everything.sql('set search_path = identity, ledger, benefits, campaigns')
  const rows: Record<string, string> = {}
  for (const { name } of tables) {
    // Who looked, and tried to, is written down.
    if (/access|command/.test(name)) continue
    const [found] = await everything.sql<{ rows: string | null }>(
      `select string_agg(t::text, E'\\n' order by t::text) as rows from ${name} t where member_id::text = $1`,
      [id],
    )
    rows[name] = found!.rows ?? ''
  }
  return rows
}

interface Outcome {
  readonly data?: { answer?: { refusal?: { code: string } | null; __typename?: string } | null } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: unknown } }[]
}

const REFUSED: readonly unknown[] = ['FORBIDDEN', 'UNAUTHENTICATED']

/** Undefined: refused for want of right. */
function wrongIn({ data, errors }: Outcome): string | undefined {
  if (errors) {
    const other = errors.find(({ extensions }) => !REFUSED.includes(extensions?.code))
    return other && `${other.extensions?.code}: ${other.message}`
  }
  const code = data?.answer?.refusal?.code
  if (code !== undefined && /NOT_FOUND|FORBIDDEN|NOT_ALLOWED/.test(code)) return undefined
  return `answered ${JSON.stringify(data)}`
}

test('the walk finds the places where a member id goes', () => {
  const names = places.map(nameOf)
  expect(names.length).toBeGreaterThan(20)
  expect(names).toEqual(
    expect.arrayContaining([
      'member(id)',
      'eraseMember(input.memberId)',
      'redeemPoints(input.memberId)',
      'recordPurchases(input.purchases.member.id)',
      'transferProduct(input.toMemberId)',
    ]),
  )
})

test("another member's id gets nobody anything, in any argument, through the gateway or behind it", async () => {
  const before = await rowsOf(victim)
  expect(Object.values(before).join('')).toContain(victim)
  const wrong: string[] = []
  let asked = 0
  for (const [who, principal, token] of attackers) {
    for (const place of places) {
      const { query, variables } = requestOf(place, victim)
      const through = await everything.tryAsk<NonNullable<Outcome['data']>>(token, query, variables)
      const behind = await everything.all.mounted
        .find(({ name }) => name === place.subgraph)!
        .execute({ query, variables }, claimsOf(principal))
      for (const [road, outcome] of [
        ['gateway', through],
        ['subgraph', behind],
      ] as const) {
        asked += 1
        const text = JSON.stringify(outcome)
        // An internal field is no field to the outside, nor is one that is for others to send.
        const unknown =
          road === 'gateway' && /Cannot query field|Unknown type|is not defined by type/.test(text)
        const fault = unknown ? undefined : wrongIn(outcome as Outcome)
        if (fault) wrong.push(`${who}, ${road}, ${nameOf(place)}: ${fault}`)
        if (/Only Mine|138\*{0,4}0+1/.test(text))
          wrong.push(`${who}, ${road}, ${nameOf(place)}: shows ${text}`)
      }
    }
  }
  expect(wrong).toEqual([])
  expect(asked).toBeGreaterThan(80)
  await everything.all.settle()
  expect(await rowsOf(victim)).toEqual(before)
})
