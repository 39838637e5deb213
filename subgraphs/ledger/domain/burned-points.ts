import { BRAND, type Burned, issuerOf, shopOf } from './coalition.ts'
import { type Entry, kindOf, type LotMove, type Move } from './entry.ts'
import { splitLots } from './hold.ts'
import type { SourceDocument } from './posting.ts'
import type { History, PastDocument } from './replay.ts'
import { byExpiry } from './wallet.ts'

/**
 * Whose points an account has burned where, from its entries in order of effect. Points that were not there when they were
 * burned are owed, and are the points of whoever issued what repays them, the first debt first. What is held though it is
 * not there counts as the brand's.
 */
export function burnedPoints(entries: readonly Entry[], { past }: Pick<History, 'past'>): Burned[] {
  const tally = new Tally(past)
  for (const entry of entries) {
    const points = entry.moves.find(({ asset }) => asset === 'points')
    if (points) tally.enter(entry, points)
  }
  return tally.burned
}

interface Debt {
  /** Undefined: what is owed was not burned. */
  readonly honourer: string | undefined
  amount: bigint
}

type Lots = Parameters<typeof splitLots>[0]

class Tally {
  readonly #documents: ReadonlyMap<string, PastDocument>
  readonly #sums = new Map<string, Burned>()
  readonly #held = new Map<string, Lots>()
  #debts: Debt[] = []

  constructor(past: readonly PastDocument[]) {
    this.#documents = new Map(past.map((item) => [item.document.id, item]))
  }

  get burned(): Burned[] {
    return [...this.#sums.values()].filter(({ points }) => points !== 0n)
  }

  enter({ kind, documentId }: Entry, move: Move): void {
    const item = documentId === undefined ? undefined : this.#documents.get(documentId)
    const { debit, credit } = kindOf(kind)
    if (kind === 'capture') this.#capture(item!, move.amount)
    else if (debit === 'member' && credit !== 'member') this.#leave(kind, item, move)
    else if (credit === 'member' && debit !== 'member') this.#come(kind, item, move)
  }

  #leave(kind: Entry['kind'], item: PastDocument | undefined, { amount, lots }: Move): void {
    const taken = lots
      .filter(({ releaseOn }) => releaseOn === undefined)
      .map((lot) => ({ ...lot, amount: -lot.amount }))
    const owed = amount - total(taken)
    const honourer = kind === 'redeem' ? honourerOf(item!) : undefined
    if (kind === 'redeem') for (const lot of taken) this.#add(issuerOf(lot.lotClass), honourer!, lot.amount)
    if (kind === 'hold') {
      const brands =
        owed > 0n ? [{ expiresOn: taken[0]?.expiresOn, lotClass: BRAND, amount: owed } as Lots[number]] : []
      this.#held.set(item!.document.id, [...taken, ...brands])
    }
    if (owed > 0n) this.#debts.push({ honourer, amount: owed })
  }

  #come(kind: Entry['kind'], item: PastDocument | undefined, { amount, lots }: Move): void {
    if (kind === 'release' && item?.document.kind === 'capture') this.#release(item.document.subject!, amount)
    const put = lots.filter((lot) => lot.releaseOn === undefined)
    const repaid = amount - total(put)
    if (repaid > 0n) this.#repay(issuerOfRepaid(item, lots), repaid)
  }

  /** Captures take the lots of their hold in their order. */
  #capture(item: PastDocument, amount: bigint): void {
    for (const { lotClass, amount: part } of this.#release(item.document.subject!, amount))
      this.#add(issuerOf(lotClass), honourerOf(item), part)
  }

  #release(hold: string, amount: bigint): Lots {
    const { first, rest } = splitLots(this.#held.get(hold) ?? [], amount)
    this.#held.set(hold, rest)
    return first
  }

  #repay(issuer: string, amount: bigint): void {
    let left = amount
    for (const debt of this.#debts) {
      const part = debt.amount < left ? debt.amount : left
      debt.amount -= part
      left -= part
      if (debt.honourer !== undefined) this.#add(issuer, debt.honourer, part)
    }
    this.#debts = this.#debts.filter((debt) => debt.amount > 0n)
  }

  #add(issuer: string, honourer: string, points: bigint): void {
    const name = `${issuer}/${honourer}`
    this.#sums.set(name, { issuer, honourer, points: points + (this.#sums.get(name)?.points ?? 0n) })
  }
}

/** Whose shop it was then is what counts. */
const honourerOf = ({ rules, document }: PastDocument): string => shopOf(rules.coalition, document)

/** What repays is not in lots: it is told by what waited, or by the shop in which it was earned. */
function issuerOfRepaid(item: PastDocument | undefined, lots: readonly LotMove[]): string {
  const waited = lots.filter(({ releaseOn }) => releaseOn !== undefined).sort(byExpiry)[0]
  if (waited) return issuerOf(waited.lotClass)
  return item && EARNED.has(item.document.kind) ? shopOf(item.rules.coalition, item.document) : BRAND
}

const EARNED: ReadonlySet<SourceDocument['kind']> = new Set(['purchase', 'activity'] as const)

const total = (lots: readonly { readonly amount: bigint }[]): bigint =>
  lots.reduce((sum, { amount }) => sum + amount, 0n)
