import type { AccountBook } from '../../subgraphs/ledger/domain/account-book.ts'
import type { Counters } from '../../subgraphs/ledger/domain/earn-counters.ts'
import {
  type Joined,
  joinAccounts,
  type PairId,
  partAccounts,
  standingText,
} from '../../subgraphs/ledger/domain/merge-accounts.ts'
import type { MergeDocumentKind, SourceDocument } from '../../subgraphs/ledger/domain/posting.ts'
import { type Desk, idOf } from './desk.ts'

/** What a member has goes over to another, as the ledger does it, without a database. */
export function mergeDesks(from: Desk, into: Desk): Joined {
  const pair = new PairOfBooks(from, into, 'merge')
  const { counters } = pair.from
  const joined = joinAccounts(from.program, pair.from, pair.into, {
    at: into.now,
    pairId: pair.ids({ of: pair.into, counters }),
  })
  pair.keep()
  return joined
}

/** And takes it out again. */
export function unmergeDesks(from: Desk, into: Desk, joined: Joined): void {
  const pair = new PairOfBooks(from, into, 'unmerge')
  partAccounts(from.program, pair.into, pair.from, {
    at: into.now,
    pairId: pair.ids({ of: pair.into, counters: joined.countersFrom }),
    origins: new Set([from.memberId]),
    intoId: into.memberId,
    joined,
    others: [],
  })
  pair.keep()
}

class PairOfBooks {
  readonly from: AccountBook
  readonly into: AccountBook
  readonly #desks: readonly [Desk, Desk]
  readonly #name: string
  readonly #documents: (() => SourceDocument)[] = []

  constructor(from: Desk, into: Desk, name: string) {
    from.at(new Date(into.now).toISOString())
    this.#desks = [from, into]
    this.#name = `${name} ${from.past.length} ${into.past.length}`
    this.from = from.caughtUp()
    this.into = into.caughtUp()
  }

  /** The first pair of documents says what is counted in one of the accounts, or no more. */
  ids(counted: { readonly of: AccountBook; readonly counters: Counters }): PairId {
    return (what, payer) => {
      const payee = payer === this.from ? this.into : this.from
      const countersOf = (book: AccountBook) =>
        what === 'lots' && counted.of === book ? counted.counters : undefined
      return {
        out: this.#begin('merge-out', payer, what, countersOf(payer)),
        into: this.#begin('merge-in', payee, what, countersOf(payee)),
      }
    }
  }

  keep(): void {
    const documents = this.#documents.map((document) => document())
    for (const [desk, book] of [
      [this.#desks[0], this.from],
      [this.#desks[1], this.into],
    ] as const)
      desk.keep(
        book,
        documents.filter(({ memberId }) => memberId === book.memberId),
      )
  }

  #begin(kind: MergeDocumentKind, book: AccountBook, what: string, counted: Counters | undefined): string {
    const [{ program, now }] = this.#desks
    const id = idOf(`${kind} ${this.#name} ${book.memberId} ${what}`)
    const tierBefore = book.tier
    this.#documents.push(() => ({
      memberId: book.memberId,
      id,
      programKey: program.key,
      ruleVersion: program.version,
      kind,
      channel: 'merge',
      number: what,
      store: undefined,
      operator: 'identity',
      subject: standingText(book),
      quantity: undefined,
      amount: undefined,
      lines: [],
      awards: [],
      counted,
      tierBefore,
      tierAfter: book.tier,
      effectiveAt: now,
      body: Buffer.alloc(16),
    }))
    return id
  }
}
