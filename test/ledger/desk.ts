import { createHash } from 'node:crypto'
import { type Instant, instant } from '../../kernel/values/instant.ts'
import { ok, type Result } from '../../kernel/values/result.ts'
import {
  AccountBook,
  type AccountState,
  newAccount,
  type TierChange,
} from '../../subgraphs/ledger/domain/account-book.ts'
import type { AdjustedAsset } from '../../subgraphs/ledger/domain/adjustment-rules.ts'
import { assets } from '../../subgraphs/ledger/domain/asset.ts'
import { decideWithin } from '../../subgraphs/ledger/domain/conduct.ts'
import { decide, HISTORY_NEEDED, pastOf } from '../../subgraphs/ledger/domain/decide.ts'
import type { Multiplier } from '../../subgraphs/ledger/domain/earn.ts'
import type { Entry, LotKey } from '../../subgraphs/ledger/domain/entry.ts'
import type { StoredValueCommand } from '../../subgraphs/ledger/domain/post-stored-value.ts'
import type { LineInput, PostingCommand, SourceDocument } from '../../subgraphs/ledger/domain/posting.ts'
import type { Program } from '../../subgraphs/ledger/domain/program.ts'
import { type History, type PastDocument, replay } from '../../subgraphs/ledger/domain/replay.ts'
import type { ReturnedLine } from '../../subgraphs/ledger/domain/returning.ts'

const MEMBER = '00000000-0000-8000-8000-000000000001'

export const idOf = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** One member's account, posted to as the ledger does it, without a database. */
export class Desk {
  readonly program: Program
  state: AccountState
  past: PastDocument[] = []
  entries: Entry[] = []
  changes: TierChange[] = []
  multipliers: readonly Multiplier[] = []
  now: Instant
  #channel = 'store'
  /** A member that was merged into this one, by whose id comes what comes next. */
  origin: string | undefined
  /** How many postings asked for the history. */
  replays = 0

  constructor(program: Program, now: string, memberId = MEMBER) {
    this.program = program
    this.state = newAccount(memberId, program)
    this.now = instant(now)
  }

  get memberId(): string {
    return this.state.memberId
  }

  get history(): History {
    return { past: this.past, versions: [{ from: instant(0), program: this.program }] }
  }

  at(now: string): this {
    this.now = instant(now)
    return this
  }

  /** From here on what is done comes by another channel. */
  in(channel: string): this {
    this.#channel = channel
    return this
  }

  /** A wallet as of now. */
  wallet(asset: 'points' | 'growth') {
    return this.caughtUp().wallet(asset)
  }

  caughtUp(): AccountBook {
    const book = new AccountBook(this.program, this.state)
    book.catchUp(this.now)
    return book
  }

  sweep(): void {
    this.keep(this.caughtUp(), [])
  }

  buy(number: string, at: string, lines: readonly LineInput[]): Result<SourceDocument> {
    return this.#post(number, at, { kind: 'purchase', lines })
  }

  act(number: string, at: string, code: string): Result<SourceDocument> {
    return this.#post(number, at, { kind: 'activity', code, quantity: 1, amount: undefined })
  }

  grant(number: string, at: string, points: bigint, growth?: bigint): Result<SourceDocument> {
    return this.#post(number, at, { kind: 'grant', points, growth, reason: 'gift' })
  }

  /** By staff; below nothing it takes. */
  adjust(number: string, by: bigint, asset: AdjustedAsset = 'points'): Result<SourceDocument> {
    const direction = by < 0n ? 'deduct' : 'grant'
    const amount = by < 0n ? -by : by
    return this.#post(number, undefined, { kind: 'adjustment', direction, asset, amount, reason: 'case' })
  }

  /** To somebody else, or as much as somebody else has sent. */
  send(number: string, points: bigint): Result<SourceDocument> {
    return this.#post(number, undefined, { kind: 'transfer-out', points, to: idOf('somebody else') })
  }

  receive(number: string, lots: readonly (LotKey & { amount: bigint })[]): Result<SourceDocument> {
    return this.#post(number, undefined, { kind: 'transfer-in', from: idOf('somebody else'), lots })
  }

