import type { Instant, LocalDate } from '../../../kernel/values/instant.ts'
import type { Asset } from './asset.ts'

/**
 * Where points and money come from and go to. `member`, `held` and `pending` are the member's own; `member` is what is
 * available less what is owed. The others are the programme's: no row of their own, they are sums over entries.
 */
export type LedgerAccount =
  | 'member'
  | 'held'
  | 'pending'
  | 'issuance'
  | 'redemption'
  | 'breakage'
  | 'transit'
  | 'payment'
  | 'adjustment'

/** The sums that a wallet keeps of its entries. */
export type WalletSum = 'earned' | 'spent' | 'expired' | 'reversed' | 'moved'

interface KindOfEntry {
  readonly debit: LedgerAccount
  readonly credit: LedgerAccount
  /** The sum that an entry of this kind adds to, or takes from. */
  readonly counts?: readonly [sum: WalletSum, sign: 1n | -1n]
}

/** The two sides of each kind: one row is both legs, so that an unbalanced entry cannot be written down. */
export const entryKinds = {
  /** By a rule, for an event. */
  earn: { debit: 'issuance', credit: 'member', counts: ['earned', 1n] },
  /** By somebody, with a reason. */
  grant: { debit: 'issuance', credit: 'member', counts: ['earned', 1n] },
  /** Earned, and not available yet. */
  await: { debit: 'issuance', credit: 'pending', counts: ['earned', 1n] },
  mature: { debit: 'pending', credit: 'member' },
  redeem: { debit: 'member', credit: 'redemption', counts: ['spent', 1n] },
  hold: { debit: 'member', credit: 'held' },
  capture: { debit: 'held', credit: 'redemption', counts: ['spent', 1n] },
  release: { debit: 'held', credit: 'member' },
  /** What was earned is taken back; more than is available is owed. */
  reverse: { debit: 'member', credit: 'issuance', counts: ['reversed', 1n] },
  /** The same for what is pending. */
  cancel: { debit: 'pending', credit: 'issuance', counts: ['reversed', 1n] },
  /** What was burned comes back. */
  refund: { debit: 'redemption', credit: 'member', counts: ['spent', -1n] },
  expire: { debit: 'member', credit: 'breakage', counts: ['expired', 1n] },
  /** What had run out is good again: order of effect says that it was used before. */
  restore: { debit: 'breakage', credit: 'member', counts: ['expired', -1n] },
  /** From one lot to another: the balance stays. */
  relot: { debit: 'member', credit: 'member' },
  /** Taken by staff, with a reason. */
  deduct: { debit: 'member', credit: 'adjustment', counts: ['reversed', 1n] },
  send: { debit: 'member', credit: 'transit', counts: ['moved', -1n] },
  receive: { debit: 'transit', credit: 'member', counts: ['moved', 1n] },
  'top-up': { debit: 'payment', credit: 'member', counts: ['earned', 1n] },
  /** Paid in, and not available yet. */
  prepay: { debit: 'payment', credit: 'pending', counts: ['earned', 1n] },
  /** What was paid in and was still to come is paid back. */
  repay: { debit: 'pending', credit: 'payment', counts: ['reversed', 1n] },
  /** Money paid back to the payer. */
  withdraw: { debit: 'member', credit: 'payment', counts: ['reversed', 1n] },
  /** Given after all: order of effect says that an event before has earned more. */
  correct: { debit: 'issuance', credit: 'member', counts: ['earned', 1n] },
  /** Pending after all. */
  postpone: { debit: 'member', credit: 'pending' },
  /** Sent and received while it is pending: it waits on in another account. */
  'hand-over': { debit: 'pending', credit: 'transit', counts: ['moved', -1n] },
  'take-over': { debit: 'transit', credit: 'pending', counts: ['moved', 1n] },
} as const satisfies Readonly<Record<string, KindOfEntry>>

export type EntryKind = keyof typeof entryKinds

