import type { PurchaseLine } from './earn.ts'
import type { SourceDocument } from './posting.ts'
import type { PastDocument } from './replay.ts'

/** Awards of a return that are no awards of rules: what its policy settled. */
export const REFUND = 'return:refund'
export const GRACE = 'return:grace'
export const CASH = 'return:cash'

/** What an account takes back of a purchase that lies in another's: it was made while the two members were one. */
export const isAtHome = ({ kind, lines }: SourceDocument): boolean => kind === 'return' && lines.length === 0

/** How much of a bill came back after something was paid of it with points. */
export interface Share {
  /** What was left of the bill when the points paid for it, in minor units. */
  readonly of: bigint
  readonly back: bigint
  /** Nothing of the bill is left. */
  readonly all: boolean
}

/** Which purchases of an account came back, and how much of them. Its lines say how much of each line did. */
export class Returns {
  readonly #byPurchase = new Map<string, { document: SourceDocument; place: number }[]>()
  readonly #bills = new Map<string, SourceDocument>()

  /** Expects documents in order of effect. */
  constructor(past: readonly PastDocument[]) {
    for (const [place, { document }] of past.entries()) {
      if (document.kind === 'purchase') this.#bills.set(billOf(document), document)
      if (document.kind !== 'return' || isAtHome(document)) continue
      const known = this.#byPurchase.get(document.subject!) ?? []
      this.#byPurchase.set(document.subject!, [...known, { document, place }])
    }
  }

  of(purchaseId: string): readonly SourceDocument[] {
    return this.#byPurchase.get(purchaseId)?.map(({ document }) => document) ?? []
  }

  /** How much of the bill that a burn paid for came back after it; undefined: nothing. */
  after({ document }: PastDocument, place: number): Share | undefined {
    const purchase = this.#bills.get(billOf(document))
    const returns = purchase && this.#byPurchase.get(purchase.id)
    if (!purchase || !returns) return undefined
    const later = returns.filter((each) => each.place > place)
    if (later.length === 0) return undefined
    const sum = (of: typeof returns) => of.reduce((total, each) => total + each.document.amount!, 0n)
    const earlier = returns.filter((each) => each.place <= place)
    const all =
      linesLeft(
        purchase,
        returns.map((each) => each.document),
      ).length === 0
    return { of: purchase.amount! - sum(earlier), back: sum(later), all }
  }
}

/** What of burned points stays burned: they come back as the money does, the last of them with the last of it. */
export const keptOf = (points: bigint, share: Share | undefined): bigint =>
  share === undefined ? points : share.all ? 0n : points - (points * share.back) / share.of

/** What pays for a bill names its channel and number. */
const billOf = ({ channel, number }: SourceDocument): string => `${channel}\n${number}`

/** The lines of a purchase less what came back of them, with their places in it; a line of which nothing is left is not. */
export function linesLeft(
  { kind, lines }: SourceDocument,
  returned: readonly SourceDocument[],
): readonly { readonly line: PurchaseLine; readonly index: number }[] {
  if (kind !== 'purchase') return []
  return lines.flatMap((line, index) => {
    let { amount, quantity } = line
    let touched = false
    for (const { lines: back } of returned) {
      const part = back[index]
      if (!part || (part.amount === 0n && part.quantity === 0)) continue
      touched = true
      amount -= part.amount
      quantity -= part.quantity
    }
    if (touched && quantity === 0 && amount === 0n) return []
    return [{ line: touched ? { ...line, amount, quantity } : line, index }]
  })
}
