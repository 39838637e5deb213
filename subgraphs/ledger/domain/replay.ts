import { addDays, type Instant, localDate } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import { AccountBook, newAccount, type Occasion, type Parcel, type Standing } from './account-book.ts'
import type { Asset } from './asset.ts'
import { correctGrowth } from './correct-growth.ts'
import { originIn } from './counted-origin.ts'
import { tagsIn } from './counted-tags.ts'
import { type Multiplier, type Rating, rate, rateAgain } from './earn.ts'
import { enterEarning } from './enter-earning.ts'
import { tierGivenBy } from './entering.ts'
import { type Entry, type KindFrom, type KindInto, signOf } from './entry.ts'
import { lapseOf } from './holding.ts'
import { added, standingFrom, taken } from './merge-accounts.ts'
import { cameIn } from './origin-class.ts'
import { eventOf, type SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { CASH, GRACE, keptOf, linesLeft, Returns } from './returns.ts'
import { earningOccasion, occasionOf } from './source-document.ts'
import { tierOf } from './tiers.ts'

/** A recorded document, and what was known when it was. */
export interface PastDocument {
  readonly document: SourceDocument
  /** The version that it was recorded by. */
  readonly rules: Program
  readonly multipliers: readonly Multiplier[]
  /** Its first entry: what was moved in fact. */
  readonly entry: Pick<Entry, 'kind' | 'moves' | 'seq'>
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
}

/**
 * An account from its beginning to a moment: its documents in order of effect, each by the rules of its own version.
 * What was burned, held and given stays a fact; what rules gave, what caps counted, which lots were used and when the
 * tier changed is decided again. Whatever order the documents came in, it comes out the same.
 */
export function replay(memberId: string, history: History, until: Instant): Replay {
  const result = new Replaying(memberId, history, undefined).run(until)
  if (!result.ok) throw new Error('what is on record is not refused')
  return result.value
}

/** The same, and one of the documents is new: a cap may refuse it in its place. */
export function replayWith(
  memberId: string,
  history: History,
  fresh: PastDocument,
  until: Instant,
): Result<Replay, 'CAP_REACHED'> {
  const past = [...history.past, fresh]
  return new Replaying(memberId, { ...history, past }, fresh.document.id).run(until)
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
  #version = 0

  constructor(memberId: string, { past, versions, standing }: History, fresh: string | undefined) {
    this.#past = past.toSorted(byEffect)
    this.#versions = versions
    this.#fresh = fresh
    this.#returns = new Returns(this.#past)
    const { program } = versions[0]!
    const account = newAccount(memberId, program)
    this.#book = new AccountBook(program, standing ? { ...account, standing } : account)
  }

  run(until: Instant): Result<Replay, 'CAP_REACHED'> {
    for (const [place, item] of this.#past.entries()) {
      this.#advance(item.document.effectiveAt)
      this.#book.useRules(item.rules)
      const refused = this.#apply(item, place)
      if (refused) return refused
      this.#book.useRules(this.#versions[this.#version]!.program)
    }
    this.#advance(until)
    return ok({ book: this.#book, placed: this.#placed })
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
    book.origin =
      item.origin ?? (document.kind === 'merge-in' ? cameIn(entry.moves) : originIn(document.counted))
    switch (document.kind) {
      case 'purchase':
      case 'activity':
        return this.#earn(item)
      case 'grant':
        book.count({
          points: document.awards[0]!.amount,
          day: localDate(document.effectiveAt, item.rules.timeZone),
        })
        book.credit('grant', { points: document.awards[0]!.amount }, occasion)
        return
      case 'redemption': {
        const points = pointsOf(entry)
        const kept = keptOf(points, this.#returns.after(item, place))
        if (kept > 0n) book.takeInFact('redeem', 'points', kept, occasion)
        if (kept > 0n) this.#followReward(item, occasion)
        return
      }
      case 'hold':
        book.hold(document.id, pointsOf(entry), lapseOf(document), occasion)
        return
      case 'capture': {
        const points = pointsOf(entry)
        const kept = keptOf(points, this.#returns.after(item, place))
        book.capture(document.subject!, points, occasion, points - kept)
        return
      }
      case 'release':
        book.release(document.subject!, 'release', occasion)
        return
      case 'return':
        this.#settleReturn(document)
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
    if (document.kind === 'merge-in') {
      this.#repeat(entry, document)
      book.rise(occasion)
    } else {
      const parcels = entry.moves
        .filter(({ asset }) => asset === 'points' || asset === 'growth')
        .map(({ asset, lots }) => ({ asset, lots: lots.map((lot) => ({ ...lot, amount: -lot.amount })) }))
        .filter(({ lots }) => lots.length > 0)
      if (parcels.length > 0) book.takeBack('send', parcels, occasion)
    }
    book.tiersRest = false
    if (document.subject) book.placeAt(standingFrom(document.tierAfter, document.subject), occasion.at)
  }

  #earn({ document, rules, multipliers }: PastDocument): Result<never, 'CAP_REACHED'> | undefined {
    const book = this.#book
    const lines = linesLeft(document, this.#returns.of(document.id))
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
    const awards = rated.value.awards.map((award) =>
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
      const rest = lots.reduce((left, lot) => left - lot.amount, amount)
      const repaid = rest > 0n ? [{ ...this.#book.lotOf(asset as Asset, occasion.at), amount: rest }] : []
      return { asset, lots: [...lots, ...repaid] }
    })
    this.#book.give(kind as KindInto<'member'>, parcels, occasion)
  }
}

/** The lot of what a return gives back too late. */
export const graceLot = ({ timeZone, graceDays }: Program, { effectiveAt }: SourceDocument) => ({
  expiresOn: addDays(localDate(effectiveAt, timeZone), graceDays),
  lotClass: '',
})

const pointsOf = ({ moves }: PastDocument['entry']): bigint =>
  moves.find(({ asset }) => asset === 'points')!.amount
