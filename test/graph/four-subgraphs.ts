import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { SubgraphName } from '../../kernel/config.ts'
import { admin, clerk, openGraph, type TestGraph } from '../helpers/graph.ts'

const superMember = readFileSync(new URL('../../programs/super-member.yaml', import.meta.url), 'utf8')
export const ALL: readonly SubgraphName[] = ['identity', 'ledger', 'benefits', 'campaigns']

export interface Refused {
  readonly code: string
}

export type Four = Awaited<ReturnType<typeof openFour>>

/** The four subgraphs as they are, and what people do with them. */
export async function openFour() {
  const graph = await openGraph({ subgraphs: ALL, now: '2026-11-01T02:00:00Z' })
  await graph.ask(
    admin,
    'mutation ($document: String!) { publishProgram(document: $document) { refusal { code } } }',
    { document: superMember },
    'ledger',
  )
  await graph.drain()
  let keys = 0
  const mutate = async <Payload>(
    at: SubgraphName,
    as: Principal,
    name: string,
    type: string,
    input: Record<string, unknown>,
    fields: string,
  ): Promise<Payload & { refusal: Refused | null }> => {
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} refusal { code } } }`
    return (await graph.ask<Record<string, never>>(as, query, { input }, at))[name]!
  }
  const fresh = () => `key-${++keys}`

  return Object.assign(graph, {
    mutate,
    fresh,
    register: (as: Principal, channel: string, identities: Identity[]) =>
      mutate<{ member: { id: string } | null; created: boolean | null }>(
        'identity',
        as,
        'registerMember',
        'RegisterMemberInput',
        { channel, proofs: identities.map((asserted) => ({ asserted })) },
        'member { id } created',
      ),
    merge: (from: string, into: string, more: Record<string, unknown> = {}) =>
      mutate<{ case: { id: string; state: string } | null }>(
        'identity',
        admin,
        'mergeMembers',
        'MergeMembersInput',
        { fromMemberId: from, intoMemberId: into, reason: 'one person', idempotencyKey: fresh(), ...more },
        'case { id state }',
      ),
    unmerge: (caseId: string) =>
      mutate<{ case: { id: string; state: string } | null }>(
        'identity',
        admin,
        'unmergeMembers',
        'UnmergeMembersInput',
        { caseId, reason: 'two persons', idempotencyKey: fresh() },
        'case { id state }',
      ),
    buy: (member: Record<string, unknown>, amount: number, document = fresh()) =>
      mutate<{ purchase: { points: number } | null }>(
        'ledger',
        admin,
        'recordPurchase',
        'RecordPurchaseInput',
        { channel: 'store', document, member, lines: [{ amount: `${amount}.00` }] },
        'purchase { points }',
      ),
    redeem: (memberId: string, points: number) =>
      mutate(
        'ledger',
        admin,
        'redeemPoints',
        'RedeemPointsInput',
        { memberId, points, bill: '1000.00', channel: 'store', document: fresh(), idempotencyKey: fresh() },
        '__typename',
      ),
    tag: (memberId: string, name: string) =>
      mutate(
        'identity',
        admin,
        'setTags',
        'SetTagsInput',
        { memberId, tags: [{ dimension: 'INTEREST', name }] },
        '__typename',
      ),
    task: (memberId: string) =>
      mutate(
        'campaigns',
        admin,
        'completeTask',
        'CompleteTaskInput',
        { campaign: 'daily-sign-in', memberId, idempotencyKey: fresh() },
        'participation { state }',
      ),
    give: async (memberId: string, uses: number): Promise<string> => {
      const { entitlement } = await mutate<{ entitlement: { code: string } }>(
        'benefits',
        admin,
        'grantEntitlement',
        'GrantEntitlementInput',
        { memberId, benefit: 'birthday-cake', uses, reason: 'gift', idempotencyKey: fresh() },
        'entitlement { code }',
      )
      return entitlement.code
    },
    use: (code: string) =>
      mutate(
        'benefits',
        admin,
        'writeOffEntitlement',
        'WriteOffEntitlementInput',
        { code, idempotencyKey: fresh() },
        '__typename',
      ),
    async leadsTo(identity: Identity): Promise<string | undefined> {
      const { memberBy } = await graph.ask<{ memberBy: { id: string } | null }>(
        clerk(),
        'query ($identity: IdentityInput!) { memberBy(identity: $identity) { id } }',
        { identity },
        'identity',
      )
      return memberBy?.id
    },
    /** All that the four say of a member. */
    async seen(id: string) {
      const ask = async (at: SubgraphName, fields: string) => {
        const { _entities } = await graph.ask<{ _entities: [Record<string, unknown>] }>(
          admin,
          `query ($id: ID!) { _entities(representations: [{ __typename: "Member", id: $id }]) { ... on Member { ${fields} } } }`,
          { id },
          at,
        )
        return _entities[0]
      }
      return {
        ...(await ask(
          'identity',
          'id status identities { kind maskedValue } tags { name source } profile { name province }',
        )),
        ...(await ask(
          'ledger',
          'account { growth points { available held debt } tier { tier { id } validUntil } lots { edges { node { expiresOn remaining } } } }',
        )),
        ...(await ask('benefits', 'entitlements { edges { node { id state usesLeft } } }')),
        ...(await ask('campaigns', 'tasks { completedThisYear pointsEarned }')),
      }
    },
    async check(): Promise<void> {
      const { ledgerCheck } = await graph.ask<{ ledgerCheck: { violations: unknown[] } }>(
        admin,
        '{ ledgerCheck { violations { check memberId detail } } }',
        {},
        'ledger',
      )
      expect(ledgerCheck.violations).toEqual([])
    },
  } satisfies Record<string, unknown> & Partial<TestGraph>)
}

export interface Identity {
  readonly kind: string
  readonly scope?: string
  readonly value: string
}

export const phone = (value: string): Identity => ({ kind: 'PHONE', value })

/** Two members with something in every part; `nth` of a test. */
export async function twoMembers(four: Four, nth = 0) {
  const [hers, his] = [13812341234 + nth, 13900001111 + nth].map(String) as [string, string]
  const anna = (await four.register(clerk(), 'STORE', [phone(hers)])).member!.id
  const bob = (await four.register(clerk(), 'STORE', [phone(his)])).member!.id
  await four.buy({ id: anna }, 40)
  await four.buy({ id: bob }, 5_200)
  await four.drain()
  for (const id of [anna, bob]) {
    await four.task(id)
    await four.tag(id, `likes-${id === anna ? 'tea' : 'coffee'}`)
    await four.give(id, 2)
  }
  return { anna, bob }
}
