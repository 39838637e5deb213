import type { Instant } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import {
  type AgreedFigure,
  decideSync,
  type SyncRefusal,
  syncText,
  type ToldBalance,
} from './balance-sync.ts'
import { shopOf } from './coalition.ts'
import type { Award } from './earn.ts'
import type { Source } from './posting.ts'
import type { Program } from './program.ts'

/** What a channel tells of a member's balance there. */
export interface BalanceSyncCommand extends ToldBalance {
  readonly kind: 'balance-sync'
  /** A keyed hash of how the channel names the account; empty where a member has one. */
  readonly account: Buffer
  /** What both agreed on last, as it stands under the lock of the account. */
  readonly known?: AgreedFigure | undefined
}

/** Gives or takes what changed at the channel. It is neither a purchase nor an activity: no rule, tier or limit counts it. */
export function postBalanceSync(
  program: Program,
  book: AccountBook,
  told: BalanceSyncCommand & Pick<Source, 'channel' | 'store' | 'operator'>,
  occasion: Occasion,
  now: Instant,
): Result<{ readonly subject: string; readonly awards: readonly Award[] }, SyncRefusal> {
  book.catchUp(occasion.at)
  const rule = program.balanceSync.find(({ channel }) => channel === told.channel)
  const decided = decideSync(rule, told, { known: told.known, available: book.available('points'), now })
  if (!decided.ok) return decided
  const change = decided.value
  // Points are the shop's in which they came up, as with what is earned there.
  const issuer = shopOf(program.coalition, told)
  if (change > 0n) book.credit('grant', { points: change }, { ...occasion, issuer })
  else if (change < 0n) book.take('deduct', 'points', -change, occasion)
  else book.note('grant', occasion)
  const { previous, balance } = told
  const agreed = rule!.figure === 'common' ? book.available('points') : balance
  const given: Award = { rule: 'balance-sync', line: -1, asset: 'points', amount: change }
  return ok({ subject: syncText({ previous, balance, agreed }), awards: change > 0n ? [given] : [] })
}
