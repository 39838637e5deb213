import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, anonymous, clerk, manager, member, operator } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

/** East with Shanghai and its two stores; west with one. */
const TREE = [
  ['east', 'REGION', null],
  ['shanghai', 'CITY', 'east'],
  ['s-1', 'STORE', 'shanghai'],
  ['s-2', 'STORE', 'shanghai'],
  ['west', 'REGION', null],
  ['s-3', 'STORE', 'west'],
] as const

const saveNode = (identity: IdentityStory, input: Record<string, unknown>, as: Principal = admin) =>
  identity.mutate<{ node: { id: string; path: string; closed: boolean } | null; refusal: Refused | null }>(
    as,
    'saveNode',
    'SaveNodeInput',
    { name: String(input.id), ...input },
    'node { id path closed }',
  )
const closeNode = (identity: IdentityStory, id: string) =>
  identity.mutate<{ refusal: Refused | null }>(
    admin,
    'closeNode',
    'CloseNodeInput',
    { id },
    'node { closed }',
  )

async function openOrganisation() {
  const identity = await openIdentity()
  for (const [id, kind, parent] of TREE) await saveNode(identity, { id, kind, parent })
  return identity
}

const paths = async (identity: IdentityStory, as: Principal, within?: string) =>
  (
    await identity.ask<{ organisation: { path: string }[] }>(
      as,
      'query ($within: ID) { organisation(within: $within) { path } }',
      { within },
    )
  ).organisation.map(({ path }) => path)

describe('the tree', () => {
  let identity: IdentityStory
  beforeAll(async () => {
    identity = await openOrganisation()
  })
  afterAll(() => identity[Symbol.asyncDispose]())

  test('head office sees all of it, a manager its part', async () => {
    expect(await paths(identity, operator)).toHaveLength(6)
    expect(await paths(identity, manager('shanghai', ['s-1', 's-2']))).toEqual([
      '/east/shanghai/',
      '/east/shanghai/s-1/',
      '/east/shanghai/s-2/',
    ])
    expect(await paths(identity, manager('s-1'), 'west')).toEqual([])
    expect(await paths(identity, manager('s-1'), 'east')).toEqual([])
  })

  test('only administrators change it', async () => {
    await expect(saveNode(identity, { id: 'x', kind: 'CITY' }, operator)).rejects.toThrow('no right')
    await expect(saveNode(identity, { id: 'x', kind: 'CITY' }, manager('east', []))).rejects.toThrow(
      'no right',
    )
  })

  test('a city moves with its stores, and the event says where they are', async () => {
    await saveNode(identity, { id: 'shanghai', kind: 'CITY', parent: 'west' })
    expect(await paths(identity, admin, 'west')).toEqual([
      '/west/',
      '/west/s-3/',
      '/west/shanghai/',
      '/west/shanghai/s-1/',
      '/west/shanghai/s-2/',
    ])
    const last = (await identity.events())
      .filter(({ type }) => type === 'identity.OrganisationChanged')
      .at(-1)
    expect((last!.payload as { nodes: { id: string }[] }).nodes.map(({ id }) => id)).toEqual([
      'shanghai',
      's-1',
      's-2',
    ])
    await saveNode(identity, { id: 'shanghai', kind: 'CITY', parent: 'east' })
  })

  test('a node in use is not given up; an empty one is, and may open again', async () => {
    expect((await closeNode(identity, 'shanghai')).refusal?.code).toBe('NODE_IN_USE')
    await saveNode(identity, { id: 's-9', kind: 'STORE', parent: 'west' })
    expect((await closeNode(identity, 's-9')).refusal).toBeNull()
    expect((await saveNode(identity, { id: 's-9', kind: 'STORE', parent: 'west' })).node?.closed).toBe(false)
    await closeNode(identity, 's-9')
  })

  test('twenty changes at once leave every path true', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, turn) =>
        saveNode(identity, { id: 'shanghai', kind: 'CITY', parent: turn % 2 === 0 ? 'west' : 'east' }),
      ),
    )
    const rows = await identity.sql<{ id: string; parent: string | null; path: string }>(
      'select id, parent, path from identity.organisation_node',
    )
    const pathOf = new Map(rows.map(({ id, path }) => [id, path]))
    for (const { id, parent, path } of rows)
      expect(path).toBe(`${parent === null ? '/' : pathOf.get(parent)}${id}/`)
    await saveNode(identity, { id: 'shanghai', kind: 'CITY', parent: 'east' })
  })
})

