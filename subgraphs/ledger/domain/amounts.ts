import { parseDecimal } from '../../../kernel/values/money.ts'

/** Minor units of one line, points of one grant. Balances must stay within the integers that JSON can carry. */
export const AMOUNT_MAX = 1_000_000_000_000n

/** An amount of money as minor units; undefined where it is none, nothing, or too large. */
export function positiveAmount(text: string, scale: number): bigint | undefined {
  const amount = parseDecimal(text, scale)
  return amount !== undefined && amount > 0n && amount <= AMOUNT_MAX ? amount : undefined
}
