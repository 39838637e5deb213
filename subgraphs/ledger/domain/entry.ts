import { sha256 } from '../../../kernel/values/canonical.ts'
import type { Instant, LocalDate } from '../../../kernel/values/instant.ts'
import type { Asset } from './program.ts'

/** Where points come from and go to. Only the member's side has a wallet; the others are sums over entries. */
export type LedgerAccount = 'member' | 'issuance' | 'redemption' | 'breakage'

export type EntryKind = 'earn' | 'grant' | 'redeem' | 'expire'

/** The two sides of each kind: one row is both legs, so that an unbalanced entry cannot be written down. */
export const legs: Readonly<Record<EntryKind, { debit: LedgerAccount; credit: LedgerAccount }>> = {
  earn: { debit: 'issuance', credit: 'member' },
  grant: { debit: 'issuance', credit: 'member' },
  redeem: { debit: 'member', credit: 'redemption' },
  expire: { debit: 'member', credit: 'breakage' },
}

/** Lots share an expiry and a class; class keeps apart what must not mix (an issuer, an origin after a merge). */
export interface LotKey {
  readonly expiresOn: LocalDate
  readonly lotClass: string
}

export interface LotMove extends LotKey {
  /** Signed: into the lot is positive. */
  readonly amount: bigint
}

/** One immutable movement of one asset of one member in one programme. */
export interface Entry {
  readonly memberId: string
  readonly programKey: number
  readonly asset: Asset
  readonly seq: number
  readonly documentId: string | undefined
  readonly kind: EntryKind
  readonly amount: bigint
  readonly availableAfter: bigint
  readonly owedAfter: bigint
  readonly lots: readonly LotMove[]
  readonly effectiveAt: Instant
  readonly hash: Buffer
}

/** `2027-11-22=+100;2027-12-01/gift=-3`: the lots touched, as the books and the hash hold them. */
export const lotsText = (moves: readonly LotMove[]): string =>
  moves
    .map(({ expiresOn, lotClass, amount }) => {
      const lot = lotClass === '' ? expiresOn : `${expiresOn}/${lotClass}`
      return `${lot}=${amount >= 0n ? '+' : ''}${amount}`
    })
    .join(';')

/**
 * Chains an entry to the one before it in its wallet. `store/check.ts` computes the same in SQL; a test holds the two
 * together.
 */
export function entryHash(previous: Buffer, entry: Omit<Entry, 'hash'>): Buffer {
  const { debit, credit } = legs[entry.kind]
  const text = [
    entry.memberId,
    entry.programKey,
    entry.asset,
    entry.seq,
    entry.documentId ?? '',
    entry.kind,
    debit,
    credit,
    entry.amount,
    entry.availableAfter,
    entry.owedAfter,
    lotsText(entry.lots),
    entry.effectiveAt,
  ].join('|')
  return sha256(Buffer.concat([previous, Buffer.from(text)]))
}

export const GENESIS = Buffer.alloc(0)