describe('members of a part of the tree', () => {
  let identity: IdentityStory
  let inFirst: string
  let inThird: string
  let nowhere: string
  beforeAll(async () => {
    identity = await openOrganisation()
    const join = async (store: string, phone: string) => {
      const { member, refusal } = await identity.register(manager(store), [asserted('PHONE', phone)], 'STORE')
      if (!member) throw new Error(refusal?.code)
      return member.id
    }
    inFirst = await join('s-1', '13800000001')
    inThird = await join('s-3', '13800000003')
    nowhere = await identity.registered('13800000009')
  })
  afterAll(() => identity[Symbol.asyncDispose]())

  const sees = async (as: Principal, id: string) =>
    (await identity.ask<{ member: unknown }>(as, 'query ($id: ID!) { member(id: $id) { id } }', { id }))
      .member !== null
  const finds = async (as: Principal, value: string) =>
    (
      await identity.ask<{ memberBy: unknown }>(
        as,
        'query ($value: String!) { memberBy(identity: { kind: PHONE, value: $value }) { id } }',
        { value },
      )
    ).memberBy !== null

  const callers: [string, Principal, seen: boolean[]][] = [
    ['head office', operator, [true, true, true]],
    ['the store of one', manager('s-1'), [true, false, false]],
    ['its neighbour', manager('s-2'), [false, false, false]],
    ['the city', manager('shanghai', ['s-1', 's-2']), [true, false, false]],
    ['the region', manager('east', ['s-1', 's-2']), [true, false, false]],
    ['the other region', manager('west', ['s-3']), [false, true, false]],
    ['a node that is none', manager('nowhere', []), [false, false, false]],
  ]
  test.for(callers)('%s sees and finds its own', async ([, as, expected]) => {
    const phones = ['13800000001', '13800000003', '13800000009']
    const ids = [inFirst, inThird, nowhere]
    expect(await Promise.all(ids.map((id) => sees(as, id)))).toEqual(expected)
    expect(await Promise.all(phones.map((phone) => finds(as, phone)))).toEqual(expected)
  })

  test.for(callers)('%s writes to its own', async ([, as, expected]) => {
    for (const [index, memberId] of [inFirst, inThird, nowhere].entries()) {
      const answers = await Promise.all([
        identity.mutate<{ refusal: Refused | null }>(
          as,
          'setTags',
          'SetTagsInput',
          { memberId, tags: [{ dimension: 'INTEREST', name: 'coffee' }] },
          'member { id }',
        ),
        as === operator
          ? { refusal: null }
          : identity.mutate<{ refusal: Refused | null }>(
              as,
              'giveConsent',
              'ConsentInput',
              { memberId, purpose: 'MARKETING', policyVersion: '1' },
              'member { id }',
            ),
      ])
      const written = expected[index] || as === operator
      for (const { refusal } of answers) {
        expect(refusal?.code ?? null).toBe(written ? null : 'MEMBER_NOT_FOUND')
      }
    }
  })

  test('who registers somebody that is known elsewhere learns nothing of the person', async () => {
    const answer = await identity.register(manager('s-2'), [asserted('PHONE', '13800000001')], 'STORE')
    expect(answer).toMatchObject({ member: null, created: false, refusal: null })
  })

  test('a manager registers in a store of its own, and says in which', async () => {
    const two = manager('shanghai', ['s-1', 's-2'])
    const proofs = [asserted('PHONE', '13800000042')]
    await expect(identity.register(two, proofs, 'STORE')).rejects.toThrow('say in which')
    await expect(identity.register(two, proofs, 'STORE', { store: 's-3' })).rejects.toThrow('own store')
    const { member: joined } = await identity.register(two, proofs, 'STORE', { store: 's-2' })
    expect(await sees(manager('s-2'), joined!.id)).toBe(true)
    expect(await sees(manager('s-1'), joined!.id)).toBe(false)
  })

  test('a clerk of the sandbox whose store is in the tree is bounded by it', async () => {
    const issued = await identity.ask<{ sandboxToken: { accessToken: string } }>(
      { kind: 'service', name: 'gateway' },
      'mutation { sandboxToken(input: { kind: CLERK, store: "s-1" }) { accessToken } }',
    )
    const claims = JSON.parse(
      Buffer.from(issued.sandboxToken.accessToken.split('.')[1]!, 'base64url').toString(),
    ) as { principal: Principal }
    expect(claims.principal).toMatchObject({ role: 'clerk', store: 's-1', node: 's-1', stores: ['s-1'] })
    expect(await sees(claims.principal, inFirst)).toBe(true)
    expect(await sees(claims.principal, inThird)).toBe(false)
    expect(await sees(clerk('store-1'), inThird)).toBe(true)
  })

  test('a member sees itself, and strangers nobody', async () => {
    expect(await sees(admin, inFirst)).toBe(true)
    const { data } = await identity.tryAsk(member(inFirst), '{ me { id } }')
    expect(data).toEqual({ me: { id: inFirst } })
    const { errors } = await identity.tryAsk(anonymous, '{ organisation { id } }')
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })
})
