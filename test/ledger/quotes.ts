import type { Principal } from '../../kernel/auth/principal.ts'
import { admin } from '../helpers/graph.ts'
import { memberId } from './open-ledger.ts'
import type { OpenLedger, RefusalAnswer } from './requests.ts'

export const QUOTE = `query Quote($input: QuoteInput!) {
  quote(input: $input) {
    points offset { amount } payable { amount } tier { id }
    limits { limit points money { amount } binds }
    earning { points growth awards { rule line amount } skipped { rule reason } explanations { rule text } }
    refusal { code path message details { name value } }
  }
}`

export interface QuoteAnswer {
  points: number | null
  offset: { amount: string } | null
  payable: { amount: string } | null
  tier: { id: string } | null
  limits: { limit: string; points: number; money: { amount: string }; binds: boolean }[]
  earning: {
    points: number
    growth: number
    skipped: { rule: string; reason: string }[]
    explanations: { rule: string; text: string }[]
  } | null
  refusal: RefusalAnswer | null
}

type Fields = Record<string, unknown>

/** What points of a member would pay for; in a store unless told otherwise. */
export async function quote(
  ledger: OpenLedger,
  name: string,
  wish: Fields,
  more: Fields = {},
  as: Principal = admin,
): Promise<QuoteAnswer> {
  const input = { memberId: memberId(name), wish, channel: 'store', ...more }
  return (await ledger.ask<{ quote: QuoteAnswer }>(as, QUOTE, { input })).quote
}

/** In short: points, what they pay, and what is left to pay; or why not. */
export const inShort = ({ points, offset, payable, refusal }: QuoteAnswer): string =>
  refusal ? refusal.code : `${points} pay ${offset!.amount}, left ${payable!.amount}`
