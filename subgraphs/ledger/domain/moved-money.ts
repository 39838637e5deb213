import { type Entry, kindOf } from './entry.ts'

/** What the entries of one document moved of prepaid money; changes may be negative. */
export interface MovedMoney {
  readonly principal: bigint
  readonly bonus: bigint
  readonly pending: bigint
  /** To the payer. */
  readonly paidBack: bigint
  /** Kept of the principal for bonus that was spent. */
  readonly withheld: bigint
}

export function movedMoney(entries: readonly Pick<Entry, 'kind' | 'moves'>[]): MovedMoney {
  const moved = { principal: 0n, bonus: 0n, pending: 0n, paidBack: 0n, withheld: 0n }
  for (const { kind, moves } of entries) {
    const { debit, credit } = kindOf(kind)
    for (const { asset, amount } of moves) {
      if (asset !== 'principal' && asset !== 'bonus') continue
      if (credit === 'member') moved[asset] += amount
      if (debit === 'member') moved[asset] -= amount
      if (credit === 'pending') moved.pending += amount
      if (debit === 'pending') moved.pending -= amount
      if (credit === 'payment') moved.paidBack += amount
      if (credit === 'adjustment') moved.withheld += amount
    }
  }
  return moved
}
