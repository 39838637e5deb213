import { assert } from '../../../kernel/values/assert.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { LotKey, LotMove, WalletSum } from './entry.ts'

export interface Lot extends LotKey {
  readonly remaining: bigint
}

/** What is earned and not available yet. */
export interface PendingLot extends Lot {
  /** The first day on which it is available, or the code of the activity that makes it so. */
  readonly releaseOn: string
}

/**
 * What a member has of one asset.
 * `earned + moved + owed - spent - expired - reversed = available + held + pending`; no part but `moved` is negative; either
 * `owed` or `available` is 0; `available` and `pending` are the sums of their lots.
 */
export interface WalletState extends Readonly<Record<WalletSum, bigint>> {
  readonly available: bigint
  readonly held: bigint
  readonly pending: bigint
  readonly owed: bigint
  /** Those with something left, in any order. */
  readonly lots: readonly Lot[]
  readonly waiting: readonly PendingLot[]
}

export const emptyWallet: WalletState = {
  available: 0n,
  held: 0n,
  pending: 0n,
  owed: 0n,
  earned: 0n,
  spent: 0n,
  expired: 0n,
  reversed: 0n,
  moved: 0n,
  lots: [],
  waiting: [],
}

/** A working copy of a wallet. Lots stand soonest-expiring first, pending ones soonest-released first. */
export class Wallet implements WalletState {
  available: bigint
  held: bigint
  pending: bigint
  owed: bigint
  earned: bigint
  spent: bigint
  expired: bigint
  reversed: bigint
  moved: bigint
  readonly lots: { expiresOn: LocalDate; lotClass: string; remaining: bigint }[]
  readonly waiting: { releaseOn: string; expiresOn: LocalDate; lotClass: string; remaining: bigint }[]

  constructor(state: WalletState) {
    this.available = state.available
    this.held = state.held
    this.pending = state.pending
    this.owed = state.owed
    this.earned = state.earned
    this.spent = state.spent
    this.expired = state.expired
    this.reversed = state.reversed
    this.moved = state.moved
    this.lots = state.lots.map((lot) => ({ ...lot })).sort(byExpiry)
    this.waiting = state.waiting.map((lot) => ({ ...lot })).sort(byRelease)
  }

  /** Available less owed. */
  get standing(): bigint {
    return this.available - this.owed
  }

  /** Puts something into lots. What is owed is repaid first, by what would run out first. Answers what went in. */
  put(lots: readonly (LotKey & { readonly amount: bigint })[]): LotMove[] {
    const moves: LotMove[] = []
    for (const { expiresOn, lotClass, amount } of [...lots].sort(byExpiry)) {
      const repaid = amount < this.owed ? amount : this.owed
      this.owed -= repaid
      const left = amount - repaid
      if (left === 0n) continue
      this.#add({ expiresOn, lotClass }, left)
      this.available += left
      moves.push({ expiresOn, lotClass, amount: left })
    }
    return moves
  }

  /** Puts something into lots that repays nothing: it is taken out again at once. Answers what went in. */
  add(lots: readonly (LotKey & { readonly amount: bigint })[]): LotMove[] {
    return lots.map(({ expiresOn, lotClass, amount }) => {
      this.#add({ expiresOn, lotClass }, amount)
      this.available += amount
      return { expiresOn, lotClass, amount }
    })
  }

