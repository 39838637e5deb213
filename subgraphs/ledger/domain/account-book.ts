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
  signOf,
} from './entry.ts'
import { byLapse, type HeldFor, type Hold, type HoldEnd, heldBy, lotsHeldFor, splitLots } from './hold.ts'
import { type Homeward, homewardDocument } from './homeward.ts'
import { counted, countedAnew, type Happening, measuresOn } from './measures.ts'
import {
  cameWith,
  classArrived,
  classBehind,
  classOf,
  classOnTheWay,
  goesHome,
  isOf,
  withoutOrigin,
} from './origin-class.ts'
import type { Program } from './program.ts'
import type { Tier } from './tier-rules.ts'
import { directUpgrade, type Measures, reviewed, tierOf, tierUntil, upgrade } from './tiers.ts'
import { lastDay, validityStart } from './validity.ts'
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
  /** Number of the last entry, and its hash in hexadecimal digits. */
  readonly seq: number
  readonly head: string
  readonly wallets: Readonly<Record<Asset, WalletState>>
  /** Those that are open. */
  readonly holds: readonly Hold[]
  /** The latest moment at which something took effect: what comes with an earlier one comes late. */
  readonly latestAt: Instant
  /** The latest moment at which something happened that what was earned before it could have changed. */
  readonly fixedAt: Instant
  /** What other subgraphs say of the member; nothing in particular where absent. */
  readonly standing?: Standing
}

/** What other subgraphs say of a member that decides here. */
export interface Standing {
  readonly tags: readonly string[]
  /** The day on which a member that was registered beforehand became active; `awaited`: not yet; absent: ever since. */
  readonly activatedOn?: LocalDate | 'awaited'
}

/**
 * Why a tier changed: its measures were reached, or reached and approved; an activity or a product leads to it; it was bought with
 * points; its validity ended; rules were changed; staff took growth away; what it rested on was undone; two members are one.
 */
export const tierReasons = [
  'reached',
  'approved',
  'direct',
  'bought',
  'review',
  'rules',
  'staff',
  'undone',
  'merged',
] as const
export type TierReason = (typeof tierReasons)[number]

export interface TierChange {
  readonly sequence: number
  readonly from: string
  readonly to: string
  readonly reason: TierReason
  readonly at: Instant
  readonly documentId: string | undefined
}

export interface TierStanding {
  readonly tier: string
  readonly since: Instant | undefined
  /** The last day; undefined: it does not end. */
  readonly until: LocalDate | undefined
}

/** A tier whose measures are reached, and that waits for somebody's approval. */
export interface TierRequest extends Occasion {
  readonly tier: string
}

/** An asset and the lots that something goes into, or comes out of. Amounts are positive. */
export interface Parcel {
  readonly asset: Asset
  readonly lots: readonly (LotKey & { readonly amount: bigint })[]
}

/** An asset and lots of what is pending. */
export interface Waiting {
  readonly asset: Asset
  readonly lots: readonly PendingLot[]
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
  holds: [],
  latestAt: LONG_AGO,
  fixedAt: LONG_AGO,
})

/** Before all that the books know. */
export const LONG_AGO = 0 as Instant

/**
 * A working copy of one member's account in one programme. Postings are made on it one after another and come out as
 * entries, tier changes and the state after them, to be written; the state that it was made from is not touched. Whoever
 * posts decides first whether to refuse: a posting begun is a posting made.
 */
