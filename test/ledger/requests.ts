import type { Principal } from '../../kernel/auth/principal.ts'
import type { GraphQLAnswer } from '../../kernel/graphql/execute.ts'
import { admin } from '../helpers/graph.ts'
import { memberId, type openLedger, RECORD } from './open-ledger.ts'

/** The ledger that `openLedger` opens. */
export type OpenLedger = Awaited<ReturnType<typeof openLedger>>

const REFUSAL = 'refusal { code path message details { name value } }'

const REDEEM = `mutation Redeem($input: RedeemPointsInput!) {
  redeemPoints(input: $input) {
    entry { id sequence kind points balance effectiveAt document { channel number store operator amount { amount } } }
    offset { amount currency }
    ${REFUSAL}
  }
}`

const GRANT = `mutation Grant($input: GrantPointsInput!) {
  grantPoints(input: $input) {
    entry { sequence kind points balance effectiveAt document { channel number operator awards { rule line amount } } }
    ${REFUSAL}
  }
}`

const RECORD_MANY = `mutation RecordMany($purchases: [RecordPurchaseInput!]!) {
  recordPurchases(input: { purchases: $purchases }) {
    results { duplicate purchase { document points growth tierAfter { id } } ${REFUSAL} }
  }
}`

const PUBLISH = `mutation Publish($document: String!, $dryRun: Boolean) {
  publishProgram(document: $document, dryRun: $dryRun) {
    version duplicate program { id version } faults { line column path message } ${REFUSAL}
  }
}`

export interface RefusalAnswer {
  code: string
  path: string[]
  message: string
  details: { name: string; value: string }[]
}

export interface EntryAnswer {
  id: string
  sequence: number
  kind: string
  points: number
  balance: number
  effectiveAt: string
  document: { channel: string; number: string; store: string | null; operator: string } | null
}

export interface Redemption {
  entry: EntryAnswer | null
  offset: { amount: string; currency: string } | null
  refusal: RefusalAnswer | null
}

export interface RecordedItem {
  duplicate: boolean
  purchase: { document: string; points: number; growth: number; tierAfter: { id: string } } | null
  refusal: RefusalAnswer | null
}

export interface Publication {
  version: number | null
  duplicate: boolean
  program: { id: string; version: number } | null
  faults: { line: number; column: number; path: string; message: string }[]
  refusal: RefusalAnswer | null
}

type Fields = Record<string, unknown>

const redemptionInput = (name: string, points: number, more: Fields) => ({
  memberId: memberId(name),
  points,
  bill: '1000.00',
  channel: 'store',
  document: 'bill',
  ...more,
})

/** Burns points on a bill of 1,000 yuan, unless told otherwise. */
export async function redeem(
  ledger: OpenLedger,
  name: string,
  points: number,
  more: Fields & { idempotencyKey: string },
  as: Principal = admin,
): Promise<Redemption> {
  const input = redemptionInput(name, points, more)
  const { redeemPoints } = await ledger.ask<{ redeemPoints: Redemption }>(as, REDEEM, { input })
  return redeemPoints
}

/** The same with errors as part of the answer. */
export const tryRedeem = (
  ledger: OpenLedger,
  as: Principal,
  name: string,
  points: number,
  more: Fields & { idempotencyKey: string },
): Promise<GraphQLAnswer> => ledger.tryAsk(as, REDEEM, { input: redemptionInput(name, points, more) })

/** Gives activity points. */
export async function grant(
  ledger: OpenLedger,
  name: string,
  points: number,
  more: Fields & { idempotencyKey: string },
  as: Principal = admin,
): Promise<Omit<Redemption, 'offset'>> {
  const input = {
    memberId: memberId(name),
    points,
    source: 'ACTIVITY',
    reason: 'spring-run',
    document: 'case-1',
    ...more,
  }
  const { grantPoints } = await ledger.ask<{ grantPoints: Redemption }>(as, GRANT, { input })
  return grantPoints
}

export const tryGrant = (
  ledger: OpenLedger,
  as: Principal,
  name: string,
  more: Fields = {},
): Promise<GraphQLAnswer> =>
  ledger.tryAsk(as, GRANT, {
    input: {
      memberId: memberId(name),
      points: 1,
      source: 'OTHER',
      reason: 'r',
      document: 'd',
      idempotencyKey: 'k',
      ...more,
    },
  })

/** One purchase as `recordPurchases` takes it. */
export const purchase = (name: string, amount: string, more: Fields = {}): Fields => ({
  member: { id: memberId(name) },
  channel: 'store',
  document: `${name}-${amount}`,
  lines: [{ amount }],
  ...more,
})

export async function record(ledger: OpenLedger, purchases: readonly Fields[]): Promise<RecordedItem[]> {
  const answer = await ledger.ask<{ recordPurchases: { results: RecordedItem[] } }>(admin, RECORD_MANY, {
    purchases,
  })
  return answer.recordPurchases.results
}

export const tryRecord = (
  ledger: OpenLedger,
  as: Principal,
  purchases: readonly Fields[],
): Promise<GraphQLAnswer> => ledger.tryAsk(as, RECORD_MANY, { purchases })

/** One purchase, answered by `recordPurchase`. */
export async function recordOne(ledger: OpenLedger, input: Fields): Promise<Fields> {
  const answer = await ledger.ask<{ recordPurchase: Fields }>(admin, RECORD, { input })
  return answer.recordPurchase
}

export async function publish(ledger: OpenLedger, document: string, dryRun?: boolean): Promise<Publication> {
  const answer = await ledger.ask<{ publishProgram: Publication }>(admin, PUBLISH, { document, dryRun })
  return answer.publishProgram
}

/** Names of the checks that found something. */
export async function brokenPromises(ledger: OpenLedger): Promise<string[]> {
  const { violations } = await ledger.check()
  return [...new Set(violations.map((violation) => violation.check))].sort()
}

/** One field of a member's account, e.g. `points { available }`. */
export async function accountField<Data>(
  ledger: OpenLedger,
  name: string,
  selection: string,
  program?: string,
): Promise<Data> {
  const answer = await ledger.ask<{ _entities: [{ account: Data }] }>(
    admin,
    `query Field($member: ID!, $program: ID) {
      _entities(representations: [{ __typename: "Member", id: $member }]) {
        ... on Member { account(program: $program) { ${selection} } }
      }
    }`,
    { member: memberId(name), program },
  )
  return answer._entities[0].account
}

/** Moves the ledger's clock. */
export const setClock = (ledger: OpenLedger, at: string): void =>
  ledger.clock.advanceTo(Date.parse(at) as never)
