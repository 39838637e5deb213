import { describe, expect, it } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { admin, clerk, manager, member, openGraph, partner, type TestGraph } from '../helpers/graph.ts'
import { knowsLinAndWang, LIN, NOBODY, published, publishProgram, superMember, WANG } from './program.ts'

const cinema = partner('cinema')

async function open() {
  const graph = await openGraph({ subgraphs: ['benefits'], now: '2026-01-15T00:00:00Z' })
  graph.stub('identity', knowsLinAndWang)
  await publishProgram(graph)
  return graph
}

interface Refusable {
  refusal: { code: string; message: string } | null
}
interface Granted extends Refusable {
  entitlement: { id: string; code: string } | null
}
interface WrittenOff extends Refusable {
  writeOff: { id: string; number: number; partner: string | null; reversedAt: string | null } | null
  entitlement: { state: string; usesLeft: number; usesTotal: number; benefit: { name: string } } | null
}

let keys = 0
const freshKey = () => `key-${++keys}`

const grant = async (
  graph: TestGraph,
  benefit: string,
  uses: number,
  input: Record<string, unknown> = {},
) => {
  const { grantEntitlement } = await graph.ask<{ grantEntitlement: Granted }>(
    admin,
    `mutation ($input: GrantEntitlementInput!) {
      grantEntitlement(input: $input) { entitlement { id code } refusal { code message } }
    }`,
    { input: { memberId: LIN, benefit, uses, reason: 'sorry', idempotencyKey: freshKey(), ...input } },
  )
  return grantEntitlement
}

const codeOf = async (graph: TestGraph, benefit: string, uses: number) =>
  (await grant(graph, benefit, uses)).entitlement!.code

const writeOff = async (
  graph: TestGraph,
  by: Principal,
  code: string,
  input: Record<string, unknown> = {},
) => {
  const { writeOffEntitlement } = await graph.ask<{ writeOffEntitlement: WrittenOff }>(
    by,
    `mutation ($input: WriteOffEntitlementInput!) {
      writeOffEntitlement(input: $input) {
        writeOff { id number partner reversedAt }
        entitlement { state usesLeft usesTotal benefit { name } }
        refusal { code message }
      }
    }`,
    { input: { code, idempotencyKey: freshKey(), ...input } },
  )
  return writeOffEntitlement
}

const reverse = async (graph: TestGraph, by: Principal, writeOffId: string, idempotencyKey = freshKey()) => {
  const { reverseWriteOff } = await graph.ask<{ reverseWriteOff: WrittenOff }>(
    by,
    `mutation ($input: ReverseWriteOffInput!) {
      reverseWriteOff(input: $input) {
        writeOff { id number partner reversedAt }
        entitlement { state usesLeft usesTotal benefit { name } }
        refusal { code message }
      }
    }`,
    { input: { writeOffId, reason: 'wrong ticket', idempotencyKey } },
  )
  return reverseWriteOff
}

const verify = async (graph: TestGraph, by: Principal, code: string, store?: string) => {
  const { verifyEntitlement } = await graph.ask<{
    verifyEntitlement: { valid: boolean; entitlement: { usesLeft: number } | null } & Refusable
  }>(
    by,
    `query ($input: VerifyInput!) {
      verifyEntitlement(input: $input) { valid entitlement { usesLeft } refusal { code message } }
    }`,
    { input: { code, store } },
  )
  return verifyEntitlement
}