type Kinds = typeof entryKinds
/** The kinds of entries that take from an account, and those that give to one. */
export type KindFrom<A extends LedgerAccount> = {
  [Kind in EntryKind]: Kinds[Kind]['debit'] extends A ? Kind : never
}[EntryKind]
export type KindInto<A extends LedgerAccount> = {
  [Kind in EntryKind]: Kinds[Kind]['credit'] extends A ? Kind : never
}[EntryKind]

export const kindOf = (kind: EntryKind): KindOfEntry => entryKinds[kind]

/** Lots share an expiry and a class; class keeps apart what must not mix (an issuer, an origin after a merge). */
export interface LotKey {
  readonly expiresOn: LocalDate
  readonly lotClass: string
}

export interface LotMove extends LotKey {
  /** Signed: into the lot is positive. */
  readonly amount: bigint
  /** A lot of what is pending: the day, or the activity, that makes it available. */
  readonly releaseOn?: string
}

/** What an entry moves of one asset. */
export interface Move {
  readonly asset: Asset
  readonly amount: bigint
  /** Available less owed, after the entry. */
  readonly after: bigint
  readonly lots: readonly LotMove[]
}

/**
 * One immutable movement between two accounts of one member in one programme, of one asset or of several at once. What
 * a document moved nothing by has one without moves: it is on record all the same.
 */
export interface Entry {
  readonly memberId: string
  readonly programKey: number
  readonly seq: number
  readonly documentId: string | undefined
  readonly kind: EntryKind
  /** In the order of assets. */
  readonly moves: readonly Move[]
  readonly effectiveAt: Instant
}

/** Short names of assets in the text of lots. */
export const assetLetters: Readonly<Record<Asset, string>> = {
  points: 'p',
  growth: 'g',
  principal: 'm',
  bonus: 'b',
}

/**
 * `p2027-11-22+100;g2027-11-22+100;p2027-12-01/gift-3;p~2026-12-01>2027-11-22+5`: the lots touched, as the books and
 * the hash hold them. What is pending names its release before its expiry.
 */
export const lotsText = (moves: readonly Move[]): string =>
  moves
    .flatMap(({ asset, lots }) =>
      lots.map(({ expiresOn, lotClass, amount, releaseOn }) => {
        const release = releaseOn === undefined ? '' : `~${releaseOn}>`
        const lot = lotClass === '' ? expiresOn : `${expiresOn}/${lotClass}`
        return `${assetLetters[asset]}${release}${lot}${amount >= 0n ? '+' : ''}${amount}`
      }),
    )
    .join(';')

const assetsByLetter = Object.fromEntries(
  Object.entries(assetLetters).map(([asset, letter]) => [letter, asset]),
) as Readonly<Record<string, Asset>>

/** What `lotsText` wrote down, lot by lot. */
export function lotsFrom(text: string): (LotMove & { readonly asset: Asset })[] {
  if (text === '') return []
  return text.split(';').map((lot) => {
    const sign = Math.max(lot.lastIndexOf('+'), lot.lastIndexOf('-'))
    const released = lot[1] === '~' ? lot.indexOf('>') : -1
    const key = lot.slice(released === -1 ? 1 : released + 1, sign)
    const slash = key.indexOf('/')
    return {
      asset: assetsByLetter[lot[0]!]!,
      expiresOn: (slash === -1 ? key : key.slice(0, slash)) as LocalDate,
      lotClass: slash === -1 ? '' : key.slice(slash + 1),
      amount: BigInt(lot.slice(sign)),
      ...(released === -1 ? {} : { releaseOn: lot.slice(2, released) }),
    }
  })
}

/** By how much an entry changes what is available less what is owed. */
export const signOf = (kind: EntryKind): 1n | -1n | 0n => {
  const { debit, credit } = kindOf(kind)
  if (debit === credit) return 0n
  return credit === 'member' ? 1n : debit === 'member' ? -1n : 0n
}

/** What the first entry of an account is chained to. */
export const GENESIS = ''
