import { assert } from '../../../kernel/values/assert.ts'
import { endOfDay, type Instant, type LocalDate, localDate, NEVER } from '../../../kernel/values/instant.ts'
import type { Counters } from './earn-counters.ts'
import { type Entry, type EntryKind, entryHash, GENESIS, type LotKey, type LotMove } from './entry.ts'
import type { Asset, Program } from './program.ts'
import { reviewed, tierFor, tierOf, tierUntil } from './tiers.ts'
import { lastDay } from './validity.ts'

export interface Lot extends LotKey {
  readonly remaining: bigint
}

export interface WalletState {
  readonly available: bigint
  readonly owed: bigint
  readonly seq: number
  readonly head: Buffer
  /** Those with something left, in any order. */
  readonly lots: readonly Lot[]
}

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
  readonly wallets: Readonly<Record<Asset, WalletState>>
}

export interface TierChange {
  readonly sequence: number
  readonly from: string
  readonly to: string
  readonly at: Instant
  readonly documentId: string | undefined
}

/** What a wallet's sums and lots moved by; the store adds it to the rows. */
export interface LotDelta extends LotKey {
  earned: bigint
  used: bigint
  expired: bigint
}

interface Wallet {
  available: bigint
  owed: bigint
  seq: number
  head: Buffer
  /** Soonest-expiring first. */
  lots: { expiresOn: LocalDate; lotClass: string; remaining: bigint }[]
}

export const emptyWallet: WalletState = { available: 0n, owed: 0n, seq: 0, head: GENESIS, lots: [] }

export const newAccount = (memberId: string, program: Program): AccountState => ({
  memberId,
  tier: program.tiers[0]!.id,
  tierSince: undefined,
  tierUntil: undefined,
  tierChanges: 0,
  counters: {},
  wallets: { points: emptyWallet, growth: emptyWallet },
})

/**
 * A working copy of one member's account in one programme. Postings are made on it one after another and come out as
 * entries, lot deltas and tier changes to be written; the state that it was made from is not touched. Whoever posts
 * decides first whether to refuse: a posting begun is a posting made.
 */
export class AccountBook {
  readonly memberId: string
  readonly #program: Program
  readonly #wallets: Record<Asset, Wallet>
  readonly #deltas = new Map<string, LotDelta & { asset: Asset }>()
  readonly entries: Entry[] = []
  readonly tierChanges: TierChange[] = []
  tier: string
  tierSince: Instant | undefined
  tierUntil: LocalDate | undefined
  /** Replaced as a whole by what a rating has counted. */
  counters: Counters
  readonly #countersBefore: Counters
  #tierChangeCount: number
  #reviewed = false

  constructor(program: Program, state: AccountState) {
    this.memberId = state.memberId
    this.#program = program
    this.tier = state.tier
    this.tierSince = state.tierSince
    this.tierUntil = state.tierUntil
    this.counters = state.counters
    this.#countersBefore = state.counters
    this.#tierChangeCount = state.tierChanges
    this.#wallets = { points: workingCopy(state.wallets.points), growth: workingCopy(state.wallets.growth) }
  }

  available(asset: Asset): bigint {
    return this.#wallets[asset].available
  }

  head(asset: Asset): { seq: number; head: Buffer; available: bigint; owed: bigint } {
    const { seq, head, available, owed } = this.#wallets[asset]
    return { seq, head, available, owed }
  }

  get tierChangeCount(): number {
    return this.#tierChangeCount
  }

  /** Is there anything to write? A review that kept the tier moves only its last day. */
  get changed(): boolean {
    return this.entries.length > 0 || this.#reviewed || this.countersChanged
  }

  get countersChanged(): boolean {
    return this.counters !== this.#countersBefore
  }

