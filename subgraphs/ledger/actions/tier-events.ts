import type { NewEvent } from '../../../kernel/events/event.ts'
import type { TierChanged, TierRequested } from '../../../schema/events/ledger.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import { tierOf } from '../domain/tiers.ts'
import type { AccountKey } from '../store/accounts.ts'

/** Tier changes of the books that a call worked on, and tiers that wait for approval. */
export function tierEvents(
  orders: readonly { readonly program: Program }[],
  books: ReadonlyMap<string, readonly [AccountKey, AccountBook]>,
): (NewEvent<'ledger.TierChanged', TierChanged> | NewEvent<'ledger.TierRequested', TierRequested>)[] {
  const programs = new Map(orders.map(({ program }) => [program.key, program]))
  return [...books.values()].flatMap(([key, book]) => {
    if (book.tierChanges.length + book.tierRequests.length === 0) return []
    const program = programs.get(key.programKey)!
    const requests = book.tierRequests.map(({ tier, at }) => ({
      type: 'ledger.TierRequested' as const,
      memberId: key.memberId,
      occurredAt: at,
      payload: { program: program.id, tier },
    }))
    const changes = book.tierChanges.map(({ sequence, from, to, reason, at }) => ({
      type: 'ledger.TierChanged' as const,
      memberId: key.memberId,
      occurredAt: at,
      payload: {
        program: program.id,
        sequence,
        from,
        to,
        reason,
        direction:
          tierOf(program, to).rank > tierOf(program, from).rank ? ('up' as const) : ('down' as const),
      },
    }))
    return [...changes, ...requests]
  })
}
