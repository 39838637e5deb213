import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import { countedLots } from './counted-lots.ts'
import type { Counters } from './earn-counters.ts'
import type { LotKey } from './entry.ts'
import type { Program } from './program.ts'
import { decideSend, type SendRefusal } from './transfer-rules.ts'

export type TransferCommand =
  | { readonly kind: 'transfer-out'; readonly points: bigint; readonly to: string }
  /** What was sent comes in by the very lots that it left. */
  | {
      readonly kind: 'transfer-in'
      readonly from: string
      readonly lots: readonly (LotKey & { readonly amount: bigint })[]
    }

/** The document of a transfer names the other member. */
type Posted = Result<{ readonly subject: string; readonly counted?: Counters }, SendRefusal>

export function postTransfer(
  program: Program,
  book: AccountBook,
  command: TransferCommand,
  occasion: Occasion,
  now: Instant,
): Posted {
  book.catchUp(now)
  if (command.kind === 'transfer-in') {
    const { owed } = book.wallet('points')
    book.give('receive', [{ asset: 'points', lots: command.lots }], occasion)
    // What ran out on its way runs out here.
    if (command.lots.some(({ expiresOn }) => expiresOn < localDate(now, program.timeZone))) book.catchUp(now)
    return ok({ subject: command.from, ...(owed > 0n ? { counted: countedLots(command.lots) } : {}) })
  }
  const { points, to } = command
  const decided = decideSend(program.transfer, {
    points,
    available: book.available('points'),
    counters: book.counters,
    at: occasion.at,
    timeZone: program.timeZone,
  })
  if (!decided.ok) return decided
  book.counters = decided.value
  book.take('send', 'points', points, occasion)
  return ok({ subject: to })
}
