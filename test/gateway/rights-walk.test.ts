import { readFileSync } from 'node:fs'
import { type GraphQLObjectType, getNamedType, isLeafType, isObjectType, isRequiredArgument } from 'graphql'
import { expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { CALLERS, rightsCsv, type Verdict, walkRights } from '../../schema/rights.ts'
import {
  admin,
  anonymous,
  channelService,
  clerk,
  manager,
  member,
  operator,
  partner,
  service,
} from '../helpers/graph.ts'
import { type IdentityStory, openIdentity } from '../identity/story.ts'

const SUBGRAPHS = ['identity', 'ledger', 'benefits', 'campaigns']
const rows = SUBGRAPHS.flatMap((name) =>
  walkRights(name, readFileSync(`subgraphs/${name}/schema.graphql`, 'utf8')),
)
const verdictOf = (subgraph: string, coordinate: string, caller: string): Verdict | undefined =>
  rows.find((row) => row.subgraph === subgraph && row.coordinate === coordinate)?.verdicts[caller]

test('the committed list has every field of every subgraph with a verdict for every kind of caller', () => {
  const committed = readFileSync('schema/rights.csv', 'utf8')
  const [head, ...lines] = committed.trimEnd().split('\n')
  expect(head).toBe(`subgraph,field,notes,${CALLERS.join(',')}`)
  expect(lines.toSorted()).toEqual(rightsCsv(rows).trimEnd().split('\n').slice(1).toSorted())
  for (const line of lines) {
    for (const verdict of line.split(',').slice(3)) {
      expect(['yes', 'own', 'part', 'clear', 'masked', '-'], line).toContain(verdict)
    }
  }
})

test('nobody but the member, administrators and parts of Huitong sees a person in clear', () => {
  const personal = rows.filter(({ notes }) => notes.includes('personal'))
  expect(personal.length).toBeGreaterThan(6)
  for (const { verdicts } of personal) {
    const clear = CALLERS.filter((caller) => verdicts[caller] === 'clear')
    expect(clear).toEqual(['member', 'admin', 'internal'])
    expect([verdicts.anonymous, verdicts.partner]).toEqual(['-', '-'])
  }
})

test('a strange visitor changes nothing but what has a proof of its own, and partners read no member', () => {
  const open = rows.filter(
    ({ coordinate, verdicts }) => coordinate.startsWith('Mutation.') && verdicts.anonymous === 'yes',
  )
  expect(open.map(({ coordinate }) => coordinate)).toEqual([
    'Mutation.refreshSession',
    'Mutation.refreshStaffSession',
    'Mutation.registerMember',
    'Mutation.requestCode',
    'Mutation.signIn',
    'Mutation.signInStaff',
    'Mutation.signInStaffByOpenId',
  ])
  const seenByPartners = rows.filter(
    ({ subgraph, coordinate, verdicts }) =>
      subgraph === 'identity' && coordinate.startsWith('Member.') && verdicts.partner !== '-',
  )
  expect(seenByPartners.map(({ coordinate }) => coordinate)).toEqual([
    'Member.id',
    'Member.number',
    'Member.status',
  ])
})

/** A manager of another part of the organisation than Anna's. */
const elsewhere = manager('store-2')

const PERSON = {
  name: 'Zhang Xiaoming',
  birthday: '1949-12-31',
  identityNumber: '11010519491231002X',
  incomeBand: 'band-seven',
}
const PHONE = '13812341234'
const SECRET_VALUES = [...Object.values(PERSON), '3812341234', 'LSVAA49J132047371', 'only my own']

async function seed(identity: IdentityStory): Promise<string> {
  identity.emit('ledger', {
    type: 'ledger.ProgramPublished',
    payload: {
      program: 'club',
      version: 1,
      name: { en: 'Club', 'zh-CN': '会' },
      timeZone: 'Asia/Shanghai',
      tiers: [],
      benefits: [],
      campaigns: [],
      attributes: [
        {
          id: 'motto',
          name: { en: 'Motto', 'zh-CN': '格言' },
          type: 'string',
          personal: true,
          setBy: ['MEMBER'],
        },
      ],
    },
  })
  await identity.drain()
  const anna = await identity.registered(PHONE, PERSON)
  const written = (name: string, type: string, input: Record<string, unknown>) =>
    identity.mutate<{ refusal: unknown }>(member(anna), name, type, input, '__typename')
  const answers = [
    await written('setAttributes', 'SetAttributesInput', {
      attributes: [{ id: 'motto', value: 'only my own' }],
    }),
    await written('registerProduct', 'RegisterProductInput', { product: { vin: 'LSVAA49J132047371' } }),
    await written('giveConsent', 'ConsentInput', { purpose: 'MARKETING', policyVersion: '1' }),
    await written('createHousehold', 'CreateHouseholdInput', { name: 'Zhang' }),
    await written('submitApplication', 'SubmitApplicationInput', { kind: 'MEMBERSHIP', reason: 'Please' }),
    await identity.mutate<{ refusal: unknown }>(
      admin,
      'setCompanyExecutor',
      'SetCompanyExecutorInput',
      { code: '91350100M000100Y43', name: 'Tea', memberId: anna },
      '__typename',
    ),
  ]
  expect(answers.map(({ refusal }) => refusal)).toEqual(answers.map(() => null))
  await identity.sql(
    `insert into identity.staff (id, name, role, node, created_at) values ('guide-1', 'Guide', 'clerk', 'store-1', now())`,
  )
  await identity.sql(
    `insert into identity.guide_binding (member_id, id, guide, bound_because, bound_by, bound_at)
     values ($1, gen_random_uuid(), 'guide-1', 'SCANNED', 'test', now())`,
    [anna],
  )
  return anna
}

/** Every field below a type that needs no argument, a selection for each leaf. */
function pathsBelow(type: GraphQLObjectType, seen: readonly string[] = []): string[][] {
  if (seen.includes(type.name)) return []
  return Object.values(type.getFields())
    .filter(({ name, args }) => !name.startsWith('_') && !args.some(isRequiredArgument))
    .flatMap(({ name, type: target }) => {
      const named = getNamedType(target)
      if (isLeafType(named)) return [[name]]
      return isObjectType(named) ? pathsBelow(named, [...seen, type.name]).map((path) => [name, ...path]) : []
    })
}

const selection = (path: readonly string[]): string =>
  path.length === 1 ? path[0]! : `${path[0]} { ${selection(path.slice(1))} }`

const ownersOf = (type: GraphQLObjectType, path: readonly string[]): string[] => {
  const [name, ...rest] = path
  const target = getNamedType(type.getFields()[name!]!.type)
  return [`${type.name}.${name}`, ...(rest.length > 0 ? ownersOf(target as GraphQLObjectType, rest) : [])]
}

test('each caller is answered as the list says, field by field, and personal values come only where it says clear', async () => {
  await using identity = await openIdentity()
  const anna = await seed(identity)
  const bob = await identity.registered('13900001111')
  for (const [id, kind, parent] of [
    ['north', 'CITY', null],
    ['store-1', 'STORE', 'north'],
    ['store-2', 'STORE', null],
  ]) {
    await identity.mutate(admin, 'saveNode', 'SaveNodeInput', { id, kind, name: id, parent }, 'node { id }')
  }
  await identity.sql(`update identity.member set joined_store = 'store-1' where member_id = $1`, [anna])
  const callers: readonly [string, Principal, mine: boolean][] = [
    ['anonymous', anonymous, false],
    ['member', member(anna), true],
    ['member', member(bob), false],
    ['clerk', clerk(), false],
    ['manager', manager('store-1'), false],
    ['manager', manager('north', ['store-1']), false],
    ['manager', elsewhere, false],
    ['operator', operator, false],
    ['admin', admin, false],
    ['partner', partner('cinema'), false],
    ['channel', channelService('APP'), false],
    ['internal', service('campaigns'), false],
  ]
  const schema = identity.mounted.get('identity')!.schema
  const type = schema.getType('Member') as GraphQLObjectType
  const paths = pathsBelow(type)
  expect(paths.length).toBeGreaterThan(40)

  const wrong: string[] = []
  for (const [caller, principal, mine] of callers) {
    for (const path of paths) {
      const { data, errors } = await identity.tryAsk(
        principal,
        `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Member { ${selection(path)} } } }`,
        { refs: [{ __typename: 'Member', id: anna }] },
      )
      const verdicts = ownersOf(type, path).map((coordinate) => verdictOf('identity', coordinate, caller)!)
      const stranger = (caller === 'member' && !mine) || principal === elsewhere
      const refused = stranger || verdicts.includes('-')
      const where = `${caller}${stranger ? ' (another)' : ''} ${path.join('.')}`
      if (refused && !errors) {
        // An empty list has nothing to refuse below it.
        const below = JSON.stringify((data as { _entities: unknown[] })._entities[0])
        if (!below.includes('[]') && !(principal === elsewhere && below === 'null'))
          wrong.push(`${where}: answered ${below}`)
      }
      if (!refused && errors) wrong.push(`${where}: ${errors[0]!.message}`)
      const text = JSON.stringify({ data, errors })
      const leak = SECRET_VALUES.find((value) => text.includes(value))
      if (leak !== undefined && !(mine || verdicts.at(-1) === 'clear')) wrong.push(`${where}: shows ${leak}`)
    }
  }
  expect(wrong).toEqual([])
})
