import type { Instant } from '../../../kernel/values/instant.ts'
import type { LotKey } from './entry.ts'

/** Points that are set aside while an order is open. */
export interface Hold {
  /** That of the document that made it. */
  readonly id: string
  readonly amount: bigint
  readonly captured: bigint
  readonly released: bigint
  /** From which lots what is still held was taken, soonest-expiring first. */
  readonly lots: readonly (LotKey & { readonly amount: bigint })[]
  /** From this moment on it is held no more. */
  readonly lapsesAt: Instant
  /** What ended it; undefined: it is open. */
  readonly closedBy: HoldEnd | undefined
}

export type HoldEnd = 'capture' | 'release' | 'lapse'

export const heldBy = ({
  amount,
  captured,
  released,
}: Pick<Hold, 'amount' | 'captured' | 'released'>): bigint => amount - captured - released

/** The first so much of lots, and the rest of them. */
export function splitLots(
  lots: Hold['lots'],
  amount: bigint,
): { readonly first: Hold['lots']; readonly rest: Hold['lots'] } {
  let left = amount
  const parts = lots.map((lot) => {
    const taken = lot.amount < left ? lot.amount : left
    left -= taken
    return { taken: { ...lot, amount: taken }, kept: { ...lot, amount: lot.amount - taken } }
  })
  return {
    first: parts.flatMap(({ taken }) => (taken.amount > 0n ? [taken] : [])),
    rest: parts.flatMap(({ kept }) => (kept.amount > 0n ? [kept] : [])),
  }
}

/** Those that end or lapse first stand first; equal for equal holds. */
export const byLapse = (a: Hold, b: Hold): number =>
  a.lapsesAt === b.lapsesAt ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.lapsesAt - b.lapsesAt