  get lotDeltas(): readonly (LotDelta & { readonly asset: Asset })[] {
    return [...this.#deltas.values()]
  }

  /** The first day at whose end something happens by itself: a lot runs out or the tier is reviewed. */
  get nextDue(): LocalDate {
    const days = [this.tierUntil ?? NEVER, this.#firstExpiry('points'), this.#firstExpiry('growth')]
    return days.reduce((first, day) => (day < first ? day : first))
  }

  /**
   * Lets happen, in order of time, all that fell due before a moment. At the end of one day lots run out first, so
   * that a review counts only what is still there.
   */
  catchUp(until: Instant): void {
    const today = localDate(until, this.#program.timeZone)
    for (let due = this.nextDue; due < today; due = this.nextDue) {
      const at = endOfDay(due, this.#program.timeZone)
      for (const asset of ['points', 'growth'] as const) this.#expire(asset, due, at)
      if (this.tierUntil === due) this.#review(due, at)
    }
  }

  /** Adds what was earned at a moment to the lot of its last day, and lets the tier rise with it. */
  credit(
    asset: Asset,
    kind: 'earn' | 'grant',
    amount: bigint,
    effectiveAt: Instant,
    documentId: string,
  ): void {
    const wallet = this.#wallets[asset]
    const day = localDate(effectiveAt, this.#program.timeZone)
    const key = { expiresOn: lastDay(this.#program.validity[asset], day), lotClass: '' }
    addToLot(wallet.lots, key, amount)
    this.#delta(asset, key).earned += amount
    this.#write(asset, kind, amount, effectiveAt, documentId, [{ ...key, amount }])
    if (asset === 'growth') this.#upgrade(effectiveAt, documentId)
  }

  /** Takes points from the soonest-expiring lots. Expects that there are enough. */
  redeem(amount: bigint, effectiveAt: Instant, documentId: string): void {
    const wallet = this.#wallets.points
    assert(wallet.available >= amount, 'a redemption does not exceed what is available')
    const moves: LotMove[] = []
    let left = amount
    while (left > 0n) {
      const lot = wallet.lots[0]
      assert(lot, 'the lots of a wallet hold what is available')
      const taken = lot.remaining < left ? lot.remaining : left
      const key = { expiresOn: lot.expiresOn, lotClass: lot.lotClass }
      lot.remaining -= taken
      if (lot.remaining === 0n) wallet.lots.shift()
      this.#delta('points', key).used += taken
      moves.push({ ...key, amount: -taken })
      left -= taken
    }
    this.#write('points', 'redeem', amount, effectiveAt, documentId, moves)
  }

  #firstExpiry(asset: Asset): LocalDate {
    return this.#wallets[asset].lots[0]?.expiresOn ?? NEVER
  }

  #expire(asset: Asset, due: LocalDate, at: Instant): void {
    const wallet = this.#wallets[asset]
    const moves: LotMove[] = []
    while (wallet.lots[0] && wallet.lots[0].expiresOn <= due) {
      const { expiresOn, lotClass, remaining } = wallet.lots.shift()!
      this.#delta(asset, { expiresOn, lotClass }).expired += remaining
      moves.push({ expiresOn, lotClass, amount: -remaining })
    }
    if (moves.length === 0) return
    const amount = -moves.reduce((sum, move) => sum + move.amount, 0n)
    this.#write(asset, 'expire', amount, at, undefined, moves)
  }

  #upgrade(at: Instant, documentId: string): void {
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

  #write(
    asset: Asset,
    kind: EntryKind,
    amount: bigint,
    effectiveAt: Instant,
    documentId: string | undefined,
    lots: readonly LotMove[],
  ): void {
    assert(amount > 0n, 'an entry moves something')
    const wallet = this.#wallets[asset]
    wallet.available += kind === 'earn' || kind === 'grant' ? amount : -amount
    wallet.seq += 1
    const entry = {
      memberId: this.memberId,
      programKey: this.#program.key,
      asset,
      seq: wallet.seq,
      documentId,
      kind,
      amount,
      availableAfter: wallet.available,
      owedAfter: wallet.owed,
      lots,
      effectiveAt,
    }
    wallet.head = entryHash(wallet.head, entry)
    this.entries.push({ ...entry, hash: wallet.head })
  }

  #delta(asset: Asset, { expiresOn, lotClass }: LotKey): LotDelta {
    const name = `${asset}|${expiresOn}|${lotClass}`
    const known = this.#deltas.get(name)
    if (known) return known
    const delta = { asset, expiresOn, lotClass, earned: 0n, used: 0n, expired: 0n }
    this.#deltas.set(name, delta)
    return delta
  }
}

const workingCopy = (state: WalletState): Wallet => ({
  available: state.available,
  owed: state.owed,
  seq: state.seq,
  head: state.head,
  lots: state.lots.map((lot) => ({ ...lot })).sort(byExpiry),
})

const byExpiry = (a: LotKey, b: LotKey): number =>
  a.expiresOn === b.expiresOn ? compare(a.lotClass, b.lotClass) : compare(a.expiresOn, b.expiresOn)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function addToLot(lots: Wallet['lots'], key: LotKey, amount: bigint): void {
  const index = lots.findIndex((lot) => byExpiry(lot, key) >= 0)
  const at = lots[index]
  if (at && byExpiry(at, key) === 0) at.remaining += amount
  else lots.splice(index === -1 ? lots.length : index, 0, { ...key, remaining: amount })
}
