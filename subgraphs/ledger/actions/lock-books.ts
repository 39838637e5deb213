import type { Tx } from '../../../kernel/db/transaction.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { AccountState } from '../domain/account-book.ts'
import { type AccountKey, accountName, lockAccounts } from '../store/accounts.ts'
import { readPresentIds } from '../store/present-ids.ts'

/** The account that an id of a member leads to now: its own, unless it was merged. */
export type PresentOf = (memberId: string) => string

/** An account, and the tier that it is opened with if it is not there. */
type OpeningKey = AccountKey & { readonly baseTier: string }

/**
 * Locks the accounts of commands, by whatever id of a member they name it, and those that merged members lead to now;
 * answers how they stand, whom an id leads to, and what was asked `alongside`, under the locks.
 */
export async function lockBooks<T>(
  tx: Tx,
  keys: readonly OpeningKey[],
  recordedAt: Instant,
  alongside: () => Promise<T>,
): Promise<readonly [Map<string, AccountState>, PresentOf, T]> {
  const ids = keys.map(({ memberId }) => memberId)
  // Whether a member was merged is known for certain once its account is held: a merge holds it, too.
  const [states, [rest, merged]] = await lockAccounts(tx, keys, recordedAt, () =>
    Promise.all([alongside(), readPresentIds(tx.ask, ids)]),
  )
  return [states, await lockPresent(tx, keys, states, merged, recordedAt), rest]
}

/** Holds the accounts of those whom merged members lead to now, and of nobody else where nobody was merged. */
async function lockPresent(
  tx: Tx,
  keys: readonly OpeningKey[],
  states: Map<string, AccountState>,
  merged: ReadonlyMap<string, string>,
  recordedAt: Instant,
): Promise<PresentOf> {
  const ids = keys.map(({ memberId }) => memberId)
  let known = merged
  const presentOf: PresentOf = (memberId) => known.get(memberId) ?? memberId
  for (;;) {
    // All that was asked for is held.
    if (known.size === 0) return presentOf
    const missing = keys
      .map((key) => ({ ...key, memberId: presentOf(key.memberId) }))
      .filter((key) => !states.has(accountName(key)))
    if (missing.length === 0) return presentOf
    const [more, again] = await lockAccounts(tx, missing, recordedAt, () => readPresentIds(tx.ask, ids))
    for (const [name, state] of more) states.set(name, state)
    known = again
  }
}
