import { type Ask, memberId, PROGRAM } from './open-ledger.ts'
import type { Work } from './slices.ts'

const RECORD = `mutation R($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) { purchase { points } refusal { code } }
}`
const RECORD_MANY = `mutation R($input: RecordPurchasesInput!) {
  recordPurchases(input: $input) { results { purchase { points } refusal { code } } }
}`
const REDEEM = `mutation R($input: RedeemPointsInput!) {
  redeemPoints(input: $input) { entry { balance } refusal { code } }
}`
const GRANT = `mutation G($input: GrantPointsInput!) {
  grantPoints(input: $input) { entry { balance } refusal { code } }
}`
/** As the gateway asks: values as variables. */
const member = (fields: string) => `query M($representations: [_Any!]!, $program: ID!) {
  _entities(representations: $representations) {
    ... on Member { account(program: $program) { ${fields} } }
  }
}`
const of = (n: number) => ({
  representations: [{ __typename: 'Member', id: memberId(n) }],
  program: PROGRAM,
})
const BALANCE = member('points { available }')
const LAST_20 = member('statement(first: 20) { edges { node { kind points balance effectiveAt } } }')

/** Document numbers are used once in a database, whoever works on it. */
let documents = 0

export const BILL = '120.50'

/** Who buys what where: each turn someone else, spread over all members, the same in every run. */
export interface Scene {
  readonly members: number
  /** The number of the first one. */
  readonly from?: number
  readonly programOf?: (member: number) => string
  readonly channelOf?: (member: number) => string
}

/** What callers ask of a ledger, as work for slices. */
export function workOn(ask: Ask, { members, from = 0, programOf, channelOf }: Scene) {
  const who = (turn: number) => from + ((turn * 7_919) % members)
  const bill = (turn: number, more: object = {}) => {
    const n = who(turn)
    const channel = channelOf?.(n) ?? 'bench'
    return {
      program: programOf?.(n) ?? PROGRAM,
      member: { id: memberId(n) },
      channel,
      store: `store of ${channel}`,
      document: `bill-${documents++}`,
      lines: [{ category: 'shoes', amount: BILL }],
      ...more,
    }
  }
  const movement = (turn: number) => {
    const key = `movement-${documents++}`
    return { program: PROGRAM, memberId: memberId(who(turn)), document: key, idempotencyKey: key }
  }
  const recordMany = async (purchases: readonly object[]): Promise<void> => {
    const { recordPurchases } = await ask<{
      recordPurchases: { results: { refusal: { code: string } | null }[] }
    }>(RECORD_MANY, { input: { purchases } })
    for (const { refusal } of recordPurchases.results) {
      if (refusal) throw new Error(`a purchase was refused: ${refusal.code}`)
    }
  }
  const accepted = async (query: string, input: object): Promise<void> => {
    const answer = await ask<Record<string, { refusal: { code: string } | null }>>(query, { input })
    const [payload] = Object.values(answer)
    if (payload!.refusal) throw new Error(`refused: ${payload!.refusal.code}`)
  }

  return {
    /** Everyone has an account, with points to spend, from one purchase. */
    async seed(amount = '2900', occurredAt?: string): Promise<void> {
      for (let first = 0; first < members; first += 1_000) {
        const some = Array.from({ length: Math.min(1_000, members - first) }, (_, index) =>
          bill(first + index, { lines: [{ category: 'shoes', amount }], occurredAt }),
        )
        await recordMany(some)
      }
    },
    earn: (callers: number): Work => ({
      callers,
      once: (turn) => accepted(GRANT, { ...movement(turn), points: 10, source: 'ACTIVITY', reason: 'bench' }),
    }),
    purchase: (callers: number): Work => ({ callers, once: (turn) => accepted(RECORD, bill(turn)) }),
    batch: (callers: number, size: number): Work => ({
      callers,
      units: size,
      once: (turn) => recordMany(Array.from({ length: size }, (_, index) => bill(turn * size + index))),
    }),
    redeem: (callers: number): Work => ({
      callers,
      once: (turn) => accepted(REDEEM, { ...movement(turn), points: 1, bill: '100.00', channel: 'bench' }),
    }),
    balance: (callers: number): Work => ({
      callers,
      once: async (turn) => void (await ask(BALANCE, of(who(turn)))),
    }),
    last20: (callers: number): Work => ({
      callers,
      once: async (turn) => void (await ask(LAST_20, of(who(turn)))),
    }),
  }
}
