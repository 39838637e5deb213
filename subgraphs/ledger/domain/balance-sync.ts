import { createHmac } from 'node:crypto'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { AMOUNT_MAX } from './amounts.ts'

/** A channel that tells balances and not changes, as it is written and as it is decided by. */
export interface BalanceSyncRule {
  readonly channel: string
  /** The partner whose back end tells it; absent: the channel's own. */
  readonly partner?: string
  /**
   * - `own`: what the channel itself has given and taken, beside what members have with us.
   * - `common`: the whole balance. The channel shows what we have, and takes over the figure of each answer.
   */
  readonly figure: 'own' | 'common'
  /** One sync moves at most so many points; absent: as many as it tells. */
  readonly most?: number
}

/** The figure on which a channel and the books agreed last, and when the channel had come to it. */
export interface AgreedFigure {
  readonly agreed: bigint
  readonly toldAt: Instant
}

/** What a channel tells of a member: the figure that it set out from, and the one that it has now. */
export interface ToldBalance {
  readonly previous: bigint
  readonly balance: bigint
  readonly toldAt: Instant
}

export type SyncRefusal =
  | 'SYNC_NOT_OFFERED'
  | 'AMOUNT_NOT_VALID'
  | 'OCCURRED_IN_FUTURE'
  | 'SYNC_OUT_OF_DATE'
  | 'BALANCE_DIVERGED'
  | 'SYNC_TOO_LARGE'
  | 'INSUFFICIENT_POINTS'

/**
 * By how much a member's points change: exactly what changed at the channel since both agreed, and nothing where the
 * channel set out from another figure. Guards stand in order of precedence.
 */
export function decideSync(
  rule: BalanceSyncRule | undefined,
  told: ToldBalance,
  books: { readonly known: AgreedFigure | undefined; readonly available: bigint; readonly now: Instant },
): Result<bigint, SyncRefusal> {
  const { previous, balance, toldAt } = told
  if (!rule) return fail('SYNC_NOT_OFFERED', { path: ['channel'] })
  if (!isFigure(previous)) return fail('AMOUNT_NOT_VALID', { path: ['previous'] })
  if (!isFigure(balance)) return fail('AMOUNT_NOT_VALID', { path: ['balance'] })
  if (toldAt > books.now) return fail('OCCURRED_IN_FUTURE', { path: ['at'] })
  const { agreed, toldAt: agreedAt } = books.known ?? NOTHING_AGREED
  const details = { agreed: String(agreed) }
  if (toldAt < agreedAt) return fail('SYNC_OUT_OF_DATE', { path: ['at'], details })
  if (previous !== agreed) return fail('BALANCE_DIVERGED', { path: ['previous'], details })
  const change = balance - previous
  const size = change < 0n ? -change : change
  if (rule.most !== undefined && size > BigInt(rule.most)) {
    return fail('SYNC_TOO_LARGE', { path: ['balance'], details: { most: String(rule.most) } })
  }
  if (change < 0n && size > books.available) {
    // A channel with a figure of its own is not told what members have elsewhere.
    const known = rule.figure === 'common' ? { details: { available: String(books.available) } } : {}
    return fail('INSUFFICIENT_POINTS', { path: ['balance'], ...known })
  }
  return ok(change)
}

const isFigure = (figure: bigint): boolean => figure >= 0n && figure <= AMOUNT_MAX

/** Of whom a channel has told nothing yet, it has nothing. */
const NOTHING_AGREED: AgreedFigure = { agreed: 0n, toldAt: 0 as Instant }

/** What a document says of a sync: the two figures that were told, and the one that both sides have from then on. */
export interface SyncedFigures {
  readonly previous: bigint
  readonly balance: bigint
  readonly agreed: bigint
}

/** `100 150 230`: as the books and the hash hold it. */
export const syncText = ({ previous, balance, agreed }: SyncedFigures): string =>
  `${previous} ${balance} ${agreed}`

export function syncFrom(text: string): SyncedFigures {
  const [previous = '', balance = '', agreed = ''] = text.split(' ')
  return { previous: BigInt(previous), balance: BigInt(balance), agreed: BigInt(agreed) }
}

/** Where a figure belongs: a person may have several accounts at one channel. */
export interface SyncPlace {
  readonly programKey: number
  readonly channel: string
  /** A keyed hash of how the channel names the account; empty where a person has one. */
  readonly account: Buffer
}

/** A channel's own name for an account may be personal, so it is kept keyed; no name at all is kept as nothing. */
export const accountMark = (key: Buffer, account: string): Buffer =>
  account === ''
    ? Buffer.alloc(0)
    : createHmac('sha256', key)
        .update(JSON.stringify(['account at a channel', account]))
        .digest()

export interface SyncedBalance extends SyncPlace, AgreedFigure {
  /** The id that it came by: the member's, or that of one who was merged into it. */
  readonly memberId: string
  /** The member that this id leads to now. */
  readonly personId: string
  /** The sync that led to it. */
  readonly documentId: string
}

/**
 * The figure that a sync goes on from: the one that came by the very id that is named, else the person's only one there.
 * Two who were merged keep the figures of both, for the channel keeps its accounts apart, too.
 */
export function figureFor(
  figures: readonly SyncedBalance[],
  place: SyncPlace,
  named: { readonly memberId: string; readonly personId: string },
): SyncedBalance | undefined {
  const there = figures.filter((one) => one.personId === named.personId && isSamePlace(one, place))
  return (
    there.find(({ memberId }) => memberId === named.memberId) ?? (there.length === 1 ? there[0] : undefined)
  )
}

/** The figures with one in the place of what stood there before. */
export const withFigure = (figures: readonly SyncedBalance[], fresh: SyncedBalance): SyncedBalance[] => [
  ...figures.filter((one) => one.memberId !== fresh.memberId || !isSamePlace(one, fresh)),
  fresh,
]

const isSamePlace = (a: SyncPlace, b: SyncPlace): boolean =>
  a.programKey === b.programKey && a.channel === b.channel && a.account.equals(b.account)