export class AccountBook {
  readonly memberId: string
  #program: Program
  /** Working copies of those that a posting looked into to change them. */
  readonly #copies: Partial<Record<Asset, Wallet>> = {}
  /** Those that are open. Most accounts have none, so that a map is made only when one is touched. */
  #holds = NO_HOLDS
  #touchedHolds = NO_HOLDS
  readonly entries: Entry[] = []
  readonly tierChanges: TierChange[] = []
  readonly tierRequests: TierRequest[] = []
  /** What has left for members that were merged into this one and are not any more. */
  readonly homeward: Homeward[] = []
  /** Set where order of effect is played: what leaves for members that parted from this one is a fact there. */
  inOrder = false
  tier: string
  tierSince: Instant | undefined
  tierUntil: LocalDate | undefined
  /** Replaced as a whole by what a rating has counted. */
  counters: Counters
  latestAt: Instant
  fixedAt: Instant
  /** While it is set, the tier stays: order of effect is about to say what it is. */
  tiersRest = false
  /** The member by whose id or identity what is earned now came, if that one was merged into this one. */
  origin: string | undefined
  readonly #before: AccountState
  #activatedOn: Standing['activatedOn']
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
    this.latestAt = state.latestAt
    this.fixedAt = state.fixedAt
    if (state.holds.length > 0) this.#holds = new Map(state.holds.map((hold) => [hold.id, hold]))
    this.#tierChangeCount = state.tierChanges
    this.#activatedOn = state.standing?.activatedOn
  }

  /** Of the member, as `identity` has them. */
  get tags(): readonly string[] {
    return this.#before.standing?.tags ?? []
  }

  available(asset: Asset): bigint {
    return this.wallet(asset).available
  }

  /** Those that are open, the first to lapse first. */
  get holds(): readonly Hold[] {
    return this.#holds.size === 0 ? [] : [...this.#holds.values()].sort(byLapse)
  }

  /** As they stand now, those that were made, drawn on or ended. */
  get touchedHolds(): ReadonlyMap<string, Hold> {
    return this.#touchedHolds
  }

  openHold(id: string): Hold | undefined {
    return this.#holds.get(id)
  }

  /** Another working copy that begins where this one stands. */
  copy(): AccountBook {
    const copy = new AccountBook(this.#program, {
      memberId: this.memberId,
      tier: this.tier,
      tierSince: this.tierSince,
      tierUntil: this.tierUntil,
      tierChanges: this.#tierChangeCount,
      counters: this.counters,
      seq: this.seq,
      head: this.head,
      wallets: {
        points: this.wallet('points'),
        growth: this.wallet('growth'),
        principal: this.wallet('principal'),
        bonus: this.wallet('bonus'),
      },
      holds: this.holds,
      latestAt: this.latestAt,
      fixedAt: this.fixedAt,
      standing: { ...this.#before.standing, tags: this.tags, activatedOn: this.#activatedOn },
    })
    copy.origin = this.origin
    return copy
  }

  /** From here on by the rules of another version. */
  useRules(program: Program): void {
    this.#program = program
  }

  wallet(asset: Asset): WalletState {
    return this.#copies[asset] ?? this.#before.wallets[asset]
  }

  get tierChangeCount(): number {
    return this.#tierChangeCount
  }

  /** The number of the last entry. */
  get seq(): number {
    return this.#before.seq + this.entries.length
  }

  /** The hash of the last entry that was there before. */
  get head(): string {
    return this.#before.head
  }

  /** Is there anything to write? A review that kept the tier moves only its last day. */
  get changed(): boolean {
    return (
      this.entries.length > 0 ||
      this.tierChanges.length > 0 ||
      this.#reviewed ||
      this.countersChanged ||
      this.touchedHolds.size > 0
    )
  }

  get countersChanged(): boolean {
    return this.counters !== this.#before.counters
  }

  /** The first day at whose end something happens by itself: a lot runs out or is released, the tier is reviewed. */
  get nextDue(): LocalDate {
    let first = this.tierUntil ?? NEVER
    for (const asset of assets) {
      if (isEmpty(this.wallet(asset))) continue
      const { lots, waiting } = this.#copy(asset)
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
   * that a review counts only what is still there; a hold lapses after the day that ends at the same moment.
   */
  catchUp(until: Instant): void {
    const zone = this.#program.timeZone
    const today = localDate(until, zone)
    for (;;) {
      const day = this.nextDue
      const lapsing = this.#holds.size === 0 ? undefined : this.holds[0]
      const dayEnds = day < today
      if (lapsing && lapsing.lapsesAt <= until && !(dayEnds && endOfDay(day, zone) <= lapsing.lapsesAt))
        this.release(lapsing.id, 'lapse', { at: lapsing.lapsesAt, documentId: undefined })
      else if (dayEnds) this.#endDay(day, endOfDay(day, zone))
      else return
    }
  }

  #endDay(due: LocalDate, at: Instant): void {
    const byItself = { at, documentId: undefined }
    for (const asset of assets) {
      this.#mature(asset, (lot) => isLocalDate(lot.releaseOn) && addDays(lot.releaseOn, -1) <= due, byItself)
    }
    this.#expire(due, byItself)
    if (this.tierUntil === due) this.#review(due, at)
  }

  /** The lot of what is earned at a moment. */
  lotOf(asset: Asset, at: Instant, lotClass = ''): LotKey {
    const day = localDate(at, this.#program.timeZone)
    if (asset === 'points' && this.#program.validFrom === 'activation')
      return this.#fromActivation(day, classOf(lotClass, this.origin))
    return {
      expiresOn: lastDay(this.#program.validity[asset], day),
      lotClass: classOf(lotClass, this.origin),
    }
  }

  /** A member that was registered beforehand has become active: its points begin to run out, from that day on. */
  activate(at: Instant): void {
    if (this.#activatedOn !== 'awaited') return
    this.#activatedOn = localDate(at, this.#program.timeZone)
    const wallet = this.#copy('points')
    const waiting = wallet.lots
      .filter(({ lotClass }) => lotClass.endsWith(INACTIVE))
      .map(({ expiresOn, lotClass, remaining }) => ({ expiresOn, lotClass, amount: remaining }))
    if (waiting.length === 0) return
    const from = wallet.takeBack(waiting)
    const into = wallet.put(this.#started(waiting, at))
    this.#enter('relot', { at, documentId: undefined }, [
      { asset: 'points', amount: total(waiting), lots: [...from, ...into] },
    ])
  }

  /** The lot of points whose validity runs from activation: it does not end before the member is active. */
  #fromActivation(earnedOn: LocalDate, lotClass: string): LotKey {
    if (this.#activatedOn === 'awaited') return { expiresOn: NEVER, lotClass: lotClass + INACTIVE }
    const from = validityStart('activation', { earnedOn, activatedOn: this.#activatedOn ?? earnedOn })
    return { expiresOn: lastDay(this.#program.validity.points, from!), lotClass }
  }

  /** Lots from before activation, kept elsewhere meanwhile or sent by who is not active, as they are after it. */
  #started<L extends LotKey>(lots: readonly L[], at: Instant): readonly L[] {
    const day = this.#activatedOn ?? localDate(at, this.#program.timeZone)
    if (day === 'awaited') return lots
    return lots.map((lot) =>
      lot.lotClass.endsWith(INACTIVE)
        ? { ...lot, ...this.#fromActivation(day, lot.lotClass.slice(0, -INACTIVE.length)) }
        : lot,
    )
  }

  /** Counts an event for the measures of tiers. Comes before what it gave is credited: the tier follows then. */
  count(happening: Happening): void {
    this.counters = counted(this.#program, this.counters, happening)
  }

  /** How much there is on a day of what tiers ask for. */
  measures(day: LocalDate): Measures {
    return measuresOn(this.#program, this.counters, this.wallet('growth').available, day)
  }

  /** The tier follows what was counted, also where nothing was given at once. */
  rise(occasion: Occasion): void {
    this.#upgrade(occasion)
  }

  /** Is this tier asked for, and not yet decided? */
  requested(tier: string): boolean {
    return this.counters[requestKey(tier)] === ASKED
  }

  /** Somebody approved of a tier, set it, or it was bought: the member has it for its term, whatever is measured. */
  changeTier(tier: Tier, reason: TierReason, occasion: Occasion): void {
    this.#changeTier(tier, reason, occasion)
    this.tierUntil = tierUntil(tier, localDate(occasion.at, this.#program.timeZone))
  }

  /** A tier that came with something is never a step down. */
  liftTo(tier: Tier, reason: TierReason, occasion: Occasion): void {
    if (tier.rank > tierOf(this.#program, this.tier).rank) this.changeTier(tier, reason, occasion)
  }

  /** Somebody did not approve: it is not asked for again before the tier is reviewed or changed. */
  refuseTier(tier: string): void {
    this.counters = { ...this.counters, [requestKey(tier)]: REFUSED }
  }

  /** An activity may lead to a tier at once. */
  followActivity(activity: string, occasion: Occasion): void {
    const direct = directUpgrade(this.#program, tierOf(this.#program, this.tier), activity)
    if (direct) this.changeTier(direct, 'direct', occasion)
  }

  /** Puts into lots what came from elsewhere; what is owed is repaid first. The tier follows what counts for it. */
  give(kind: KindInto<'member'>, parcels: readonly Parcel[], occasion: Occasion): void {
    this.#enter(
      kind,
      occasion,
      parcels.map(({ asset, lots }) => ({
        asset,
        amount: total(lots),
        lots: this.#copy(asset).put(this.#started(lots, occasion.at)),
      })),
    )
    if (parcels.some(({ asset }) => raisesTier(kind, asset))) this.#upgrade(occasion)
  }

  /** Adds what was earned at a moment to the lot of its last day. Of an asset that got nothing there is no move. */
  credit(kind: 'earn' | 'grant' | 'top-up', amounts: Amounts, occasion: Occasion): void {
    const parcels: Parcel[] = []
    for (const asset of assets) {
      const amount = amounts[asset] ?? 0n
      if (amount === 0n) continue
      const { expiresOn, lotClass } = this.lotOf(
        asset,
        occasion.at,
        asset === 'points' ? occasion.issuer : '',
      )
      parcels.push({ asset, lots: [{ expiresOn, lotClass, amount }] })
    }
    this.give(kind, parcels, occasion)
  }

  /** Takes from the soonest-expiring lots, and answers from which. Expects that there is enough. */
  take(kind: KindFrom<'member'>, asset: Asset, amount: bigint, occasion: Occasion): readonly LotMove[] {
    const lots = this.#copy(asset).take(amount)
    if (kind === 'hold') this.#copy(asset).held += amount
    this.#enter(kind, occasion, [{ asset, amount, lots }])
    return lots
  }

  /** Takes from several assets at once, each from its soonest-expiring lots. Expects that there is enough of each. */
  takeAll(kind: KindFrom<'member'>, amounts: Amounts, occasion: Occasion): void {
    const parts = assets.flatMap((asset) => {
      const amount = amounts[asset] ?? 0n
      return amount > 0n ? [{ asset, amount, lots: this.#copy(asset).take(amount) }] : []
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
        lots: this.#copy(asset).takeBack(lots),
      })),
    )
  }

  /** Takes what was spent in fact: if it is not there, in order of effect, it is owed. */
  takeInFact(kind: KindFrom<'member'>, asset: Asset, amount: bigint, occasion: Occasion): void {
    this.#enter(kind, occasion, [{ asset, amount, lots: this.#copy(asset).takeOrOwe(amount) }])
  }

  /** Sets points aside. What is not there, in order of effect, is owed, and held as if it were earned now. */
  hold(id: string, amount: bigint, lapsesAt: Instant, occasion: Occasion): void {
    const lots = this.#copy('points').takeOrOwe(amount)
    this.#copy('points').held += amount
    const taken = lots.map((lot) => ({ ...lot, amount: -lot.amount }))
    const owed = amount - total(taken)
    if (owed > 0n) taken.push({ ...this.lotOf('points', occasion.at), amount: owed })
    this.#keep({ id, amount, captured: 0n, released: 0n, lots: taken, lapsesAt, closedBy: undefined })
    this.#enter('hold', occasion, [{ asset: 'points', amount, lots }])
  }

  /**
   * Some of what is held has been spent. What has been returned of it goes back to its lots: in order of effect it was
   * never spent.
   */
  capture(id: string, amount: bigint, occasion: Occasion, returned = 0n): void {
    const hold = this.#unhold(id, amount)
    const { first, rest } = splitLots(hold.lots, amount)
    const captured = hold.captured + amount
    const closedBy = captured + hold.released === hold.amount ? 'capture' : undefined
    this.#keep({ ...hold, captured, lots: rest, closedBy })
    if (amount > returned)
      this.#enter('capture', occasion, [{ asset: 'points', amount: amount - returned, lots: [] }])
    if (returned > 0n) this.#giveBack('release', splitLots(first, amount - returned).rest, occasion)
  }

  /** What is still held goes back to its lots. */
  release(id: string, by: HoldEnd, occasion: Occasion): void {
    const amount = heldBy(this.#holds.get(id)!)
    const hold = this.#unhold(id, amount)
    this.#keep({ ...hold, released: hold.released + amount, lots: [], closedBy: by })
    this.#giveBack('release', hold.lots, occasion)
  }

  /**
   * Of lots past their last day some days more are good, if the programme says so; otherwise they run out at once. What
   * belongs to a member that came out of a merge meanwhile repays no debt here: it goes on at once.
   */
  #giveBack(kind: 'release', lots: Parcel['lots'], occasion: Occasion): void {
    const today = localDate(occasion.at, this.#program.timeZone)
    const { graceDays } = this.#program
    const good = lots.map((lot) =>
      lot.expiresOn < today && graceDays > 0 ? { ...lot, expiresOn: addDays(today, graceDays) } : lot,
    )
    const [away, own] = this.inOrder ? [[], good.map(arrived)] : apart(good)
    if (away.length === 0) this.give(kind, [{ asset: 'points', lots: merged(own) }], occasion)
    else {
      const wallet = this.#copy('points')
      const amount = total(good)
      const lots = [...wallet.put(this.#started(merged(own), occasion.at)), ...wallet.add(away)]
      this.#enter(kind, occasion, [{ asset: 'points', amount, lots }])
      this.#sendHome('points', away, occasion.at)
    }
    this.#expire(addDays(today, -1), occasion, ['points'])
  }

  /** Puts into lots what was on its way, as what has been held goes back: lots may be past their last day. */
  arrive(parcels: readonly Parcel[], occasion: Occasion): void {
    this.give('receive', parcels, occasion)
    this.rise(occasion)
    this.#expire(addDays(localDate(occasion.at, this.#program.timeZone), -1), occasion)
  }

  /** What is held of the lots of these members goes to them when it is free. Answers what that is. */
  part(memberIds: ReadonlySet<string>): HeldFor[] {
    return this.holds.flatMap((hold) => {
      const theirs = hold.lots.filter(({ lotClass }) => isOf(lotClass, memberIds))
      if (theirs.length === 0) return []
      const lots = hold.lots.map((lot) =>
        isOf(lot.lotClass, memberIds) ? { ...lot, lotClass: classOnTheWay(lot.lotClass) } : lot,
      )
      this.#keep({ ...hold, lots })
      return [...Map.groupBy(theirs, ({ lotClass }) => cameWith(lotClass)!)].map(([origin, of]) => ({
        hold: hold.id,
        origin,
        amount: total(of),
      }))
    })
  }

  /**
   * The same in order of effect, where what these members took along is a fact: so much of each hold is theirs, whatever it was
   * taken from, and all else is this account's own. `seq` is the number of that parting.
   */
  partAs(memberIds: ReadonlySet<string>, held: readonly HeldFor[], seq: number): void {
    const classNow = (lotClass: string) =>
      classBehind(isOf(lotClass, memberIds) ? withoutOrigin(lotClass) : lotClass, seq)
    const changes = ({ lotClass }: { lotClass: string }) => classNow(lotClass) !== lotClass
    for (const hold of this.holds) {
      const facts = held.filter((fact) => fact.hold === hold.id)
      if (facts.length === 0 && !hold.lots.some(changes)) continue
      const lots = lotsHeldFor(hold.lots, memberIds, facts)
      this.#keep({ ...hold, lots: lots.map((lot) => ({ ...lot, lotClass: classBehind(lot.lotClass, seq) })) })
    }
    for (const asset of assets) {
      const { lots, waiting } = this.wallet(asset)
      if ([...lots, ...waiting].some(changes)) this.#copy(asset).rename(classNow)
    }
  }

  /** Points that were burned of a member's lots while it was one with this one, and came back, leave for it. */
  sendBack(origin: string, lots: Parcel['lots'], at: Instant): void {
    this.#sendHome(
      'points',
      lots.map((lot) => ({ ...lot, lotClass: classOf(withoutOrigin(lot.lotClass), origin) })),
      at,
      (lot) => ({ ...lot, lotClass: withoutOrigin(lot.lotClass) }),
    )
  }

  #sendHome(
    asset: Asset,
    all: Parcel['lots'],
    at: Instant,
    here: (lot: Parcel['lots'][number]) => Parcel['lots'][number] = (lot) => lot,
  ): void {
    for (const [origin, lots] of Map.groupBy(all, ({ lotClass }) => cameWith(lotClass)!)) {
      const document = homewardDocument(this.#program, this, { origin, asset, at })
      this.takeBack('send', [{ asset, lots: lots.map(here) }], { at, documentId: document.id })
      this.homeward.push({ kind: 'lots', origin, document, lots: [{ asset, lots }] })
    }
  }

  /** What waits leaves in one entry, at most so much of each lot; answers what that is. */
  takeWaiting(
    kind: 'cancel' | 'hand-over',
    fits: (asset: Asset, lot: PendingLot) => bigint,
    occasion: Occasion,
  ): Waiting[] {
    const parts = assets.flatMap((asset) => {
      if (this.wallet(asset).waiting.every((lot) => fits(asset, lot) === 0n)) return []
      return [{ asset, lots: this.#copy(asset).takePending((lot) => fits(asset, lot)) }]
    })
    if (parts.length === 0) return []
    this.#enter(
      kind,
      occasion,
      parts.map((part) => ({ ...part, amount: -total(part.lots) })),
    )
    return parts.map(({ asset, lots }) => ({
      asset,
      lots: lots.map(({ amount, ...lot }) => ({ ...lot, remaining: -amount })),
    }))
  }

  /** Earned, and available from some day or activity on. */
  await(waiting: readonly Waiting[], occasion: Occasion, kind: KindInto<'pending'> = 'await'): void {
    const parts = waiting.map(({ asset, lots }) => {
      const moves = lots.map((lot) => this.#copy(asset).putPending(lot))
      return { asset, amount: total(moves), lots: moves }
    })
    this.#enter(kind, occasion, parts)
  }

  /** On record though nothing moves by it. */
  note(kind: EntryKind, occasion: Occasion): void {
    this.#enter(kind, occasion, [])
  }

  /** Lots change by exactly so much. */
  shift(kind: EntryKind, parts: readonly Omit<Move, 'after'>[], occasion: Occasion): void {
    for (const { asset, amount, lots } of parts) this.#copy(asset).shift(lots, signOf(kind) * amount)
    this.#enter(kind, occasion, parts)
  }

  /** Takes over from the account as it stands in order of effect all that is not in wallets. */
  standLike(ideal: AccountBook, { at, documentId }: Occasion): void {
    if (ideal.tier !== this.tier)
      this.#recordTier(ideal.tier, this.#reasonFor(ideal.tier), { at, documentId })
    for (const request of ideal.tierRequests)
      if (ideal.requested(request.tier) && !this.requested(request.tier)) this.tierRequests.push(request)
    if (ideal.tierSince !== this.tierSince || ideal.tierUntil !== this.tierUntil) this.#reviewed = true
    this.tierSince = ideal.tierSince
    this.tierUntil = ideal.tierUntil
    if (!sameCounters(this.counters, ideal.counters)) this.counters = ideal.counters
    for (const hold of ideal.holds) if (!sameLots(hold, this.#holds.get(hold.id))) this.#keep(hold)
    this.latestAt = ideal.latestAt
    this.fixedAt = ideal.fixedAt
  }

  #reasonFor(tier: string): TierReason {
    return tierOf(this.#program, tier).rank > tierOf(this.#program, this.tier).rank ? 'reached' : 'undone'
  }

  /** Something happened at a moment, whether it left an entry or not. */
  sawMoment(at: Instant): void {
    if (at > this.latestAt) this.latestAt = at
  }

  /** What was counted at a moment might have been counted otherwise by what comes before it. */
  fix(at: Instant): void {
    if (at > this.fixedAt) this.fixedAt = at
  }

  /** An activity makes available what waited for it. */
  matureBy(activity: string, occasion: Occasion): void {
    for (const asset of assets) this.#mature(asset, (lot) => lot.releaseOn === activity, occasion)
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
    kind: 'cancel' | 'repay' | 'hand-over' = 'cancel',
  ): bigint {
    const lots = this.#copy(asset).takePending(fits)
    const amount = -total(lots)
    if (amount > 0n) this.#enter(kind, occasion, [{ asset, amount, lots }])
    return amount
  }

  /** Puts the account into a tier that follows from no entry of its own: members became one, or two again. */
  placeAt({ tier, since, until }: TierStanding, at: Instant): void {
    if (tier !== this.tier) this.#recordTier(tier, 'merged', { at, documentId: undefined })
    this.tierSince = since
    this.tierUntil = until
    this.#reviewed = true
    // What comes from before it is late, also where nothing else happened.
    this.#tookEffect(at, true)
  }

  #keep(hold: Hold): void {
    if (this.#touchedHolds === NO_HOLDS) this.#touchedHolds = new Map()
    if (this.#holds === NO_HOLDS) this.#holds = new Map()
    this.#touchedHolds.set(hold.id, hold)
    if (hold.closedBy === undefined) this.#holds.set(hold.id, hold)
    else this.#holds.delete(hold.id)
  }

  #copy(asset: Asset): Wallet {
    const copy = this.#copies[asset] ?? new Wallet(this.#before.wallets[asset])
    this.#copies[asset] = copy
    return copy
  }

  #unhold(id: string, amount: bigint): Hold {
    const hold = this.#holds.get(id)
    assert(hold && heldBy(hold) >= amount, 'no more is captured or released than is held')
    this.#copy('points').held -= amount
    return hold
  }

  #mature(asset: Asset, fits: (lot: PendingLot) => boolean, occasion: Occasion): void {
    this.#matureAs(asset, (lot) => (fits(lot) ? lot.remaining : 0n), occasion)
  }

  #matureAs(asset: Asset, fits: (lot: PendingLot) => bigint, occasion: Occasion): void {
    if (this.wallet(asset).waiting.length === 0) return
    const wallet = this.#copy(asset)
    const from = wallet.takePending(fits)
    if (from.length === 0) return
    const anew = this.#program.validFrom === 'release' && isLocalDate(from[0]!.releaseOn) === false
    const into = wallet.put(
      merged(
        this.#started(
          from.map(({ expiresOn, lotClass, amount }) => ({
            expiresOn: anew ? this.lotOf(asset, occasion.at).expiresOn : expiresOn,
            lotClass,
            amount: -amount,
          })),
          occasion.at,
        ),
      ),
    )
    this.#enter('mature', occasion, [{ asset, amount: -total(from), lots: [...from, ...into] }])
    if (asset === 'growth') this.#upgrade(occasion)
  }

  /** Whatever it is that runs out on one day does so in one entry. */
  #expire(due: LocalDate, occasion: Occasion, of: readonly Asset[] = assets): void {
    const moves = of.flatMap((asset) => {
      if (isEmpty(this.wallet(asset))) return []
      const lots = this.#copy(asset).takeExpired(due)
      return lots.length === 0 ? [] : [{ asset, amount: -total(lots), lots }]
    })
    if (moves.length > 0) this.#enter('expire', occasion, moves)
  }

  #upgrade(occasion: Occasion): void {
    if (this.tiersRest) return
    const { tiers, timeZone } = this.#program
    const current = tierOf(this.#program, this.tier)
    if (current.rank === tiers.length - 1) return
    const day = localDate(occasion.at, timeZone)
    const { instant, toApprove } = upgrade(this.#program, current, this.measures(day))
    if (instant) this.changeTier(instant, 'reached', occasion)
    if (toApprove) this.#request(toApprove, occasion)
  }

  #request(tier: Tier, occasion: Occasion): void {
    const key = requestKey(tier.id)
    if (this.counters[key] !== undefined) return
    this.tierRequests.push({ ...occasion, tier: tier.id })
    this.counters = { ...this.counters, [key]: ASKED }
  }

  #review(due: LocalDate, at: Instant): void {
    const current = tierOf(this.#program, this.tier)
    const next = reviewed(this.#program, current, this.measures(due))
    if (next.id === this.tier) this.counters = countedAnew(this.#program, this.counters, false)
    else this.#changeTier(next, 'review', { at, documentId: undefined })
    this.tierUntil = tierUntil(next, due)
    this.#reviewed = true
    this.#tookEffect(before(at), true)
  }

  #changeTier(to: Tier, reason: TierReason, occasion: Occasion): void {
    const promoted = to.rank > tierOf(this.#program, this.tier).rank
    this.#recordTier(to.id, reason, occasion)
    this.counters = countedAnew(this.#program, this.counters, promoted)
    if (promoted && this.#program.onPromotion === 'reset') this.#endGrowth(occasion.at)
  }

  #recordTier(to: string, reason: TierReason, { at, documentId }: Occasion): void {
    this.#tierChangeCount += 1
    this.tierChanges.push({
      sequence: this.#tierChangeCount,
      from: this.tier,
      to,
      reason,
      at,
      documentId,
    })
    this.tier = to
    this.tierSince = at
    this.#tookEffect(documentId === undefined ? before(at) : at, true)
  }

  #tookEffect(at: Instant, fixed: boolean): void {
    this.sawMoment(at)
    if (fixed) this.fix(at)
  }

  /** Growth begins anew: what is left of it runs out, its lots with it. */
  #endGrowth(at: Instant): void {
    const lots = this.#copy('growth').takeExpired(NEVER)
    if (lots.length > 0)
      this.#enter('expire', { at, documentId: undefined }, [{ asset: 'growth', amount: -total(lots), lots }])
  }

  #enter(kind: EntryKind, { at, documentId }: Occasion, parts: readonly Omit<Move, 'after'>[]): void {
    assert(parts.length > 0 || documentId !== undefined, 'an entry moves something, or has a document')
    // Which points repay a debt depends on their order.
    const owing = parts.some(
      ({ asset, amount, lots }) => this.#copy(asset).owed > 0n || (kind !== 'await' && total(lots) < amount),
    )
    this.#tookEffect(documentId === undefined ? before(at) : at, owing || !commuting.has(kind))
    const { counts } = kindOf(kind)
    const moves = parts.map(({ asset, amount, lots }): Move => {
      assert(amount > 0n, 'a move moves something')
      const wallet = this.#copy(asset)
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

/** Of all accounts without: nothing is ever put into it. */
const NO_HOLDS = new Map<string, Hold>()

const isEmpty = ({ lots, waiting }: WalletState): boolean => lots.length === 0 && waiting.length === 0
/** Ends the class of lots whose validity has not begun. */
const INACTIVE = '~inactive'

/** What is asked for and not decided, or refused, stands among the counters until the tier changes or is reviewed. */
const requestKey = (tier: string): string => `m:request:${tier}/tier`
const ASKED = 1n
const REFUSED = 2n

const total = (lots: readonly { readonly amount: bigint }[]): bigint =>
  lots.reduce((sum, { amount }) => sum + amount, 0n)

/** Points that only come back, or from somebody else, are nothing new: a tier that a review took is not won again by them. */
const raisesTier = (kind: EntryKind, asset: Asset): boolean =>
  asset === 'growth' || (asset === 'points' && (kind === 'earn' || kind === 'grant'))

/** What falls due at the end of a day, or at a moment, precedes all that takes effect at that moment. */
const before = (at: Instant): Instant => (at - 1) as Instant

/** Their order among themselves does not matter. */
const commuting: ReadonlySet<EntryKind> = new Set<EntryKind>(['earn', 'grant', 'await'])

const arrived = <L extends LotKey>(lot: L): L => ({ ...lot, lotClass: classArrived(lot.lotClass) })

/** What is on its way, under the class that it has there, and what is the account's own. */
const apart = (lots: Parcel['lots']): readonly [Parcel['lots'], Parcel['lots']] => [
  lots.filter(({ lotClass }) => goesHome(lotClass)).map(arrived),
  lots.filter(({ lotClass }) => !goesHome(lotClass)),
]

/** One of each lot. */
export function merged(lots: Parcel['lots']): Parcel['lots'] {
  const sums = new Map<string, Parcel['lots'][number]>()
  for (const lot of lots) {
    const name = `${lot.expiresOn}/${lot.lotClass}`
    const known = sums.get(name)
    sums.set(name, known ? { ...lot, amount: known.amount + lot.amount } : lot)
  }
  return [...sums.values()]
}

const sameCounters = (a: Counters, b: Counters): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

const sameLots = (a: Hold, b: Hold | undefined): boolean =>
  b !== undefined &&
  a.lots.length === b.lots.length &&
  a.lots.every((lot, index) => {
    const other = b.lots[index]!
    return lot.expiresOn === other.expiresOn && lot.lotClass === other.lotClass && lot.amount === other.amount
  })
