import { assert } from '../../../kernel/values/assert.ts'
import {
  addDays,
  endOfDay,
  type Instant,
  isLocalDate,
  type LocalDate,
  localDate,
  NEVER,
} from '../../../kernel/values/instant.ts'
import { type Asset, assets } from './asset.ts'
import type { Counters } from './earn-counters.ts'
import {
  type Entry,
  type EntryKind,
  GENESIS,
  type KindFrom,
  type KindInto,
  kindOf,
  type LotKey,
  type LotMove,
  type Move,
} from './entry.ts'
import type { Program } from './program.ts'
import { reviewed, tierFor, tierOf, tierUntil } from './tiers.ts'
import { lastDay } from './validity.ts'
import { emptyWallet, type PendingLot, Wallet, type WalletState } from './wallet.ts'

/** What is locked and loaded before a decision. */
export interface AccountState {
  readonly memberId: string
  readonly tier: string
  readonly tierSince: Instant | undefined
  /** The last day of the tier; undefined: it does not end. */
  readonly tierUntil: LocalDate | undefined
  readonly tierChanges: number
  /** What caps and stages have counted. */
  readonly counters: Counters
  /** Number and hash of the last entry. */
  readonly seq: number
  readonly head: Buffer
  readonly wallets: Readonly<Record<Asset, WalletState>>
}

export interface TierChange {
  readonly sequence: number
  readonly from: string
  readonly to: string
  readonly at: Instant
  readonly documentId: string | undefined
}

/** An asset and the lots that something goes into, or comes out of. Amounts are positive. */
export interface Parcel {
  readonly asset: Asset
  readonly lots: readonly (LotKey & { readonly amount: bigint })[]
}

export type Amounts = Readonly<Partial<Record<Asset, bigint>>>

/** When an entry takes effect, and what it follows from. */
export interface Occasion {
  readonly at: Instant
  /** Undefined: it fell due by itself. */
  readonly documentId: string | undefined
  /** The partner that issues the points that are earned; absent: the brand. */
  readonly issuer?: string
}

export const newAccount = (memberId: string, program: Program): AccountState => ({
  memberId,
  tier: program.tiers[0]!.id,
  tierSince: undefined,
  tierUntil: undefined,
  tierChanges: 0,
  counters: {},
  seq: 0,
  head: GENESIS,
  wallets: { points: emptyWallet, growth: emptyWallet, principal: emptyWallet, bonus: emptyWallet },
})

/**
 * A working copy of one member's account in one programme. Postings are made on it one after another and come out as
 * entries, tier changes and the state after them, to be written; the state that it was made from is not touched. Whoever
 * posts decides first whether to refuse: a posting begun is a posting made.
 */
export class AccountBook {
  readonly memberId: string
  readonly #program: Program
  readonly #wallets: Record<Asset, Wallet>
  readonly entries: Entry[] = []
  readonly tierChanges: TierChange[] = []
  tier: string
  tierSince: Instant | undefined
  tierUntil: LocalDate | undefined
  /** Replaced as a whole by what a rating has counted. */
  counters: Counters
  readonly #before: AccountState
  #tierChangeCount: number
  #reviewed = false

