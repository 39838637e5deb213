import { type Instant, isLocalDate, type LocalDate, localDate } from '../../../kernel/values/instant.ts'
import type { AccountBook, Parcel, TierStanding } from './account-book.ts'
import { type Asset, assets } from './asset.ts'
import type { Counters } from './earn-counters.ts'
import type { LotKey } from './entry.ts'
import type { HeldFor } from './hold.ts'
import { summed } from './measures.ts'
import { cameWith, classAtHome, classOf } from './origin-class.ts'
import type { SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { tierFor, tierOf, tierUntil } from './tiers.ts'
import type { PendingLot } from './wallet.ts'

export interface LotAmount extends LotKey {
  readonly amount: bigint
}

/** Something that one side paid of the other's debt, and by which lots. */
export interface Settlement {
  readonly paidBy: 'from' | 'into'
  readonly asset: Asset
  readonly amount: bigint
  readonly lots: readonly LotAmount[]
}

/** What a merge did in one programme, as far as an unmerge must know it. */
export interface Joined {
  readonly tierFrom: TierStanding
  readonly tierInto: TierStanding
  /** The number of the last change of tier of the one that is left, after the merge. */
  readonly tierChanges: number
  readonly countersFrom: Counters
  readonly settled: readonly Settlement[]
}

/** Names a pair of documents: what goes out of one account comes into the other, by the very lots. */
export type PairId = (what: string, payer: AccountBook) => { readonly out: string; readonly into: string }

interface Occasion {
  readonly at: Instant
  readonly pairId: PairId
}

const standingOf = ({ tier, tierSince, tierUntil }: AccountBook): TierStanding => ({
  tier,
  since: tierSince,
  until: tierUntil,
})

/** Whatever a member has goes over into the account of the one that it was merged into. Both books are caught up. */
export function joinAccounts(
  program: Program,
  from: AccountBook,
  into: AccountBook,
  occasion: Occasion,
): Joined {
  const [tierFrom, tierInto] = [standingOf(from), standingOf(into)]
  const countersFrom = from.counters
  into.counters = added(into.counters, countersFrom)
  // Where a promotion ends what led to it, nobody is promoted by a merge: the next thing earned does that.
  into.tiersRest = program.onPromotion === 'reset'
  const settled = [
    ...moveOver(from, into, occasion, ''),
    ...assets.flatMap((asset) => payDebt(from, into, asset, occasion)),
  ]
  // What waits for a day finds it by itself; what waits for an activity, where that is recorded.
  passOn(
    from,
    into,
    occasion,
    ({ releaseOn }) => !isLocalDate(releaseOn),
    (lotClass) => classOf(lotClass, from.memberId),
  )
  into.tiersRest = false
  if (tierOf(program, tierFrom.tier).rank > tierOf(program, into.tier).rank) {
    into.placeAt({ ...tierFrom, since: occasion.at }, occasion.at)
  } else if (tierFrom.tier === into.tier && later(tierFrom.until, into.tierUntil)) {
    into.placeAt({ ...standingOf(into), until: tierFrom.until }, occasion.at)
  }
  // The account that is left behind stands still: what would be reviewed there is reviewed in the other one.
  from.placeAt({ ...tierFrom, until: undefined }, occasion.at)
  return { tierFrom, tierInto, tierChanges: into.tierChangeCount, countersFrom, settled }
}

const later = (a: LocalDate | undefined, b: LocalDate | undefined): boolean =>
  b !== undefined && (a === undefined || a > b)

/** What comes over may be counted with it, so the tier follows, whatever it is. */
export function receive(
  book: AccountBook,
  parcels: readonly Parcel[],
  occasion: { readonly at: Instant; readonly documentId: string },
): void {
  book.give('receive', parcels, occasion)
  book.rise(occasion)
}

/** All open lots go over with their origin in their class; debts of the other are paid by them. */
export function moveOver(
  from: AccountBook,
  into: AccountBook,
  { at, pairId }: Occasion,
  what: string,
): Settlement[] {
  const parcels = openParcels(from, () => true)
  const ids = pairId(`lots${what}`, from)
  const owed = new Map(assets.map((asset) => [asset, into.wallet(asset).owed]))
  from.takeBack('send', parcels, { at, documentId: ids.out })
  const arriving = parcels.map(({ asset, lots }) => ({
    asset,
    lots: lots.map((lot) => ({ ...lot, lotClass: classOf(lot.lotClass, from.memberId) })),
  }))
  receive(into, arriving, { at, documentId: ids.into })
  return arriving.flatMap(({ asset, lots }): Settlement[] => {
    const amount = owed.get(asset)! - into.wallet(asset).owed
    return amount > 0n ? [{ paidBy: 'from', asset, amount, lots: firstOf(lots, amount) }] : []
  })
}

/** A debt goes over: the one that is left pays it, and owes what it has not. */
export function payDebt(
  from: AccountBook,
  into: AccountBook,
  asset: Asset,
  { at, pairId }: Occasion,
): Settlement[] {
  const amount = from.wallet(asset).owed
  if (amount === 0n) return []
  const ids = pairId(`debt:${asset}`, into)
  const own = openParcels(into, ({ lotClass }) => cameWith(lotClass) === from.memberId)
  const ofAsset = firstOf(own.find((parcel) => parcel.asset === asset)?.lots ?? [], amount)
  const rest = amount - ofAsset.reduce((sum, lot) => sum + lot.amount, 0n)
  const lots = rest > 0n ? [...ofAsset, { ...into.lotOf(asset, at), amount: rest }] : ofAsset
  into.takeBack('send', [{ asset, lots }], { at, documentId: ids.out })
  const taken = into.entries.at(-1)!.moves[0]!.lots
  receive(from, [{ asset, lots: [{ ...into.lotOf(asset, at), amount }] }], {
    at,
    documentId: ids.into,
  })
  // What its own lots have paid is nobody's to have back.
  const paid = taken
    .filter(({ lotClass }) => cameWith(lotClass) !== from.memberId)
    .map(({ expiresOn, lotClass, amount: move }) => ({ expiresOn, lotClass, amount: -move }))
  const byOwn = taken.reduce(
    (sum, lot) => (cameWith(lot.lotClass) === from.memberId ? sum - lot.amount : sum),
    0n,
  )
  return amount > byOwn ? [{ paidBy: 'into', asset, amount: amount - byOwn, lots: paid }] : []
}

/** What waits in an account waits on in another, with its origin in its class. */
function passOn(
  payer: AccountBook,
  payee: AccountBook,
  { at, pairId }: Occasion,
  fits: (lot: PendingLot) => boolean,
  classThere: (lotClass: string) => string,
): void {
  if (!assets.some((asset) => payer.wallet(asset).waiting.some(fits))) return
  const ids = pairId('pending', payer)
  const waiting = payer.takeWaiting('hand-over', (_, lot) => (fits(lot) ? lot.remaining : 0n), {
    at,
    documentId: ids.out,
  })
  const there = waiting.map(({ asset, lots }) => ({
    asset,
    lots: lots.map((lot) => ({ ...lot, lotClass: classThere(lot.lotClass) })),
  }))
  payee.await(there, { at, documentId: ids.into }, 'take-over')
}

/** What waits in an account since these members were part of it waits on with the one that comes out. */
export const handBack = (
  out: AccountBook,
  from: AccountBook,
  { origins, ...occasion }: Occasion & { readonly origins: ReadonlySet<string> },
): void =>
  passOn(
    out,
    from,
    occasion,
    ({ lotClass }) => origins.has(cameWith(lotClass) ?? ''),
    (lotClass) => classAtHome(lotClass, from.memberId),
  )

/** The soonest-expiring of some lots, so much of them: these repay what is owed. */
function firstOf(lots: readonly LotAmount[], amount: bigint): LotAmount[] {
  let left = amount
  return [...lots]
    .sort((a, b) =>
      a.expiresOn === b.expiresOn ? (a.lotClass < b.lotClass ? -1 : 1) : a.expiresOn < b.expiresOn ? -1 : 1,
    )
    .flatMap((lot) => {
      const taken = lot.amount < left ? lot.amount : left
      left -= taken
      return taken > 0n ? [{ ...lot, amount: taken }] : []
    })
}

const openParcels = (book: AccountBook, fits: (lot: LotKey) => boolean): Parcel[] =>
  assets.flatMap((asset) => {
    const lots = book
      .wallet(asset)
      .lots.filter(fits)
      .map(({ expiresOn, lotClass, remaining }) => ({ expiresOn, lotClass, amount: remaining }))
    return lots.length > 0 ? [{ asset, lots }] : []
  })

export interface Unmerge extends Occasion {
  /** Members whose lots leave: the one that comes out, and those that come with it. */
  readonly origins: ReadonlySet<string>
  /** The member that it was merged into, which may have been merged on since. */
  readonly intoId: string
  readonly joined: Joined
  /** Tiers that other members brought into the account that is left, by merges that stand. */
  readonly others: readonly string[]
}

/** A member takes out of an account what came with it and is left; what came since by another way stays. */
export function partAccounts(
  program: Program,
  out: AccountBook,
  from: AccountBook,
  { at, pairId, origins, intoId, joined, others }: Unmerge,
): void {
  // It stands where it stood; growth that comes back with it may lead on, and a term that is over is reviewed in the end.
  from.placeAt(joined.tierFrom, at)
  const parcels = openParcels(out, ({ lotClass }) => origins.has(cameWith(lotClass) ?? ''))
  from.tiersRest = program.onPromotion === 'reset'
  const ids = pairId('lots', out)
  out.takeBack('send', parcels, { at, documentId: ids.out })
  const home = parcels.map(({ asset, lots }) => ({
    asset,
    lots: lots.map((lot) => ({ ...lot, lotClass: classAtHome(lot.lotClass, from.memberId) })),
  }))
  receive(from, home, { at, documentId: ids.into })
  const ofInto = (lot: LotAmount): LotAmount =>
    out.memberId === intoId ? lot : { ...lot, lotClass: classOf(lot.lotClass, intoId) }
  for (const [index, { paidBy, asset, amount, lots }] of joined.settled.entries()) {
    const [payer, payee] = paidBy === 'from' ? [out, from] : [from, out]
    const pair = pairId(`settled:${index}`, payer)
    const back =
      paidBy === 'from'
        ? lots.map((lot) => ({ ...lot, lotClass: classAtHome(lot.lotClass, from.memberId) }))
        : lots.map(ofInto)
    const missing = amount - back.reduce((sum, lot) => sum + lot.amount, 0n)
    // What was owed and not paid by a lot is owed no more: the soonest-expiring lot repays it.
    const today = { expiresOn: localDate(at, program.timeZone), lotClass: '' }
    const whole = missing > 0n ? [{ ...today, amount: missing }, ...back] : back
    payer.takeBack('send', [{ asset, lots: whole }], { at, documentId: pair.out })
    receive(payee, [{ asset, lots: whole }], { at, documentId: pair.into })
  }
  from.tiersRest = false
  out.counters = taken(out.counters, joined.countersFrom)
  placeSurvivor(program, out, { at, joined, others, isInto: out.memberId === intoId })
  from.catchUp(at)
}

function placeSurvivor(
  program: Program,
  out: AccountBook,
  { at, joined, others, isInto }: Pick<Unmerge, 'at' | 'joined' | 'others'> & { isInto: boolean },
): void {
  const rank = (tier: string) => tierOf(program, tier).rank
  const today = localDate(at, program.timeZone)
  const own = tierFor(program, out.measures(today))
  const before = joined.tierInto
  const stillGood = isInto && (before.until === undefined || before.until >= today)
  const untouched = isInto && out.tierChangeCount === joined.tierChanges
  const best = others.reduce((best, tier) => (rank(tier) > rank(best) ? tier : best), own.id)
  if (stillGood && rank(before.tier) >= rank(best)) {
    // A term that was won since is the survivor's own.
    const longer = !untouched && before.tier === out.tier && later(out.tierUntil, before.until)
    out.placeAt({ ...before, until: longer ? out.tierUntil : before.until }, at)
    return
  }
  // Who has fallen since has not risen by this.
  const target = rank(best) > rank(out.tier) ? out.tier : best
  if (!isInto && rank(out.tier) > rank(joined.tierFrom.tier)) return
  if (target !== out.tier) {
    out.placeAt({ tier: target, since: at, until: tierUntil(tierOf(program, target), today) }, at)
  }
}

const FORGOTTEN = 'forgotten'
/** How fast somebody goes is nobody else's. */
const isJoint = (key: string): boolean => summed(key) && !key.startsWith('v:')

/** Counters of both together. */
export const added = (into: Counters, from: Counters): Counters => {
  const sum: Record<string, bigint> = { ...into }
  for (const [key, count] of Object.entries(from)) {
    if (!isJoint(key)) continue
    const known = sum[key] ?? 0n
    sum[key] = key === FORGOTTEN ? (known > count ? known : count) : known + count
  }
  return sum
}

/** Counters without what the other brought. */
export const taken = (from: Counters, counts: Counters): Counters => {
  const left: Record<string, bigint> = { ...from }
  for (const [key, count] of Object.entries(counts)) {
    if (!isJoint(key) || key === FORGOTTEN || left[key] === undefined) continue
    const rest = left[key] - count
    if (rest === 0n) delete left[key]
    else left[key] = rest
  }
  return left
}

/**
 * Where an account stands after a document of a merge, as the document has it: `since/until`, and behind it who joined the
 * account or parted from it by that, and what of holds is theirs: `since/until/+id,id`, `since/until/-id/hold:id:300`.
 */
export const standingText = ({ tierSince, tierUntil }: AccountBook, parting?: Parting): string =>
  `${tierSince ?? ''}/${tierUntil ?? ''}${parting ? partingText(parting) : ''}`

const partingText = ({ parts, memberIds, held = [] }: Parting): string => {
  const holds = held.map(({ hold, origin, amount }) => `/${hold}:${origin}:${amount}`)
  return `/${parts ? '-' : '+'}${memberIds.join(',')}${holds.join('')}`
}

/** Members whose lots come into an account by a merge, or leave it by an unmerge. */
export interface Parting {
  readonly parts: boolean
  readonly memberIds: readonly string[]
  readonly held?: readonly HeldFor[]
}

/** Who joined an account by a document, or parted from it. */
export function partingOf({ kind, subject }: Pick<SourceDocument, 'kind' | 'subject'>): Parting | undefined {
  if (kind !== 'merge-in' && kind !== 'merge-out') return undefined
  const [, , ids, ...holds] = subject?.split('/') ?? []
  if (ids === undefined) return undefined
  const held = holds.map((text): HeldFor => {
    const [hold = '', origin = '', amount = ''] = text.split(':')
    return { hold, origin, amount: BigInt(amount) }
  })
  return { parts: ids.startsWith('-'), memberIds: ids.slice(1).split(','), held }
}

export function standingFrom(tier: string, text: string): TierStanding {
  const [since, until] = text.split('/')
  return {
    tier,
    since: since ? (Number(since) as Instant) : undefined,
    until: until ? (until as LocalDate) : undefined,
  }
}
