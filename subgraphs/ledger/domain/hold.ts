import type { Instant } from '../../../kernel/values/instant.ts'
import type { LotKey } from './entry.ts'
import { cameWith, classOf, classOnTheWay, goesHome, isOf, withoutOrigin } from './origin-class.ts'

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

/** So much of a hold belongs to a member that was one with its owner when it was made. */
export interface HeldFor {
  readonly hold: string
  readonly origin: string
  readonly amount: bigint
}

/** Lots of a hold of which so much is others': of their own lots first, then of any; what is more of them is the owner's. */
export function lotsHeldFor(
  lots: Hold['lots'],
  memberIds: ReadonlySet<string>,
  facts: readonly HeldFor[],
): Hold['lots'] {
  let parts = lots.map((lot) => ({ ...lot, of: undefined as string | undefined }))
  for (const { origin, amount } of facts) {
    let left = amount
    for (const own of [true, false]) {
      parts = parts.flatMap((lot) => {
        const fits =
          lot.of === undefined && !goesHome(lot.lotClass) && (!own || cameWith(lot.lotClass) === origin)
        const taken = fits ? (lot.amount < left ? lot.amount : left) : 0n
        left -= taken
        const rest = { ...lot, amount: lot.amount - taken }
        return [{ ...lot, of: origin, amount: taken }, rest].filter((part) => part.amount > 0n)
      })
    }
  }
  return parts.map(({ of, ...lot }) => {
    if (of !== undefined) return { ...lot, lotClass: classOnTheWay(classOf(withoutOrigin(lot.lotClass), of)) }
    return isOf(lot.lotClass, memberIds) && !goesHome(lot.lotClass)
      ? { ...lot, lotClass: withoutOrigin(lot.lotClass) }
      : lot
  })
}

/** Those that end or lapse first stand first; equal for equal holds. */
export const byLapse = (a: Hold, b: Hold): number =>
  a.lapsesAt === b.lapsesAt ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.lapsesAt - b.lapsesAt
