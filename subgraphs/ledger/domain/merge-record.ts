import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import type { TierStanding } from './account-book.ts'
import type { Asset } from './asset.ts'
import { countersFrom, countersText } from './document-text.ts'
import { type LotMove, lotsFrom } from './entry.ts'
import type { Joined, LotAmount, Settlement } from './merge-accounts.ts'

/** What a merge's record says of an account, in a form that JSON takes; an unmerge reads it again. */

export type LotText = readonly [expiresOn: string, lotClass: string, amount: string]

interface StandingText {
  readonly tier: string
  readonly since: number | null
  readonly until: string | null
}

export interface JoinedText {
  readonly tierFrom: StandingText
  readonly tierInto: StandingText
  readonly tierChanges: number
  readonly countersFrom: string
  readonly settled: readonly {
    readonly paidBy: 'from' | 'into'
    readonly asset: Asset
    readonly amount: string
    readonly lots: readonly LotText[]
  }[]
}

const lotText = ({ expiresOn, lotClass, amount }: LotAmount): LotText => [expiresOn, lotClass, String(amount)]
const lotFrom = ([expiresOn, lotClass, amount]: LotText): LotAmount => ({
  expiresOn: expiresOn as LocalDate,
  lotClass,
  amount: BigInt(amount),
})
/** Lots as the books have them; former versions wrote a list, of points. */
export const asideFrom = (
  lots: string | readonly LotText[],
): readonly (LotMove & { readonly asset: Asset })[] =>
  typeof lots === 'string' ? lotsFrom(lots) : lots.map((lot) => ({ asset: 'points', ...lotFrom(lot) }))
const tierText = ({ tier, since, until }: TierStanding): StandingText => ({
  tier,
  since: since ?? null,
  until: until ?? null,
})
const tierOfText = ({ tier, since, until }: StandingText): TierStanding => ({
  tier,
  since: since === null ? undefined : instant(since),
  until: (until ?? undefined) as LocalDate | undefined,
})

export const settledText = (settled: readonly Settlement[]): JoinedText['settled'] =>
  settled.map(({ lots, amount, ...one }) => ({ ...one, amount: String(amount), lots: lots.map(lotText) }))

export const joinedText = (joined: Joined): JoinedText => ({
  tierFrom: tierText(joined.tierFrom),
  tierInto: tierText(joined.tierInto),
  tierChanges: joined.tierChanges,
  countersFrom: countersText(joined.countersFrom),
  settled: settledText(joined.settled),
})

export const joinedFrom = (text: JoinedText): Joined => ({
  tierFrom: tierOfText(text.tierFrom),
  tierInto: tierOfText(text.tierInto),
  tierChanges: text.tierChanges,
  countersFrom: countersFrom(text.countersFrom),
  settled: text.settled.map(({ lots, amount, ...one }) => ({
    ...one,
    amount: BigInt(amount),
    lots: lots.map(lotFrom),
  })),
})
