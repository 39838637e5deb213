import { readFileSync } from 'node:fs'
import { derivedId } from '../../kernel/values/ids.ts'
import { admin, openGraph } from '../helpers/graph.ts'

export const superMember = readFileSync(new URL('../../programs/super-member.yaml', import.meta.url), 'utf8')

/** Any name's member id; identities resolve the same way. */
export const memberId = (name: string): string => derivedId('test member', name)

const PUBLISH = `mutation Publish($document: String!) {
  publishProgram(document: $document) { version refusal { code message } }
}`

export const RECORD = `mutation Record($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) {
    duplicate
    purchase {
      id points growth awards { rule line asset amount } skipped { rule reason }
      tierBefore { id } tierAfter { id } total { amount currency }
      account { points { available } growth }
    }
    refusal { code path message }
  }
}`

export const ACCOUNT = `query Account($member: ID!) {
  _entities(representations: [{ __typename: "Member", id: $member }]) {
    ... on Member {
      account {
        growth
        points { available lifetimeEarned expiringSoon { expiresOn points } }
        tier { tier { id name } since validUntil progress { next { id } missing by } history { from { id } to { id } reason at } }
        lots { edges { node { expiresOn earned remaining } } }
        statement { edges { node { sequence kind points balance effectiveAt document { number } } } }
      }
    }
  }
}`

/** The ledger alone, with the `super-member` programme and an `identity` that knows every member. */
export async function openLedger(options: { now?: string; program?: string } = {}) {
  const graph = await openGraph({ subgraphs: ['ledger'], now: options.now ?? '2026-01-10T04:00:00Z' })
  graph.stub('identity', ({ variables }) => {
    const { identities, ids } = variables as { identities: { value: string }[]; ids: string[] }
    return {
      data: {
        resolveMembers: identities.map(({ value }) => (value.startsWith('unknown') ? null : memberId(value))),
        knownMembers: ids,
      },
    }
  })
  await graph.ask(admin, PUBLISH, { document: options.program ?? superMember })

  return Object.assign(graph, {
    /** A purchase of one line at noon in Shanghai of a day. */
    async buy(name: string, amount: string, on: string, document = `${name} ${on}`) {
      const { recordPurchase } = await graph.ask<{ recordPurchase: Record<string, never> }>(admin, RECORD, {
        input: {
          member: { id: memberId(name) },
          channel: 'store',
          document,
          occurredAt: `${on}T04:00:00Z`,
          lines: [{ amount }],
        },
      })
      return recordPurchase as never as RecordedPurchase
    },
    async account(name: string): Promise<AccountAnswer> {
      const answer = await graph.ask<{ _entities: [{ account: AccountAnswer }] }>(admin, ACCOUNT, {
        member: memberId(name),
      })
      return answer._entities[0].account
    },
    async check() {
      const answer = await graph.ask<{ ledgerCheck: LedgerCheckAnswer }>(
        admin,
        '{ ledgerCheck { clean entries accounts violations { check memberId detail } } }',
      )
      return answer.ledgerCheck
    },
  })
}

export interface LedgerCheckAnswer {
  clean: boolean
  entries: number
  accounts: number
  violations: { check: string; memberId: string; detail: string }[]
}

export interface RecordedPurchase {
  duplicate: boolean
  purchase: {
    points: number
    growth: number
    awards: { rule: string; line: number; asset: string; amount: number }[]
    skipped: { rule: string; reason: string }[]
    tierBefore: { id: string }
    tierAfter: { id: string }
    account: { points: { available: number }; growth: number }
  } | null
  refusal: { code: string; path: string[]; message: string } | null
}

export interface AccountAnswer {
  growth: number
  points: { available: number; lifetimeEarned: number; expiringSoon: { expiresOn: string; points: number }[] }
  tier: {
    tier: { id: string; name: string }
    since: string | null
    validUntil: string | null
    progress: { next: { id: string }; missing: number; by: string | null } | null
    history: { from: { id: string }; to: { id: string }; reason: string; at: string }[]
  }
  lots: { edges: { node: { expiresOn: string; earned: number; remaining: number } }[] }
  statement: {
    edges: {
      node: {
        sequence: number
        kind: string
        points: number
        balance: number
        effectiveAt: string
        document: { number: string } | null
      }
    }[]
  }
}