describe('at the counter', () => {
  it('a ticket for two is used twice, then it is used up', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 2)
    expect(await verify(graph, cinema, code)).toEqual({
      valid: true,
      entitlement: { usesLeft: 2 },
      refusal: null,
    })
    expect(await writeOff(graph, cinema, code.toLowerCase().replaceAll('-', ' '))).toEqual({
      writeOff: { id: expect.any(String), number: 1, partner: 'cinema', reversedAt: null },
      entitlement: { state: 'ACTIVE', usesLeft: 1, usesTotal: 2, benefit: { name: 'Ticket' } },
      refusal: null,
    })
    expect(await writeOff(graph, cinema, code)).toMatchObject({
      writeOff: { number: 2 },
      entitlement: { state: 'USED_UP', usesLeft: 0 },
    })
    expect((await writeOff(graph, cinema, code)).refusal).toEqual({
      code: 'ENTITLEMENT_USED_UP',
      message: 'This entitlement is used up.',
    })
    expect(await verify(graph, cinema, code)).toMatchObject({ valid: false, entitlement: { usesLeft: 0 } })
    expect(
      (await published(graph)).filter(({ type }) => type === 'benefits.EntitlementWrittenOff'),
    ).toHaveLength(2)
  })

  it('another partner, or a clerk, learns nothing of a ticket', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 1)
    for (const by of [partner('clinic'), clerk('store-1')]) {
      expect((await writeOff(graph, by, code)).refusal?.code).toBe('ENTITLEMENT_NOT_FOUND')
      expect(await verify(graph, by, code)).toMatchObject({
        valid: false,
        entitlement: null,
        refusal: { code: 'ENTITLEMENT_NOT_FOUND' },
      })
    }
    expect((await writeOff(graph, cinema, 'XXXX-XXXX-XXXX-XXXX')).refusal?.code).toBe('ENTITLEMENT_NOT_FOUND')
    expect((await writeOff(graph, admin, code)).refusal).toBeNull()
  })

  it("a clerk's store is the store", async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'wash', 2)
    expect((await writeOff(graph, clerk('store-9'), code)).refusal?.code).toBe('STORE_NOT_ALLOWED')
    await expect(writeOff(graph, clerk('store-9'), code, { store: 'store-1' })).rejects.toThrow('own store')
    expect((await writeOff(graph, clerk('store-1'), code)).refusal).toBeNull()
    expect((await writeOff(graph, admin, code)).refusal?.code).toBe('STORE_NOT_ALLOWED')
    expect((await writeOff(graph, admin, code, { store: 'store-2' })).refusal).toBeNull()
  })

  it('a manager serves in the stores of its part, and says in which', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'wash', 2)
    const city = manager('shanghai', ['store-1', 'store-9'])
    await expect(writeOff(graph, city, code)).rejects.toThrow('say in which')
    await expect(writeOff(graph, city, code, { store: 'store-2' })).rejects.toThrow('own store')
    expect((await writeOff(graph, city, code, { store: 'store-9' })).refusal?.code).toBe('STORE_NOT_ALLOWED')
    expect((await writeOff(graph, city, code, { store: 'store-1' })).refusal).toBeNull()
  })

  it('an entitlement ends with its last day where the programme is at home', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'wash', 2)
    graph.clock.advance(Date.parse('2026-02-15T15:59:59.999Z') - graph.clock.now())
    expect((await writeOff(graph, clerk(), code)).refusal).toBeNull()
    graph.clock.advance(1)
    expect((await writeOff(graph, clerk(), code)).refusal?.code).toBe('ENTITLEMENT_EXPIRED')
  })

  it('a revoked entitlement is refused', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'cake', 1)
    await graph.sql('update benefits.entitlement set revoked_at = now()')
    expect((await writeOff(graph, clerk(), code)).refusal?.code).toBe('ENTITLEMENT_REVOKED')
  })
})

/** Opens every connection of the pool: else the first of a race is through before the second has one. */
const warmUp = (graph: TestGraph, code: string) =>
  Promise.all(Array.from({ length: 32 }, () => verify(graph, cinema, code)))

describe('under races', () => {
  it('64 write-offs of one ticket at once: one succeeds', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 1)
    await warmUp(graph, code)
    const answers = await Promise.all(Array.from({ length: 64 }, () => writeOff(graph, cinema, code)))
    expect(answers.filter(({ writeOff }) => writeOff)).toHaveLength(1)
    expect(answers.filter(({ refusal }) => refusal?.code === 'ENTITLEMENT_USED_UP')).toHaveLength(63)
    expect(await graph.sql('select from benefits.write_off')).toHaveLength(1)
  })

  it('one write-off sent ten times at once is one, with ten equal answers', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 5)
    const idempotencyKey = freshKey()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => writeOff(graph, cinema, code, { idempotencyKey })),
    )
    expect(answers[0]).toMatchObject({ writeOff: { number: 1 }, entitlement: { usesLeft: 4 } })
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(await graph.sql('select uses_left from benefits.entitlement')).toEqual([{ uses_left: 4 }])

    const other = await writeOff(graph, cinema, code, { idempotencyKey, store: 'hall-2' })
    expect(other.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  it('ten reversals of one write-off at once: one succeeds, one use comes back', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 2)
    const { id } = (await writeOff(graph, cinema, code)).writeOff!
    await writeOff(graph, cinema, code)
    await warmUp(graph, code)
    const answers = await Promise.all(Array.from({ length: 10 }, () => reverse(graph, cinema, id)))
    expect(answers.filter(({ writeOff }) => writeOff)).toHaveLength(1)
    expect(await graph.sql('select uses_left from benefits.entitlement')).toEqual([{ uses_left: 1 }])
  })
})

