import { addDays, type Instant, localDate } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import { AccountBook, merged, newAccount, type Occasion, type Parcel, type Standing } from './account-book.ts'
import type { Asset } from './asset.ts'
import { correctGrowth } from './correct-growth.ts'
import { lotsIn } from './counted-lots.ts'
import { recordedOrigin } from './counted-origin.ts'
import { tagsIn } from './counted-tags.ts'
import { type Award, type Multiplier, type Rating, rate, rateAgain } from './earn.ts'
import { enterEarning } from './enter-earning.ts'
import { tierGivenBy } from './entering.ts'
import { type Entry, type KindFrom, type KindInto, type LotMove, signOf } from './entry.ts'
import { enterGrant, grantedBy } from './granting.ts'
import { lapseOf } from './holding.ts'
import { added, partingOf, standingFrom, taken } from './merge-accounts.ts'
import { originSince } from './origin-class.ts'
import { eventOf, type SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { CASH, GRACE, isAtHome, keptOf, linesLeft, Returns } from './returns.ts'
import { earningOccasion, occasionOf } from './source-document.ts'
import { tierOf } from './tiers.ts'
import { byRelease, type PendingLot } from './wallet.ts'

/** A recorded document, and what was known when it was. */
export interface PastDocument {
  readonly document: SourceDocument
  /** The version that it was recorded by. */
  readonly rules: Program
  readonly multipliers: readonly Multiplier[]
  /** Its first entry: what was moved in fact. */
  readonly entry: Pick<Entry, 'kind' | 'moves' | 'seq'>
  /** Absent: it has just come. */
  readonly recordedAt?: Instant
  /** For one that is new: the member by whose id it came, if that one was merged into this account's. */
  readonly origin?: string | undefined
}

/** All that an account has seen, and the versions of its programme with the moments from which they are in force. */
export interface History {
  /** In any order. */
  readonly past: readonly PastDocument[]
  /** The oldest first; it holds for all that was before it, too. */
  readonly versions: readonly { readonly from: Instant; readonly program: Program }[]
  /** What other subgraphs say of the member now. */
  readonly standing?: Standing
}

/** What a document came to in its place. */
export interface Placed {
  readonly rating: Rating
  readonly tierBefore: string
  readonly tierAfter: string
}

export interface Replay {
  /** The account as it would stand if all had come in order. */
  readonly book: AccountBook
  readonly placed: ReadonlyMap<string, Placed>
  /** How much of what was burned stays burned, by document. */
  readonly kept: ReadonlyMap<string, bigint>
}

/**
 * An account from its beginning to a moment: its documents in order of effect, each by the rules of its own version.
 * What was burned, held and given stays a fact; what rules gave, what caps counted, which lots were used and when the
 * tier changed is decided again. Whatever order the documents came in, it comes out the same.
 */
export function replay(memberId: string, history: History, until: Instant): Replay {
  return replayAlone(memberId, history, settledByPartings(memberId, history), until)
}

/** What was earned by the id of a member that came out of a merge since: it is settled, and that member's own affair. */
export interface Settled {
  readonly origin: string
  readonly awards: readonly Award[]
  /** How much of it had come back when the member came out. */
  readonly returned: readonly SourceDocument[]
  /** All that was on record then. */
  readonly past: readonly PastDocument[]
  readonly at: Instant
}

/** By document. What an unmerge has given back stays as it stood then, whatever comes late or is returned in this account. */
export function settledByPartings(memberId: string, history: History): Map<string, Settled> {
  const settled = new Map<string, Settled>()
  const partings = history.past.filter(({ document }) => partingOf(document)?.parts)
  for (const { document, entry } of partings.toSorted((a, b) => a.entry.seq - b.entry.seq)) {
    const gone = new Set(partingOf(document)!.memberIds)
    const past = history.past.filter((item) =>
      isOnRecord(item) ? item.entry.seq < entry.seq : item.document.effectiveAt <= document.effectiveAt,
    )
    const theirs = past.filter((item) => !settled.has(item.document.id) && gone.has(originOf(item) ?? ''))
    if (theirs.length === 0) continue
    const at = document.effectiveAt
    const then = replayAlone(memberId, { ...history, past }, settled, at)
    for (const item of theirs) {
      settled.set(item.document.id, {
        origin: originOf(item)!,
        awards: then.placed.get(item.document.id)?.rating.awards ?? [],
        returned: past.flatMap(({ document: one }) =>
          one.kind === 'return' && one.subject === item.document.id && !isAtHome(one) ? [one] : [],
        ),
        past,
        at,
      })
    }
  }
  return settled
}

/** What a document would be worth if so much of it had come back before its member came out. */
export function awardsLess(
  memberId: string,
  history: History,
  documentId: string,
  { past, at }: Settled,
  returned: readonly PastDocument[],
): readonly Award[] {
  const settled = settledByPartings(memberId, { ...history, past })
  const then = replayAlone(memberId, { ...history, past: [...past, ...returned] }, settled, at)
  return then.placed.get(documentId)?.rating.awards ?? []
}

function replayAlone(
  memberId: string,
  history: History,
  settled: ReadonlyMap<string, Settled>,
  until: Instant,
): Replay {
  const result = new Replaying(memberId, history, { settled }).run(until)
  if (!result.ok) throw new Error('what is on record is not refused')
  return result.value
}

/** Decisions of changed rules are on record elsewhere. */
const isOnRecord = ({ document }: PastDocument): boolean => document.id !== ''

/** The same, and one of the documents is new: a cap may refuse it in its place. */
export function replayWith(
  memberId: string,
  history: History,
  fresh: PastDocument,
  until: Instant,
): Result<Replay, 'CAP_REACHED'> {
  const past = [...history.past, fresh]
  const settled = settledByPartings(memberId, history)
  return new Replaying(memberId, { ...history, past }, { settled, fresh: fresh.document.id }).run(until)
}

/** Earnings and gifts of one moment come before what is burned at that moment. */
const isDecided = ({ document: { kind } }: PastDocument): boolean =>
  kind === 'purchase' || kind === 'activity' || kind === 'grant'

/**
 * Order of effect. At one moment earnings go by their numbers as those are counted, which do not depend on how they came;
 * facts as they came.
 */
export function byEffect(a: PastDocument, b: PastDocument): number {
  const apart = a.document.effectiveAt - b.document.effectiveAt
  if (apart !== 0) return apart
  if (isDecided(a) !== isDecided(b)) return isDecided(a) ? -1 : 1
  if (!isDecided(a)) return a.entry.seq - b.entry.seq
  return byNumber(a.document, b.document)
}

function byNumber(a: SourceDocument, b: SourceDocument): number {
  if (a.number.length !== b.number.length) return a.number.length - b.number.length
  if (a.number !== b.number) return a.number < b.number ? -1 : 1
  return a.id < b.id ? -1 : 1
}

class Replaying {
  readonly #past: readonly PastDocument[]
  readonly #versions: History['versions']
  readonly #fresh: string | undefined
  readonly #returns: Returns
  readonly #book: AccountBook
  readonly #placed = new Map<string, Placed>()
  readonly #kept = new Map<string, bigint>()
  readonly #settled: ReadonlyMap<string, Settled>
  /** Of members that came out of the merge, in their order. */
  readonly #partings: readonly PastDocument[]
  #version = 0

  constructor(
    memberId: string,
    { past, versions, standing }: History,
    { fresh, settled }: { readonly fresh?: string; readonly settled: ReadonlyMap<string, Settled> },
  ) {
    this.#past = past.toSorted(byEffect)
    this.#versions = versions
    this.#fresh = fresh
    this.#settled = settled
    this.#returns = new Returns(this.#past)
    this.#partings = this.#past.filter(({ document }) => partingOf(document)?.parts)
    const { program } = versions[0]!
    const account = newAccount(memberId, program)
    this.#book = new AccountBook(program, standing ? { ...account, standing } : account)
    this.#book.inOrder = true
  }

  run(until: Instant): Result<Replay, 'CAP_REACHED'> {
    for (const [place, item] of this.#past.entries()) {
      this.#advance(item.document.effectiveAt)
      this.#book.useRules(item.rules)
      const refused = this.#apply(item, place)
      if (refused) return refused
      // Of some nothing is left to enter, or there never was; what comes from before them is late all the same.
      this.#book.sawMoment(item.document.effectiveAt)
      this.#book.useRules(this.#versions[this.#version]!.program)
    }
    this.#advance(until)
    return ok({ book: this.#book, placed: this.#placed, kept: this.#kept })
  }

  /** What fell due happened by the version that was in force then. */
  #advance(until: Instant): void {
    for (;;) {
      const next = this.#versions[this.#version + 1]
      if (!next || next.from > until) break
      this.#book.catchUp(next.from)
      this.#book.useRules(next.program)
      this.#version += 1
    }
    this.#book.catchUp(until)
  }

  #apply(item: PastDocument, place: number): Result<never, 'CAP_REACHED'> | undefined {
    const { document, entry } = item
    const book = this.#book
    const occasion = occasionOf(document)
    book.origin = this.#originOf(item)
    switch (document.kind) {
      case 'purchase':
      case 'activity':
        return this.#earn(item)
      case 'grant':
        enterGrant(item.rules, book, grantedBy(document.awards), occasion)
        return
      case 'redemption': {
        const points = pointsOf(entry)
        const kept = keptOf(points, this.#returns.after(item, place))
        if (kept > 0n) book.takeInFact('redeem', 'points', kept, occasion)
        if (kept > 0n) this.#followReward(item, occasion)
        this.#kept.set(document.id, kept)
        return
      }
      case 'hold':
        book.hold(document.id, pointsOf(entry), lapseOf(document), occasion)
        return
      case 'capture': {
        const points = pointsOf(entry)
        const kept = keptOf(points, this.#returns.after(item, place))
        this.#kept.set(document.id, kept)
        book.capture(document.subject!, points, occasion, points - kept)
        return
      }
      case 'release':
        book.release(document.subject!, 'release', occasion)
        return
      case 'return':
        if (isAtHome(document)) this.#leave(entry, occasion)
        else this.#settleReturn(document)
        return
      case 'merge-in':
      case 'merge-out':
      case 'set-aside':
        this.#join(item)
        return
      case 'adjustment':
        this.#adjust(item, occasion)
        return
      case 'tier-decision':
        this.#decideTier(item, occasion)
        return
      default:
        this.#repeat(entry, document)
    }
  }

  /** By whose id it came. What came when that one was in the merge again goes out of it by no parting of before. */
  #originOf(item: PastDocument): string | undefined {
    const origin = originOf(item)
    if (origin === undefined || !isDecided(item)) return origin
    const before = this.#partings.findLast(
      (parting) =>
        parting.entry.seq < item.entry.seq &&
        byEffect(item, parting) < 0 &&
        partingOf(parting.document)!.memberIds.includes(origin),
    )
    return before ? originSince(origin, before.entry.seq) : origin
  }

  /** What staff corrected is a fact; whether a tier follows is not. */
  #adjust({ document, entry, rules }: PastDocument, occasion: Occasion): void {
    const growth = entry.moves.find(({ asset }) => asset === 'growth')
    if (!growth) {
      this.#repeat(entry, document)
      return
    }
    const direction = signOf(entry.kind) === 1n ? 'grant' : 'deduct'
    correctGrowth(rules, this.#book, { direction, amount: growth.amount }, occasion)
  }

  /** What a merge moved, and where the account stood after it, are facts. */
  #join({ document, entry, rules }: PastDocument): void {
    const book = this.#book
    const occasion = occasionOf(document)
    if (document.counted) {
      const join = document.kind === 'merge-in' ? added : taken
      book.counters = join(book.counters, document.counted)
    }
    // As at the merge itself: where a promotion ends what led to it, nobody is promoted by it.
    book.tiersRest = rules.onPromotion === 'reset'
    if (document.kind !== 'merge-in') this.#leave(entry, occasion)
    else if (entry.kind === 'take-over') this.#waitHere(entry, occasion)
    else {
      this.#repeat(entry, document)
      book.rise(occasion)
    }
    book.tiersRest = false
    if (document.subject) book.placeAt(standingFrom(document.tierAfter, document.subject), occasion.at)
    const parting = partingOf(document)
    if (parting?.parts) book.partAs(new Set(parting.memberIds), parting.held ?? [], entry.seq)
  }

  /** So much left an account, from these lots as far as they are there. */
  #leave({ kind, moves }: PastDocument['entry'], occasion: Occasion): void {
    const book = this.#book
    const parcels = moves
      .filter(({ asset }) => asset === 'points' || asset === 'growth')
      .map(({ asset, amount, lots }) => {
        const taken = lots.map((lot) => ({ ...lot, amount: -lot.amount }))
        const owed = taken.reduce((rest, lot) => rest - lot.amount, amount)
        const anywhere = { ...book.lotOf(asset, occasion.at), amount: owed }
        return { asset, lots: owed > 0n ? [...taken, anywhere] : taken }
      })
      .filter(({ lots }) => lots.length > 0)
    if (kind !== 'hand-over' && kind !== 'cancel') {
      if (parcels.length > 0) book.takeBack(kind as KindFrom<'member'>, parcels, occasion)
      return
    }
    for (const { asset, lots } of parcels) {
      const taken = book.cancel(asset, upTo(lots), occasion, kind)
      const missing = lots.reduce((sum, { amount }) => sum + amount, -taken)
      if (missing === 0n) continue
      const rest = [{ ...lots[0]!, amount: missing }]
      book.takeBack(kind === 'cancel' ? 'reverse' : 'send', [{ asset, lots: rest }], occasion)
    }
  }

  #waitHere({ moves }: PastDocument['entry'], occasion: Occasion): void {
    const waiting = moves
      .filter(({ asset }) => asset === 'points' || asset === 'growth')
      .map(({ asset, lots }) => ({
        asset,
        lots: lots.map(({ releaseOn = '', amount, ...lot }) => ({ ...lot, releaseOn, remaining: amount })),
      }))
    if (waiting.length > 0) this.#book.await(waiting, occasion, 'take-over')
  }

  #earn({ document, rules, multipliers }: PastDocument): Result<never, 'CAP_REACHED'> | undefined {
    const book = this.#book
    const settled = this.#settled.get(document.id)
    const lines = linesLeft(document, settled?.returned ?? this.#returns.of(document.id))
    // A purchase of which nothing is left never was.
    if (document.kind === 'purchase' && lines.length === 0) return undefined
    const event = eventOf(
      rules,
      document,
      lines.map(({ line }) => line),
    )
    const state = { tier: book.tier, tags: tagsIn(document.counted), counters: book.counters }
    const rated =
      document.id === this.#fresh
        ? rate(rules, event, state, multipliers)
        : ok(rateAgain(rules, event, state, multipliers))
    if (!rated.ok) return rated
    const awards =
      settled?.awards ??
      rated.value.awards.map((award) =>
        award.line < 0 ? award : { ...award, line: lines[award.line]!.index },
      )
    const rating = { ...rated.value, awards }
    enterEarning(rules, book, event, rating, earningOccasion(rules, document))
    this.#placed.set(document.id, { rating, tierBefore: state.tier, tierAfter: book.tier })
    return undefined
  }

  /** What a return settled in fact: points that came back too late and are good for some days more, debts paid in cash. */
  #settleReturn(document: SourceDocument): void {
    const book = this.#book
    const occasion = occasionOf(document)
    for (const { rule, amount } of document.awards) {
      const { expired } = book.wallet('points')
      const restored = amount < expired ? amount : expired
      if (rule === GRACE && restored > 0n) {
        const lots = [{ ...graceLot(this.#versions[this.#version]!.program, document), amount: restored }]
        book.give('restore', [{ asset: 'points', lots }], occasion)
      }
      if (rule === CASH) book.credit('top-up', { points: amount }, occasion)
    }
  }

  /** The right to a tier was bought. */
  #followReward({ document: { subject }, rules }: PastDocument, occasion: Occasion): void {
    const bought = rules.rewards.find(({ id }) => id === subject)?.tier
    if (bought === undefined) return
    const tier = tierOf(rules, bought)
    if (tier.rank > tierOf(rules, this.#book.tier).rank) this.#book.changeTier(tier, 'bought', occasion)
  }

  /** Staff, changed rules, a product or an application gave a tier or did not. */
  #decideTier({ document: { subject, channel, number }, rules }: PastDocument, occasion: Occasion): void {
    const given = tierGivenBy(channel)
    this.#book.fix(occasion.at)
    if (given) this.#book.liftTo(tierOf(rules, subject!), given, occasion)
    else if (number === 'refused') this.#book.refuseTier(subject!)
    else if (subject !== this.#book.tier)
      this.#book.changeTier(tierOf(rules, subject!), number === 'rules' ? 'rules' : 'approved', occasion)
  }

  /** A movement of which nothing is decided but the lots that are taken. Stored value goes by no rule of order. */
  #repeat({ kind, moves: all }: PastDocument['entry'], document: SourceDocument): void {
    const moves = all.filter(({ asset }) => asset === 'points' || asset === 'growth')
    if (moves.length === 0) return
    const occasion = occasionOf(document)
    if (signOf(kind) === -1n) {
      for (const { asset, amount } of moves)
        this.#book.takeInFact(kind as KindFrom<'member'>, asset, amount, occasion)
      return
    }
    const parcels = moves.map(({ asset, amount, lots }): Parcel => {
      const whole = lotsIn(document.counted)
      if (whole) return { asset, lots: whole }
      // What repaid a debt was of the lot that ends soonest, if anything of it is left.
      const rest = lots.reduce((left, lot) => left - lot.amount, amount)
      const lot = lots[0] ?? this.#book.lotOf(asset as Asset, occasion.at)
      return { asset, lots: rest > 0n ? merged([...lots, { ...lot, amount: rest }]) : lots }
    })
    this.#book.give(kind as KindInto<'member'>, parcels, occasion)
  }
}

/** The lot of what a return gives back too late. */
export const graceLot = ({ timeZone, graceDays }: Program, { effectiveAt }: SourceDocument) => ({
  expiresOn: addDays(localDate(effectiveAt, timeZone), graceDays),
  lotClass: '',
})

/** By whose id a document came. */
const originOf = ({ origin, document, entry }: PastDocument): string | undefined =>
  origin ?? recordedOrigin(document.counted, entry)

/** So much of certain lots, as far as it waits there. */
const upTo =
  (lots: readonly LotMove[]) =>
  (lot: PendingLot): bigint => {
    const wanted = lots.find(({ releaseOn = '', ...key }) => byRelease({ ...key, releaseOn }, lot) === 0)
    return wanted === undefined ? 0n : wanted.amount < lot.remaining ? wanted.amount : lot.remaining
  }

const pointsOf = ({ moves }: PastDocument['entry']): bigint =>
  moves.find(({ asset }) => asset === 'points')!.amount