  constructor(program: Program, state: AccountState) {
    this.memberId = state.memberId
    this.#program = program
    this.#before = state
    this.tier = state.tier
    this.tierSince = state.tierSince
    this.tierUntil = state.tierUntil
    this.counters = state.counters
    this.#tierChangeCount = state.tierChanges
    const { points, growth, principal, bonus } = state.wallets
    this.#wallets = {
      points: new Wallet(points),
      growth: new Wallet(growth),
      principal: new Wallet(principal),
      bonus: new Wallet(bonus),
    }
  }

  available(asset: Asset): bigint {
    return this.#wallets[asset].available
  }

  wallet(asset: Asset): WalletState {
    return this.#wallets[asset]
  }

  get tierChangeCount(): number {
    return this.#tierChangeCount
  }

  /** The number of the last entry. */
  get seq(): number {
    return this.#before.seq + this.entries.length
  }

  /** The hash of the last entry that was there before. */
  get head(): Buffer {
    return this.#before.head
  }

  /** Is there anything to write? A review that kept the tier moves only its last day. */
  get changed(): boolean {
    return this.entries.length > 0 || this.#reviewed || this.countersChanged
  }

  get countersChanged(): boolean {
    return this.counters !== this.#before.counters
  }

  /** The first day at whose end something happens by itself: a lot runs out or is released, the tier is reviewed. */
  get nextDue(): LocalDate {
    let first = this.tierUntil ?? NEVER
    for (const asset of assets) {
      const { lots, waiting } = this.#wallets[asset]
      const day = lots[0]?.expiresOn ?? NEVER
      if (day < first) first = day
      const release = waiting[0]?.releaseOn
      if (release !== undefined && isLocalDate(release)) {
        const eve = addDays(release, -1)
        if (eve < first) first = eve
      }
    }
    return first
  }

  /**
   * Lets happen, in order of time, all that fell due before a moment. At the end of one day lots run out first, so
   * that a review counts only what is still there.
   */
  catchUp(until: Instant): void {
    const today = localDate(until, this.#program.timeZone)
    for (let due = this.nextDue; due < today; due = this.nextDue) {
      const at = endOfDay(due, this.#program.timeZone)
      for (const asset of assets) {
        this.#mature(asset, (lot) => isLocalDate(lot.releaseOn) && addDays(lot.releaseOn, -1) <= due, {
          at,
          documentId: undefined,
        })
      }
      this.#expire(due, at)
      if (this.tierUntil === due) this.#review(due, at)
    }
  }

  /** The lot of what is earned at a moment. */
  lotOf(asset: Asset, at: Instant, lotClass = ''): LotKey {
    const day = localDate(at, this.#program.timeZone)
    return { expiresOn: lastDay(this.#program.validity[asset], day), lotClass }
  }

  /** Puts into lots what came from elsewhere; what is owed is repaid first. The tier rises with growth. */
  give(kind: KindInto<'member'>, parcels: readonly Parcel[], occasion: Occasion): void {
    this.#enter(
      kind,
      occasion,
      parcels.map(({ asset, lots }) => ({
        asset,
        amount: total(lots),
        lots: this.#wallets[asset].put(lots),
      })),
    )
    if (parcels.some(({ asset }) => asset === 'growth')) this.#upgrade(occasion)
  }

  /** Adds what was earned at a moment to the lot of its last day. Of an asset that got nothing there is no move. */
  credit(kind: 'earn' | 'grant' | 'top-up', amounts: Amounts, occasion: Occasion): void {
    const parcels = assets.flatMap((asset): Parcel[] => {
      const amount = amounts[asset] ?? 0n
      const lot = this.lotOf(asset, occasion.at, asset === 'points' ? occasion.issuer : '')
      return amount > 0n ? [{ asset, lots: [{ ...lot, amount }] }] : []
    })
    this.give(kind, parcels, occasion)
  }

  /** Takes from the soonest-expiring lots, and answers from which. Expects that there is enough. */
  take(kind: KindFrom<'member'>, asset: Asset, amount: bigint, occasion: Occasion): readonly LotMove[] {
    const lots = this.#wallets[asset].take(amount)
    if (kind === 'hold') this.#wallets[asset].held += amount
    this.#enter(kind, occasion, [{ asset, amount, lots }])
    return lots
  }

  /** Takes from several assets at once, each from its soonest-expiring lots. Expects that there is enough of each. */
  takeAll(kind: KindFrom<'member'>, amounts: Amounts, occasion: Occasion): void {
    const parts = assets.flatMap((asset) => {
      const amount = amounts[asset] ?? 0n
      return amount > 0n ? [{ asset, amount, lots: this.#wallets[asset].take(amount) }] : []
    })
    this.#enter(kind, occasion, parts)
  }

  /** Takes from certain lots first; what is not available any more is owed. */
  takeBack(kind: KindFrom<'member'>, parcels: readonly Parcel[], occasion: Occasion): void {
    this.#enter(
      kind,
      occasion,
      parcels.map(({ asset, lots }) => ({
        asset,
        amount: total(lots),
        lots: this.#wallets[asset].takeBack(lots),
      })),
    )
  }

  /** What was held has been spent. */
  capture(asset: Asset, amount: bigint, occasion: Occasion): void {
    this.#unhold(asset, amount)
    this.#enter('capture', occasion, [{ asset, amount, lots: [] }])
  }

  /** What was held goes back to its lots; those that have run out meanwhile run out with the next catching up. */
  release({ asset, lots }: Parcel, occasion: Occasion): void {
    this.#unhold(asset, total(lots))
    this.give('release', [{ asset, lots }], occasion)
  }

  /** Earned, and available from some day or activity on. */
  await(
    asset: Asset,
    lots: readonly PendingLot[],
    occasion: Occasion,
    kind: KindInto<'pending'> = 'await',
  ): void {
    const moves = lots.map((lot) => this.#wallets[asset].putPending(lot))
    this.#enter(kind, occasion, [{ asset, amount: total(moves), lots: moves }])
  }

  /** An activity makes available what waited for it. */
  matureBy(asset: Asset, activity: string, occasion: Occasion): void {
    this.#mature(asset, (lot) => lot.releaseOn === activity, occasion)
  }

  /** Makes available before its time what fits the description, at most so much of each lot. */
  matureEarly(asset: Asset, fits: (lot: PendingLot) => bigint, occasion: Occasion): void {
    this.#matureAs(asset, fits, occasion)
  }

  /** Takes back what was pending, from certain lots. */
  cancel(
    asset: Asset,
    fits: (lot: PendingLot) => bigint,
    occasion: Occasion,
    kind: 'cancel' | 'repay' = 'cancel',
  ): bigint {
    const lots = this.#wallets[asset].takePending(fits)
    const amount = -total(lots)
    if (amount > 0n) this.#enter(kind, occasion, [{ asset, amount, lots }])
    return amount
  }

  #unhold(asset: Asset, amount: bigint): void {
    const wallet = this.#wallets[asset]
    assert(wallet.held >= amount, 'no more is captured or released than is held')
    wallet.held -= amount
  }

  #mature(asset: Asset, fits: (lot: PendingLot) => boolean, occasion: Occasion): void {
    this.#matureAs(asset, (lot) => (fits(lot) ? lot.remaining : 0n), occasion)
  }

  #matureAs(asset: Asset, fits: (lot: PendingLot) => bigint, occasion: Occasion): void {
    const wallet = this.#wallets[asset]
    if (wallet.waiting.length === 0) return
    const from = wallet.takePending(fits)
    if (from.length === 0) return
    const into = wallet.put(
      from.map(({ expiresOn, lotClass, amount }) => ({ expiresOn, lotClass, amount: -amount })),
    )
    this.#enter('mature', occasion, [{ asset, amount: -total(from), lots: [...from, ...into] }])
    if (asset === 'growth') this.#upgrade(occasion)
  }

  /** Whatever it is that runs out on one day does so in one entry. */
  #expire(due: LocalDate, at: Instant): void {
    const moves = assets.flatMap((asset) => {
      const lots = this.#wallets[asset].takeExpired(due)
      return lots.length === 0 ? [] : [{ asset, amount: -total(lots), lots }]
    })
    if (moves.length > 0) this.#enter('expire', { at, documentId: undefined }, moves)
  }

  #upgrade({ at, documentId }: Occasion): void {
    const current = tierOf(this.#program, this.tier)
    const reached = tierFor(this.#program, this.#wallets.growth.available)
    if (reached.rank <= current.rank) return
    this.#changeTier(reached.id, at, documentId)
    this.tierUntil = tierUntil(reached, localDate(at, this.#program.timeZone))
  }

  #review(due: LocalDate, at: Instant): void {
    const current = tierOf(this.#program, this.tier)
    const next = reviewed(this.#program, current, this.#wallets.growth.available)
    if (next.id !== this.tier) this.#changeTier(next.id, at, undefined)
    this.tierUntil = tierUntil(next, due)
    this.#reviewed = true
  }

  #changeTier(to: string, at: Instant, documentId: string | undefined): void {
    this.#tierChangeCount += 1
    this.tierChanges.push({ sequence: this.#tierChangeCount, from: this.tier, to, at, documentId })
    this.tier = to
    this.tierSince = at
  }

  #enter(kind: EntryKind, { at, documentId }: Occasion, parts: readonly Omit<Move, 'after'>[]): void {
    assert(parts.length > 0 || documentId !== undefined, 'an entry moves something, or has a document')
    const { counts } = kindOf(kind)
    const moves = parts.map(({ asset, amount, lots }): Move => {
      assert(amount > 0n, 'a move moves something')
      const wallet = this.#wallets[asset]
      if (counts) wallet[counts[0]] += counts[1] * amount
      return { asset, amount, after: wallet.standing, lots }
    })
    this.entries.push({
      memberId: this.memberId,
      programKey: this.#program.key,
      seq: this.seq + 1,
      documentId,
      kind,
      moves,
      effectiveAt: at,
    })
  }
}

const total = (lots: readonly { readonly amount: bigint }[]): bigint =>
  lots.reduce((sum, { amount }) => sum + amount, 0n)
