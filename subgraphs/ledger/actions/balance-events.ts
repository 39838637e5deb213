import type { NewEvent } from '../../../kernel/events/event.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { BalancesChanged } from '../../../schema/events/ledger.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Program } from '../domain/program.ts'
import type { AccountKey } from '../store/accounts.ts'

/** Tells how the accounts stand that a call changed, so that others can choose members by it. */
export function balanceEvents(
  orders: readonly { readonly program: Program }[],
  books: readonly (readonly [AccountKey, AccountBook])[],
  occurredAt: Instant,
): NewEvent<'ledger.BalancesChanged', BalancesChanged>[] {
  const programs = new Map(orders.map(({ program }) => [program.key, program.id]))
  const changed = books.filter(([, book]) => book.changed)
  return [...Map.groupBy(changed, ([key]) => key.programKey)].map(([programKey, group]) => ({
    type: 'ledger.BalancesChanged',
    occurredAt,
    payload: {
      program: programs.get(programKey)!,
      accounts: group.map(([{ memberId }, book]) => ({
        memberId,
        tier: book.tier,
        points: String(book.available('points')),
        growth: String(book.available('growth')),
      })),
    },
  }))
}
