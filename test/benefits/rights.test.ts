import { describe, expect, it } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import {
  admin,
  anonymous,
  channelService,
  clerk,
  member,
  openGraph,
  operator,
  partner,
  service,
} from '../helpers/graph.ts'
import { changeTier, knowsLinAndWang, LIN, publishProgram, WANG } from './program.ts'

const callers: Record<string, Principal> = {
  anonymous,
  member: member(LIN),
  clerk: clerk(),
  operator,
  admin,
  partner: partner('cinema'),
  channel: channelService('APP'),
  service: service(),
}

const doors: Record<string, { document: string; input: Record<string, unknown>; allowed: string[] }> = {
  verifyEntitlement: {
    document: 'query ($input: VerifyInput!) { verifyEntitlement(input: $input) { valid } }',
    input: { code: 'X' },
    allowed: ['clerk', 'admin', 'partner', 'service'],
  },
  writeOffEntitlement: {
    document:
      'mutation ($input: WriteOffEntitlementInput!) { writeOffEntitlement(input: $input) { refusal { code } } }',
    input: { code: 'X', idempotencyKey: 'k' },
    allowed: ['clerk', 'admin', 'partner', 'service'],
  },
  reverseWriteOff: {
    document:
      'mutation ($input: ReverseWriteOffInput!) { reverseWriteOff(input: $input) { refusal { code } } }',
    input: { writeOffId: 'X', reason: 'r', idempotencyKey: 'l' },
    allowed: ['clerk', 'admin', 'partner', 'service'],
  },
  grantEntitlement: {
    document:
      'mutation ($input: GrantEntitlementInput!) { grantEntitlement(input: $input) { refusal { code } } }',
    input: { memberId: LIN, benefit: 'X', uses: 1, reason: 'r', idempotencyKey: 'm' },
    allowed: ['operator', 'admin', 'service'],
  },
}

describe.each(Object.entries(doors))('%s', (_, { document, input, allowed }) => {
  it(`is for ${allowed.join(', ')}`, async () => {
    await using graph = await openGraph({ subgraphs: ['benefits'] })
    graph.stub('identity', knowsLinAndWang)
    const entered: string[] = []
    for (const [name, principal] of Object.entries(callers)) {
      const { errors } = await graph.tryAsk(principal, document, { input })
      if (!errors) entered.push(name)
      else expect(errors[0]!.extensions?.code).toBe(name === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN')
    }
    expect(entered.sort()).toEqual([...allowed].sort())
  })
})

it('entitlements are for the member itself and who may read members; codes for who verifies them', async () => {
  await using graph = await openGraph({ subgraphs: ['benefits'] })
  await publishProgram(graph)
  changeTier(graph, LIN, { sequence: 1 })
  await graph.drain()
  const document = `query ($representation: _Any!) {
    _entities(representations: [$representation]) {
      ... on Member { entitlements(first: 1) { edges { node { id } } } }
      ... on Entitlement { code }
    }
  }`
  const ofMember = { representation: { __typename: 'Member', id: LIN } }
  const { _entities } = await graph.ask<{
    _entities: [{ entitlements: { edges: [{ node: { id: string } }] } }]
  }>(admin, document, ofMember)
  const { id } = _entities[0].entitlements.edges[0].node
  const ofEntitlement = { representation: { __typename: 'Entitlement', id } }

  const readers = ['member', 'clerk', 'operator', 'admin', 'channel', 'service']
  const codeReaders = ['member', 'clerk', 'admin', 'service']
  for (const [variables, expected] of [
    [ofMember, readers],
    [ofEntitlement, codeReaders],
  ] as const) {
    const entered: string[] = []
    for (const [name, principal] of Object.entries({ ...callers, stranger: member(WANG) })) {
      const { data } = await graph.tryAsk(principal, document, variables)
      const found = data?._entities as Record<string, unknown>[] | undefined
      if (found?.[0]?.code ?? found?.[0]?.entitlements) entered.push(name)
    }
    expect(entered).toEqual(expected)
  }
})