  /** By staff: a tier that was asked for. */
  decideTier(tier: string, approved: boolean, id: string): Result<SourceDocument> {
    const number = approved ? 'approved' : 'refused'
    return this.#post(
      number,
      undefined,
      { kind: 'tier-decision', channel: 'staff', tier, approved, reason: 'r' },
      id,
    )
  }

  /** Prepaid money. */
  pay(number: string, command: StoredValueCommand): Result<SourceDocument> {
    return this.#post(number, undefined, { ...command })
  }

  /** On a bill of so much. */
  redeem(number: string, points: bigint, bill = '999999.00', id = `redeem ${number} ${points}`) {
    return this.#post(number, undefined, { kind: 'redemption', wish: { points }, bill }, id)
  }

  hold(number: string, points: bigint, lapsesAt?: string): Result<SourceDocument> {
    const until = lapsesAt === undefined ? undefined : instant(lapsesAt)
    return this.#post(number, undefined, { kind: 'hold', points, lapsesAt: until })
  }

  capture(hold: string, points?: bigint, number = hold): Result<SourceDocument> {
    const id = `capture ${hold} ${this.past.length}`
    return this.#post(
      number,
      undefined,
      { kind: 'capture', hold: idOf(`hold ${hold}`), known: this.#known(hold), points },
      id,
    )
  }

  release(hold: string): Result<SourceDocument> {
    return this.#post(hold, undefined, {
      kind: 'release',
      hold: idOf(`hold ${hold}`),
      known: this.#known(hold),
    })
  }

  giveBack(
    purchase: string,
    lines?: readonly Partial<ReturnedLine>[],
    number = `r${this.past.length}`,
    at?: string,
  ) {
    return this.#post(number, at, {
      kind: 'return',
      purchase: idOf(`purchase ${purchase}`),
      lines: lines?.map(({ line = 0, quantity, amount }) => ({ line, quantity, amount })),
      reason: 'faulty',
    })
  }

  /** All that is to be equal for accounts that have seen the same, in whatever order. */
  standing(): unknown {
    return standingOf(this.caughtUp())
  }

  /** The same for the account played again from its beginning. */
  ideal(): unknown {
    return standingOf(replay(this.memberId, this.history, this.now).book)
  }

  /** What was posted to a book, and the documents that it was posted for. */
  keep(book: AccountBook, documents: readonly SourceDocument[]): void {
    this.past.push(...documents.map((document) => pastOf(book, document, this.program, this.multipliers)))
    this.entries.push(...book.entries)
    this.changes.push(...book.tierChanges)
    this.state = stateOf(book)
  }

  #known(hold: string) {
    const made = this.past.some(({ document }) => document.id === idOf(`hold ${hold}`))
    return made ? { closedBy: undefined } : undefined
  }

  #post(
    number: string,
    at: string | undefined,
    more: { kind: string; [field: string]: unknown },
    name = `${more.kind} ${number}`,
  ) {
    const command = {
      memberId: this.memberId,
      documentId: idOf(name),
      channel: this.#channel,
      number,
      store: undefined,
      operator: 'clerk',
      effectiveAt: at === undefined ? this.now : instant(at),
      body: Buffer.alloc(16),
      idempotencyKey: undefined,
      ...more,
    } as PostingCommand
    const ask = (history: History | undefined) => {
      const book = new AccountBook(this.program, this.state)
      book.origin = this.origin
      const { program, multipliers, now } = this
      const result = decideWithin(program, book, command, () =>
        decide(program, book, command, { multipliers, now, history }),
      )
      return { book, result }
    }
    let { book, result } = ask(undefined)
    if (result === HISTORY_NEEDED) {
      this.replays += 1
      ;({ book, result } = ask(this.history))
    }
    if (result === HISTORY_NEEDED) throw new Error('asked for the history twice')
    if (!result.ok) return result
    this.keep(book, [result.value.document])
    return ok(result.value.document)
  }
}

export function stateOf(book: AccountBook): AccountState {
  const wallet = (asset: (typeof assets)[number]) => {
    const { available, held, pending, owed, earned, spent, expired, reversed, moved, lots, waiting } =
      book.wallet(asset)
    const copy = { lots: lots.map((lot) => ({ ...lot })), waiting: waiting.map((lot) => ({ ...lot })) }
    return { available, held, pending, owed, earned, spent, expired, reversed, moved, ...copy }
  }
  return {
    memberId: book.memberId,
    tier: book.tier,
    tierSince: book.tierSince,
    tierUntil: book.tierUntil,
    tierChanges: book.tierChangeCount,
    counters: book.counters,
    seq: book.seq,
    head: book.head,
    wallets: {
      points: wallet('points'),
      growth: wallet('growth'),
      principal: wallet('principal'),
      bonus: wallet('bonus'),
    },
    holds: book.holds,
    latestAt: book.latestAt,
    fixedAt: book.fixedAt,
  }
}

/** What was earned and taken back counts as never earned. */
export function standingOf(book: AccountBook): unknown {
  return {
    tier: [book.tier, book.tierSince, book.tierUntil],
    counters: Object.fromEntries(Object.entries(book.counters).sort(([a], [b]) => (a < b ? -1 : 1))),
    holds: book.holds.map(({ id, amount, captured, lots }) => [id, amount, captured, lots]),
    wallets: assets.map((asset) => {
      const { earned, reversed, lots, waiting, available, held, pending, owed, spent, expired, moved } =
        book.wallet(asset)
      return {
        net: earned - reversed,
        sums: [available, held, pending, owed, spent, expired, moved],
        lots: lots.map(({ expiresOn, lotClass, remaining }) => [expiresOn, lotClass, remaining]),
        waiting: waiting.map(({ releaseOn, expiresOn, remaining }) => [releaseOn, expiresOn, remaining]),
      }
    }),
  }
}
