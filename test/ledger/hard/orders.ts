import { derivedId } from '../../../kernel/values/ids.ts'
import { type Ask, answerOf } from './instance.ts'

/** Something that must happen once, however often it is sent. */
export interface Order {
  readonly kind: 'purchase' | 'redemption' | 'grant' | 'hold' | 'return'
  /** Its document number and idempotency key. */
  readonly key: string
  /** A member's name. */
  readonly member: string
  readonly points: number
  /** A return: the key of its purchase, all of which comes back. */
  readonly of?: string
}

/** What the caller was told. */
export type Answer =
  | { readonly told: 'done'; readonly duplicate: boolean; readonly content: string }
  | { readonly told: 'refused'; readonly code: string }
  /** An error, or nothing at all: it may have happened. */
  | { readonly told: 'unknown'; readonly code: string }

const PURCHASE = `mutation P($input: RecordPurchaseInput!) {
  answer: recordPurchase(input: $input) { duplicate purchase { id document points growth } refusal { code } }
}`
const REDEMPTION = `mutation R($input: RedeemPointsInput!) {
  answer: redeemPoints(input: $input) { entry { id sequence points balance } offset { amount } refusal { code } }
}`
const GRANT = `mutation G($input: GrantPointsInput!) {
  answer: grantPoints(input: $input) { entry { id sequence points balance } refusal { code } }
}`

const HOLD = `mutation H($input: HoldPointsInput!) {
  answer: holdPoints(input: $input) { hold { id points } refusal { code } }
}`
const RETURN = `mutation B($input: ReturnPurchaseInput!) {
  answer: returnPurchase(input: $input) { duplicate purchaseReturn { id document points growth } refusal { code } }
}`

export const idOf = (member: string): string => derivedId('test member', member)

function requestOf({ kind, key, member, points, of }: Order): { query: string; input: object } {
  const memberId = idOf(member)
  switch (kind) {
    case 'purchase':
      return {
        query: PURCHASE,
        input: {
          member: { id: memberId },
          channel: 'store',
          document: key,
          lines: [{ amount: String(points) }],
        },
      }
    case 'redemption':
      return {
        query: REDEMPTION,
        input: { memberId, points, bill: '100000.00', channel: 'store', document: key, idempotencyKey: key },
      }
    case 'hold':
      return {
        query: HOLD,
        input: { memberId, points, channel: 'store', document: key, idempotencyKey: key },
      }
    case 'return':
      return {
        query: RETURN,
        input: {
          purchase: { channel: 'store', document: of },
          reason: 'r',
          channel: 'store',
          document: key,
        },
      }
    case 'grant':
      return {
        query: GRANT,
        input: { memberId, points, source: 'ACTIVITY', reason: 'r', document: key, idempotencyKey: key },
      }
  }
}

/** Sends an order once. Never throws: a caller who hears nothing knows nothing. */
export async function send(ask: Ask, order: Order, signal?: AbortSignal): Promise<Answer> {
  const { query, input } = requestOf(order)
  try {
    const { data, errors } = await ask(query, { input }, signal)
    if (errors) return { told: 'unknown', code: String(errors[0]!.extensions?.code) }
    const { duplicate, refusal, ...content } = data!.answer as {
      duplicate?: boolean
      refusal: { code: string } | null
    }
    if (refusal) return { told: 'refused', code: refusal.code }
    return { told: 'done', duplicate: duplicate ?? false, content: JSON.stringify(content) }
  } catch (error) {
    const { name, code } = error as { name: string; code?: string }
    return { told: 'unknown', code: code ?? name }
  }
}

/** Sends it until something is known. Answers that, and how often it was sent. */
export async function insist(
  ask: () => Ask,
  order: Order,
  tries = 50,
): Promise<{ answer: Answer; sent: number }> {
  for (let sent = 1; ; sent++) {
    const answer = await send(ask(), order)
    if (answer.told !== 'unknown' || sent === tries) return { answer, sent }
  }
}

const STATEMENT = `query S($member: ID!, $after: String) {
  _entities(representations: [{ __typename: "Member", id: $member }]) {
    ... on Member {
      account {
        points { available debt }
        statement(first: 100, after: $after) {
          edges { node { kind points balance document { number } } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}`

interface StatementPage {
  readonly points: { available: number; debt: number }
  readonly statement: {
    readonly edges: readonly {
      readonly node: {
        kind: string
        points: number
        balance: number
        document: { number: string } | null
      }
    }[]
    readonly pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

/** A member's whole statement, newest first, and the balance. */
export async function statementOf(ask: Ask, member: string) {
  const entries: StatementPage['statement']['edges'][number]['node'][] = []
  for (let after: string | null = null; ; ) {
    const answer: { _entities: [{ account: StatementPage }] } = await answerOf(ask, STATEMENT, {
      member: idOf(member),
      after,
    })
    const { points, statement } = answer._entities[0].account
    entries.push(...statement.edges.map(({ node }) => node))
    if (!statement.pageInfo.hasNextPage) return { ...points, entries }
    after = statement.pageInfo.endCursor
  }
}

export interface Audit {
  /** Acknowledged, and not in the books. */
  readonly lost: string[]
  /** In the books more than once. */
  readonly doubled: string[]
  /** In the books, though refused or never sent. */
  readonly uncalledFor: string[]
  /** Members whose balance is not the sum of what was acknowledged. */
  readonly unbalanced: string[]
}

export const NOTHING_WRONG: Audit = { lost: [], doubled: [], uncalledFor: [], unbalanced: [] }

const SIGN = { purchase: 1, grant: 1, redemption: -1, hold: -1, return: -1 } as const
/** The movement that each makes once; what makes up for one that came late is another. */
const MOVEMENT = {
  purchase: 'EARN',
  grant: 'GRANT',
  redemption: 'REDEEM',
  hold: 'HOLD',
  return: 'REVERSE',
} as const

/** Compares the statements of members with all that was acknowledged to them. */
export async function audit(ask: Ask, members: Iterable<string>, done: Iterable<Order>): Promise<Audit> {
  const found = { lost: [], doubled: [], uncalledFor: [], unbalanced: [] } as Audit
  const byMember = Map.groupBy(done, ({ member }) => member)
  for (const member of members) {
    const { available, debt, entries } = await statementOf(ask, member)
    const written = new Map<string, number>()
    const promised = byMember.get(member) ?? []
    const kinds = new Map(promised.map(({ key, kind }) => [key, MOVEMENT[kind]]))
    for (const { document, kind } of entries) {
      if (document && (kinds.get(document.number) ?? kind) === kind)
        written.set(document.number, (written.get(document.number) ?? 0) + 1)
    }
    for (const { key } of promised) if (!written.has(key)) found.lost.push(key)
    const keys = new Set(promised.map(({ key }) => key))
    for (const [key, count] of written) {
      if (count > 1) found.doubled.push(key)
      if (!keys.has(key)) found.uncalledFor.push(key)
    }
    const balance = promised.reduce((sum, { kind, points }) => sum + SIGN[kind] * points, 0)
    if (balance !== available - debt)
      found.unbalanced.push(`${member}: ${available - debt} in place of ${balance}`)
  }
  return found
}