  /** Takes from the soonest-expiring lots. Expects that there is enough. */
  take(amount: bigint): LotMove[] {
    assert(this.available >= amount, 'what is taken does not exceed what is available')
    const moves: LotMove[] = []
    let left = amount
    while (left > 0n) {
      const lot = this.lots[0]
      assert(lot, 'the lots of a wallet hold what is available')
      const taken = lot.remaining < left ? lot.remaining : left
      moves.push(this.#drain(0, taken))
      left -= taken
    }
    return moves
  }

  /** Takes from the soonest-expiring lots, and owes what is not there: what was spent in fact is spent in any order. */
  takeOrOwe(amount: bigint): LotMove[] {
    const there = this.available < amount ? this.available : amount
    const moves = this.take(there)
    this.owed += amount - there
    return moves
  }

  /** Takes from certain lots as much as they have, the rest from the soonest-expiring ones, and owes what is not there. */
  takeBack(lots: readonly (LotKey & { readonly amount: bigint })[]): LotMove[] {
    const moves: LotMove[] = []
    let rest = 0n
    for (const { amount, ...key } of lots) {
      const index = this.lots.findIndex((lot) => byExpiry(lot, key) === 0)
      const there = this.lots[index]?.remaining ?? 0n
      const taken = there < amount ? there : amount
      if (taken > 0n) moves.push(this.#drain(index, taken))
      rest += amount - taken
    }
    const available = this.available < rest ? this.available : rest
    moves.push(...this.take(available))
    this.owed += rest - available
    return moves
  }

  /** All that is good to a day and no longer. */
  takeExpired(day: LocalDate): LotMove[] {
    const moves: LotMove[] = []
    while (this.lots[0] && this.lots[0].expiresOn <= day) moves.push(this.#drain(0, this.lots[0].remaining))
    return moves
  }

  putPending({ releaseOn, expiresOn, lotClass, remaining }: PendingLot): LotMove {
    const key = { releaseOn, expiresOn, lotClass }
    const known = this.waiting.find((lot) => byRelease(lot, key) === 0)
    if (known) known.remaining += remaining
    else {
      this.waiting.push({ ...key, remaining })
      this.waiting.sort(byRelease)
    }
    this.pending += remaining
    return { ...key, amount: remaining }
  }

  /** Takes what fits the description from what is pending, at most so much of each. */
  takePending(fits: (lot: PendingLot) => bigint): (LotMove & { releaseOn: string })[] {
    const moves: (LotMove & { releaseOn: string })[] = []
    for (const lot of this.waiting) {
      const amount = fits(lot)
      if (amount === 0n) continue
      assert(amount <= lot.remaining, 'no more is taken from a lot than it has')
      lot.remaining -= amount
      this.pending -= amount
      moves.push({
        releaseOn: lot.releaseOn,
        expiresOn: lot.expiresOn,
        lotClass: lot.lotClass,
        amount: -amount,
      })
    }
    for (let index = this.waiting.length - 1; index >= 0; index--) {
      if (this.waiting[index]!.remaining === 0n) this.waiting.splice(index, 1)
    }
    return moves
  }

  /** Lots change by so much, whatever was decided before; what is not in lots is repaid, or owed. */
  shift(moves: readonly LotMove[], change: bigint): void {
    const before = this.standing
    for (const { amount, releaseOn, ...key } of moves) {
      if (releaseOn !== undefined) this.#shiftPending({ ...key, releaseOn }, amount)
      else if (amount >= 0n) {
        this.#add(key, amount)
        this.available += amount
      } else {
        const index = this.lots.findIndex((lot) => byExpiry(lot, key) === 0)
        assert(index >= 0 && this.lots[index]!.remaining >= -amount, 'a lot gives no more than it has')
        this.#drain(index, -amount)
      }
    }
    this.owed = this.available - before - change
    assert(this.owed === 0n || (this.owed > 0n && this.available === 0n), 'a wallet owes or has')
  }

  /** Lots change their class, and are one where there is one of the new class. */
  rename(classNow: (lotClass: string) => string): void {
    for (const { remaining, ...lot } of this.lots.splice(0))
      this.#add({ ...lot, lotClass: classNow(lot.lotClass) }, remaining)
    const waiting = this.waiting.splice(0)
    this.pending = 0n
    for (const lot of waiting) this.putPending({ ...lot, lotClass: classNow(lot.lotClass) })
  }

  #shiftPending(key: Omit<PendingLot, 'remaining'>, amount: bigint): void {
    if (amount > 0n) this.putPending({ ...key, remaining: amount })
    else this.takePending((lot) => (byRelease(lot, key) === 0 ? -amount : 0n))
  }

  #drain(index: number, amount: bigint): LotMove {
    const lot = this.lots[index]!
    lot.remaining -= amount
    this.available -= amount
    if (lot.remaining === 0n) this.lots.splice(index, 1)
    return { expiresOn: lot.expiresOn, lotClass: lot.lotClass, amount: -amount }
  }

  #add(key: LotKey, amount: bigint): void {
    const index = this.lots.findIndex((lot) => byExpiry(lot, key) >= 0)
    const at = this.lots[index]
    if (at && byExpiry(at, key) === 0) at.remaining += amount
    else this.lots.splice(index === -1 ? this.lots.length : index, 0, { ...key, remaining: amount })
  }
}

export const byExpiry = (a: LotKey, b: LotKey): number =>
  a.expiresOn === b.expiresOn ? compare(a.lotClass, b.lotClass) : compare(a.expiresOn, b.expiresOn)

export const byRelease = (a: Omit<PendingLot, 'remaining'>, b: Omit<PendingLot, 'remaining'>): number =>
  a.releaseOn === b.releaseOn ? byExpiry(a, b) : compare(a.releaseOn, b.releaseOn)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
