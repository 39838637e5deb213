import { derivedId } from '../../../kernel/values/ids.ts'
import { type Ask, answerOf } from './instance.ts'

/** Something that must happen once, however often it is sent. */
export interface Order {
  readonly kind:
    | 'purchase'
    | 'redemption'
    | 'grant'
    | 'hold'
    | 'return'
    | 'transfer'
    | 'correction'
    | 'deduction'
    | 'top-up'
    | 'plan'
    | 'payment'
    | 'withdrawal'
    | 'stop'
  /** Its document number and idempotency key. */
  readonly key: string
  /** A member's name. */
  readonly member: string
  /** Of prepaid money: yuan. */
  readonly points: number
  /** A return: the key of its purchase, all of which comes back. A stop: the id of the top-up that began the plan. */
  readonly of?: string
  /** A transfer: who gets it. */
  readonly to?: string
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

const TRANSFER = `mutation T($input: TransferPointsInput!) {
  answer: transferPoints(input: $input) { transfer { id points state } refusal { code } }
}`
const CORRECTION = `mutation C($input: AdjustPointsInput!) {
  answer: adjustPoints(input: $input) { adjustment { id points state refusedFor } refusal { code } }
}`
const money = (mutation: string, input: string) => `mutation M($input: ${input}!) {
  answer: ${mutation}(input: $input) { duplicate movement { id kind principal { amount } bonus { amount } } refusal { code } }
}`

export const idOf = (member: string): string => derivedId('test member', member)

function requestOf({ kind, key, member, points, of, to }: Order): { query: string; input: object } {
  const memberId = idOf(member)
  const paid = { memberId, amount: String(points), channel: 'store', document: key, idempotencyKey: key }
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
    case 'transfer':
      return { query: TRANSFER, input: { memberId, to: idOf(to!), points, idempotencyKey: key } }
    case 'correction':
    case 'deduction': {
      const direction = kind === 'correction' ? 'GRANT' : 'DEDUCT'
      const input = { memberId, direction, points, reason: 'r', document: key, idempotencyKey: key }
      return { query: CORRECTION, input }
    }
    case 'top-up':
      return { query: money('topUp', 'TopUpInput'), input: paid }
    case 'plan':
      return { query: money('topUp', 'TopUpInput'), input: { ...paid, plan: 'monthly' } }
    case 'payment':
      return { query: money('spendStoredValue', 'SpendStoredValueInput'), input: paid }
    case 'withdrawal':
      return {
        query: money('withdrawStoredValue', 'WithdrawStoredValueInput'),
        input: { ...paid, reason: 'r' },
      }
    case 'stop': {
      const input = { memberId, topUpId: of, reason: 'r', channel: 'store', idempotencyKey: key }
      return { query: money('stopInstalments', 'StopInstalmentsInput'), input }
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
      adjustment?: { refusedFor: string | null } | null
    }
    const code = refusal?.code ?? content.adjustment?.refusedFor
    if (code) return { told: 'refused', code }
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

const STATEMENT = `query S($member: ID!, $after: String, $afterMoney: String) {
  _entities(representations: [{ __typename: "Member", id: $member }]) {
    ... on Member {
      account {
        points { available debt }
        statement(first: 100, after: $after) {
          edges { node { kind points balance document { number } } }
          pageInfo { hasNextPage endCursor }
        }
        storedValue {
          available { amount }
          pending { amount }
          entries(first: 100, after: $afterMoney) {
            edges { node { kind document { number } } }
            pageInfo { hasNextPage endCursor }
          }
        }
      }
    }
  }
}`

interface Page<Node> {
  readonly edges: readonly { readonly node: Node }[]
  readonly pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

interface Booked {
  readonly kind: string
  readonly document: { number: string } | null
}

interface StatementPage {
  readonly points: { available: number; debt: number }
  readonly statement: Page<Booked & { readonly points: number; readonly balance: number }>
  /** Null: the programme has no prepaid money. */
  readonly storedValue: {
    readonly available: { amount: string }
    readonly pending: { amount: string }
    readonly entries: Page<Booked>
  } | null
}

/** A member's whole statement, newest first, and the balance; the same of prepaid money, in fen. */
export async function statementOf(ask: Ask, member: string) {
  const entries: StatementPage['statement']['edges'][number]['node'][] = []
  const moneyEntries: Booked[] = []
  let after: string | null = null
  let afterMoney: string | null = null
  for (let [more, moreMoney] = [true, true]; ; ) {
    const answer: { _entities: [{ account: StatementPage }] } = await answerOf(ask, STATEMENT, {
      member: idOf(member),
      after,
      afterMoney,
    })
    const { points, statement, storedValue } = answer._entities[0].account
    if (more) entries.push(...statement.edges.map(({ node }) => node))
    if (moreMoney && storedValue) moneyEntries.push(...storedValue.entries.edges.map(({ node }) => node))
    more &&= statement.pageInfo.hasNextPage
    moreMoney &&= storedValue?.entries.pageInfo.hasNextPage ?? false
    after = statement.pageInfo.endCursor ?? after
    afterMoney = storedValue?.entries.pageInfo.endCursor ?? afterMoney
    if (more || moreMoney) continue
    const fen = (of: 'available' | 'pending') => Math.round(Number(storedValue?.[of].amount ?? 0) * 100)
    return {
      ...points,
      entries,
      money: { available: fen('available'), pending: fen('pending') },
      moneyEntries,
    }
  }
}

export interface Audit {
  /** Acknowledged, and not in the books, or not all of it. */
  readonly lost: string[]
  /** In the books more than once. */
  readonly doubled: string[]
  /** In the books, though refused or never sent. */
  readonly uncalledFor: string[]
  /** Members whose balance is not the sum of what was acknowledged. */
  readonly unbalanced: string[]
}

export const NOTHING_WRONG: Audit = { lost: [], doubled: [], uncalledFor: [], unbalanced: [] }

/** What an order does to one member: movements that it makes once each, and what they come to. */
interface Effect {
  readonly member: string
  /** That of its document. */
  readonly number: string
  /** What makes up for one that came late is another. */
  readonly movements: readonly string[]
  readonly points?: number
  /** In fen: what can be paid with, and what is still to come. */
  readonly money?: number
  readonly pending?: number
}

/** A plan of the hard tests is 120 yuan in four parts, the first at once. */
const PLAN = { now: 3_000, later: 9_000 }
/** A top-up of at least 50 yuan brings 5 on top. */
const bonusOf = (yuan: number): number => (yuan >= 50 ? 500 : 0)

const transferId = (from: string, key: string): string =>
  derivedId('transfer-out', 'super-member', idOf(from), key)

function effectsOf({ kind, key, member, points, of, to }: Order): Effect[] {
  const one = (movements: readonly string[], sums: Partial<Effect>): Effect[] => [
    { member, number: key, movements, ...sums },
  ]
  switch (kind) {
    case 'purchase':
      return one(['EARN'], { points })
    case 'grant':
    case 'correction':
      return one(['GRANT'], { points })
    case 'redemption':
      return one(['REDEEM'], { points: -points })
    case 'hold':
      return one(['HOLD'], { points: -points })
    case 'return':
      return one(['REVERSE'], { points: -points })
    case 'deduction':
      return one(['DEDUCT'], { points: -points })
    case 'transfer': {
      const number = transferId(member, key)
      return [
        { member, number, movements: ['SEND'], points: -points },
        { member: to!, number, movements: ['RECEIVE'], points },
      ]
    }
    case 'top-up': {
      const bonus = bonusOf(points)
      return one(bonus > 0 ? ['TOP_UP', 'EARN'] : ['TOP_UP'], { money: points * 100 + bonus })
    }
    case 'plan':
      return one(['TOP_UP', 'PREPAY'], { money: PLAN.now, pending: PLAN.later })
    case 'payment':
      return one(['REDEEM'], { money: -points * 100 })
    case 'withdrawal':
      return one(['WITHDRAW'], { money: -points * 100 })
    case 'stop':
      return [{ member, number: of!, movements: ['REPAY'], pending: -PLAN.later }]
  }
}

/** Of the document that an order leads to. */
export const numberOf = (order: Order): string => effectsOf(order)[0]!.number

/** How often documents made movements of each kind. */
function movementsOf(entries: readonly Booked[]): Map<string, number> {
  const written = new Map<string, number>()
  for (const { document, kind } of entries) {
    if (!document) continue
    const name = `${document.number} ${kind}`
    written.set(name, (written.get(name) ?? 0) + 1)
  }
  return written
}

/** Orders of which one part is in the books and another is not. */
export async function halfDone(
  ask: Ask,
  members: Iterable<string>,
  orders: Iterable<Order>,
): Promise<string[]> {
  const written = new Map<string, Map<string, number>>()
  for (const member of members) {
    const { entries, moneyEntries } = await statementOf(ask, member)
    written.set(member, movementsOf([...entries, ...moneyEntries]))
  }
  return [...orders].flatMap((order) => {
    const parts = effectsOf(order).flatMap(({ member, number, movements }) =>
      movements.map((movement) => written.get(member)!.has(`${number} ${movement}`)),
    )
    return parts.includes(true) && parts.includes(false) ? [order.key] : []
  })
}

/** Compares the statements of members with all that was acknowledged to them. */
export async function audit(ask: Ask, members: Iterable<string>, done: Iterable<Order>): Promise<Audit> {
  const found = { lost: [], doubled: [], uncalledFor: [], unbalanced: [] } as Audit
  const byMember = Map.groupBy([...done].flatMap(effectsOf), ({ member }) => member)
  for (const member of members) {
    const { available, debt, entries, money, moneyEntries } = await statementOf(ask, member)
    const promised = byMember.get(member) ?? []
    const written = movementsOf([...entries, ...moneyEntries])
    const numbers = new Set(promised.map(({ number }) => number))
    const asked = new Set<string>()
    for (const { number, movements } of promised) {
      const names = movements.map((movement) => `${number} ${movement}`)
      for (const name of names) asked.add(name)
      if (!names.every((name) => written.has(name))) found.lost.push(number)
    }
    const uncalledFor = new Set<string>()
    for (const [name, count] of written) {
      const number = name.slice(0, name.lastIndexOf(' '))
      if (count > 1 && (asked.has(name) || !numbers.has(number))) found.doubled.push(number)
      if (!numbers.has(number)) uncalledFor.add(number)
    }
    found.uncalledFor.push(...uncalledFor)
    const sum = (of: 'points' | 'money' | 'pending') =>
      promised.reduce((total, effect) => total + (effect[of] ?? 0), 0)
    const wanted = [sum('points'), sum('money'), sum('pending')].join(', ')
    const there = [available - debt, money.available, money.pending].join(', ')
    if (there !== wanted) found.unbalanced.push(`${member}: ${there} in place of ${wanted}`)
  }
  return found
}
