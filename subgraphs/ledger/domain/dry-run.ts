import type { Instant } from '../../../kernel/values/instant.ts'
import { formatDecimal } from '../../../kernel/values/money.ts'
import { AccountBook, newAccount } from './account-book.ts'
import { grantedBy } from './granting.ts'
import { type PostingCommand, post, type SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { type TierMove, TierMoves } from './reevaluation.ts'

/** A recorded document, and the points that it burned. */
export interface PastEvent {
  readonly document: SourceDocument
  readonly burned: bigint
  /** Growth that staff took. */
  readonly growthTaken?: bigint
}

/** What a programme makes of recorded events. */
export interface DryRunOutcome {
  readonly events: number
  /** Events that the rules refuse, e.g. by a cap, or know nothing of. */
  readonly refused: number
  readonly pointsGiven: bigint
  readonly growthGiven: bigint
  readonly pointsRedeemed: bigint
  /** Redemptions, or parts of them, for which there would not have been enough. */
  readonly pointsNotThere: bigint
  readonly pointsExpired: bigint
  /** Left at the end. */
  readonly outstanding: bigint
  /** Members by tier, from the base up. */
  readonly tiers: readonly { readonly tier: string; readonly members: number }[]
}

/** A current and a draft version over the same events, each from empty accounts. */
export class DryRun {
  readonly #until: Instant
  readonly #current: Tally | undefined
  readonly #draft: Tally
  readonly #moves = new TierMoves()
  members = 0

  constructor(current: Program | undefined, draft: Program, until: Instant) {
    this.#until = until
    this.#current = current && new Tally(current)
    this.#draft = new Tally(draft)
  }

  /** Lets one member's documents happen, in their order of effect. */
  live(memberId: string, events: readonly PastEvent[]): void {
    this.members += 1
    const to = this.#draft.live(memberId, events, this.#until)
    const from = this.#current?.live(memberId, events, this.#until)
    if (from !== undefined && from !== to) this.#moves.add(from, to)
  }

  get current(): DryRunOutcome | undefined {
    return this.#current?.outcome
  }

  get draft(): DryRunOutcome {
    return this.#draft.outcome
  }

  get moves(): readonly TierMove[] {
    return this.#moves.moves
  }
}

class Tally {
  readonly #program: Program
  readonly #tiers = new Map<string, number>()
  readonly #sums = {
    events: 0,
    refused: 0,
    pointsGiven: 0n,
    growthGiven: 0n,
    pointsRedeemed: 0n,
    pointsNotThere: 0n,
    pointsExpired: 0n,
    outstanding: 0n,
  }

  constructor(program: Program) {
    this.#program = program
  }

  get outcome(): DryRunOutcome {
    const tiers = this.#program.tiers.map(({ id }) => ({ tier: id, members: this.#tiers.get(id) ?? 0 }))
    return { ...this.#sums, tiers }
  }

  /** Answers the tier at the end. */
  live(memberId: string, events: readonly PastEvent[], until: Instant): string {
    const book = new AccountBook(this.#program, newAccount(memberId, this.#program))
    for (const event of events) this.#happen(book, event, until)
    book.catchUp(until)
    const points = book.wallet('points')
    this.#sums.pointsGiven += points.earned
    this.#sums.growthGiven += book.wallet('growth').earned
    this.#sums.pointsRedeemed += points.spent
    this.#sums.pointsExpired += points.expired
    this.#sums.outstanding += points.available + points.pending
    this.#tiers.set(book.tier, (this.#tiers.get(book.tier) ?? 0) + 1)
    return book.tier
  }

  #happen(book: AccountBook, event: PastEvent, until: Instant): void {
    this.#sums.events += 1
    const { document } = event
    if (document.kind === 'redemption') {
      this.#redeem(book, event)
      return
    }
    const command = commandOf(this.#program, document)
    if (!command || !post(this.#program, book, command, [], until).ok) this.#sums.refused += 1
  }

  /** What members spent they would have spent, as far as it would have been there. */
  #redeem(book: AccountBook, { document: { id, effectiveAt }, burned }: PastEvent): void {
    book.catchUp(effectiveAt)
    const available = book.available('points')
    const there = available < burned ? available : burned
    this.#sums.pointsNotThere += burned - there
    if (there > 0n) book.take('redeem', 'points', there, { at: effectiveAt, documentId: id })
  }
}

/** The command that a document was made from; undefined: nothing that rules decide anew. */
function commandOf(program: Program, document: SourceDocument): PostingCommand | undefined {
  const { memberId, id: documentId, channel, number, store, operator, effectiveAt, body } = document
  const source = { memberId, documentId, channel, number, store, operator, effectiveAt, body }
  const money = (amount: bigint): string => formatDecimal(amount, program.scale)
  switch (document.kind) {
    case 'purchase':
      return {
        ...source,
        idempotencyKey: undefined,
        kind: 'purchase',
        lines: document.lines.map((line) => ({ ...line, amount: money(line.amount) })),
      }
    case 'activity':
      return {
        ...source,
        idempotencyKey: undefined,
        kind: 'activity',
        code: document.subject!,
        quantity: document.quantity!,
        amount: document.amount === undefined ? undefined : money(document.amount),
      }
    case 'grant':
      return {
        ...source,
        idempotencyKey: undefined,
        kind: 'grant',
        ...grantedBy(document.awards),
        reason: document.awards[0]!.rule,
      }
    default:
      return undefined
  }
}