describe('a reversal', () => {
  it('gives the use back, and its number to the next write-off', async () => {
    await using graph = await open()
    const code = await codeOf(graph, 'ticket', 2)
    const first = (await writeOff(graph, cinema, code)).writeOff!
    await writeOff(graph, cinema, code)
    expect(await reverse(graph, cinema, first.id)).toEqual({
      writeOff: { id: first.id, number: 1, partner: 'cinema', reversedAt: '2026-01-15T00:00:00.000Z' },
      entitlement: { state: 'ACTIVE', usesLeft: 1, usesTotal: 2, benefit: { name: 'Ticket' } },
      refusal: null,
    })
    expect((await reverse(graph, cinema, first.id)).refusal?.code).toBe('WRITE_OFF_ALREADY_REVERSED')
    expect((await writeOff(graph, cinema, code)).writeOff?.number).toBe(1)
  })

  it('is for whoever could have made it, for a day', async () => {
    await using graph = await open()
    const ticket = (await writeOff(graph, cinema, await codeOf(graph, 'ticket', 1))).writeOff!
    const cake = (await writeOff(graph, clerk('store-1'), await codeOf(graph, 'cake', 1))).writeOff!
    expect((await reverse(graph, partner('clinic'), ticket.id)).refusal?.code).toBe('WRITE_OFF_NOT_FOUND')
    expect((await reverse(graph, cinema, cake.id)).refusal?.code).toBe('WRITE_OFF_NOT_FOUND')
    expect((await reverse(graph, clerk('store-2'), cake.id)).refusal?.code).toBe('WRITE_OFF_NOT_FOUND')
    expect((await reverse(graph, cinema, 'nothing')).refusal?.code).toBe('WRITE_OFF_NOT_FOUND')
    graph.clock.advance(DAY_MS - 1)
    expect((await reverse(graph, clerk('store-1'), cake.id)).refusal).toBeNull()
    graph.clock.advance(1)
    expect((await reverse(graph, cinema, ticket.id)).refusal?.code).toBe('REVERSAL_WINDOW_OVER')
  })
})

describe('a grant by hand', () => {
  it('is refused in the order of the list', async () => {
    await using graph = await open()
    await publishProgram(graph, { version: 2, benefits: superMember.benefits.slice(1) })
    const idempotencyKey = freshKey()
    const first = await grant(graph, 'ticket', 1, { idempotencyKey })
    expect(await grant(graph, 'ticket', 1, { idempotencyKey })).toEqual(first)
    const refusals = [
      await grant(graph, 'nothing', 0, { idempotencyKey }),
      await grant(graph, 'nothing', 0, { memberId: NOBODY }),
      await grant(graph, 'nothing', 0, { memberId: 'nobody' }),
      await grant(graph, 'nothing', 0),
      await grant(graph, 'super-member:nothing', 0),
      await grant(graph, 'cake', 0),
      await grant(graph, 'ticket', 0),
    ]
    expect(refusals.map(({ refusal }) => refusal?.code)).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
      'MEMBER_NOT_FOUND',
      'MEMBER_NOT_FOUND',
      'BENEFIT_NOT_FOUND',
      'BENEFIT_NOT_FOUND',
      'BENEFIT_DELISTED',
      'USES_NOT_POSITIVE',
    ])
    expect(await graph.sql('select from benefits.entitlement')).toHaveLength(1)
  })
})

describe("a member's list", () => {
  it('comes in pages, newest first, by state', async () => {
    await using graph = await open()
    for (let n = 0; n < 5; n++) {
      const code = await codeOf(graph, 'ticket', 1)
      if (n === 0) await writeOff(graph, cinema, code)
      if (n % 2 === 0) graph.clock.advance(1000)
    }
    const page = async (args: string, memberId = LIN) => {
      const { _entities } = await graph.ask<{
        _entities: {
          entitlements: {
            edges: { node: { id: string } }[]
            pageInfo: { hasNextPage: boolean; endCursor: string }
          }
        }[]
      }>(
        member(memberId),
        `query ($id: ID!) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member {
          entitlements(${args}) { edges { node { id } } pageInfo { hasNextPage endCursor } }
        } } }`,
        { id: memberId },
      )
      const { edges, pageInfo } = _entities[0]!.entitlements
      return { ids: edges.map(({ node }) => node.id), ...pageInfo }
    }
    const all = await page('first: 10')
    const one = await page('first: 2')
    const two = await page(`first: 2, after: "${one.endCursor}"`)
    const three = await page(`first: 2, after: "${two.endCursor}"`)
    expect([...one.ids, ...two.ids, ...three.ids]).toEqual(all.ids)
    expect([one, two, three].map(({ hasNextPage }) => hasNextPage)).toEqual([true, true, false])
    expect((await page('state: ACTIVE')).ids).toEqual(all.ids.slice(0, 4))
    expect((await page('state: USED_UP')).ids).toEqual(all.ids.slice(4))
    graph.clock.advance(366 * DAY_MS)
    expect((await page('state: EXPIRED')).ids).toEqual(all.ids)
    expect((await page('first: 1', WANG)).ids).toEqual([])
    await expect(page('after: "bm90aGluZw"')).rejects.toThrow('cursor')
    const afterYear9999 = Buffer.from(`999999999999999.coffee.${LIN}`).toString('base64url')
    await expect(page(`after: "${afterYear9999}"`)).rejects.toThrow('cursor')
  })
})
