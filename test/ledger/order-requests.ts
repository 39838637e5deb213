import type { Principal } from '../../kernel/auth/principal.ts'
import { admin } from '../helpers/graph.ts'
import { memberId } from './open-ledger.ts'
import { accountField, type OpenLedger, type RefusalAnswer } from './requests.ts'

type Fields = Record<string, unknown>

const REFUSAL = 'refusal { code path details { name value } }'

const HOLD = `hold { id points captured released held state lapsesAt document { number } }
  account { points { available held } } ${REFUSAL}`

export interface HoldAnswer {
  hold: { id: string; points: number; captured: number; released: number; held: number; state: string } | null
  account: { points: { available: number; held: number } } | null
  refusal: RefusalAnswer | null
}

/** Sets points aside for an order. */
export async function hold(
  ledger: OpenLedger,
  name: string,
  points: number,
  more: Fields & { idempotencyKey: string },
  as: Principal = admin,
): Promise<HoldAnswer> {
  const answer = await ledger.ask<{ holdPoints: HoldAnswer }>(
    as,
    `mutation Hold($input: HoldPointsInput!) { holdPoints(input: $input) { ${HOLD} } }`,
    { input: { memberId: memberId(name), points, channel: 'app', document: 'order', ...more } },
  )
  return answer.holdPoints
}

export async function capture(
  ledger: OpenLedger,
  id: string,
  more: Fields & { idempotencyKey: string },
  as: Principal = admin,
): Promise<HoldAnswer> {
  const answer = await ledger.ask<{ captureHold: HoldAnswer }>(
    as,
    `mutation Capture($input: CaptureHoldInput!) { captureHold(input: $input) { ${HOLD} } }`,
    { input: { hold: id, ...more } },
  )
  return answer.captureHold
}

export async function release(
  ledger: OpenLedger,
  id: string,
  idempotencyKey: string,
  as: Principal = admin,
): Promise<HoldAnswer> {
  const answer = await ledger.ask<{ releaseHold: HoldAnswer }>(
    as,
    `mutation Release($input: ReleaseHoldInput!) { releaseHold(input: $input) { ${HOLD} } }`,
    { input: { hold: id, idempotencyKey } },
  )
  return answer.releaseHold
}

export const TAKE_BACK = `mutation TakeBack($input: ReturnPurchaseInput!) {
  returnPurchase(input: $input) {
    duplicate
    purchaseReturn {
      id document reason points growth refunded graced
      total { amount } cashDue { amount currency } lines { line quantity amount { amount } }
      tierBefore { id } tierAfter { id } account { points { available } }
    }
    ${REFUSAL}
  }
}`

export interface ReturnAnswer {
  duplicate: boolean
  purchaseReturn: (Fields & { points: number; refunded: number }) | null
  refusal: RefusalAnswer | null
}

export const returnInput = (bill: string, document: string, more: Fields = {}): Fields => ({
  purchase: { channel: 'store', document: bill },
  reason: 'faulty',
  channel: 'store',
  document,
  ...more,
})

/** Takes a bill of the store back, all that is left of it unless told otherwise. */
export async function takeBack(
  ledger: OpenLedger,
  bill: string,
  document: string,
  more: Fields = {},
): Promise<ReturnAnswer> {
  const answer = await ledger.ask<{ returnPurchase: ReturnAnswer }>(admin, TAKE_BACK, {
    input: returnInput(bill, document, more),
  })
  return answer.returnPurchase
}

/** Why the entries of a document were made, newest first. */
export async function explain(ledger: OpenLedger, name: string, number: string): Promise<unknown[]> {
  const { statement } = await accountField<{
    statement: { edges: { node: { id: string; document: { number: string } | null } }[] }
  }>(ledger, name, 'statement { edges { node { id document { number } } } }')
  const ids = statement.edges.flatMap(({ node }) => (node.document?.number === number ? [node.id] : []))
  const told: unknown[] = []
  for (const id of ids) {
    const answer = await accountField<{ explain: unknown }>(
      ledger,
      name,
      `explain(entry: "${id}") {
        entry { kind points document { number } } cause rules { rule asset amount text } skipped { rule reason }
        lots { expiresOn points releaseOn } awardsNow { rule amount }
      }`,
    )
    told.push(answer.explain)
  }
  return told
}
