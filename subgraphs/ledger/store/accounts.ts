import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'
import { type AccountBook, type AccountState, emptyWallet, type Lot } from '../domain/account-book.ts'
import type { Counters } from '../domain/earn-counters.ts'
import type { Asset } from '../domain/program.ts'

export interface AccountKey {
  readonly memberId: string
  readonly programKey: number
}

export const accountName = ({ memberId, programKey }: AccountKey): string => `${memberId}:${programKey}`

interface AccountRow {
  member_id: string
  program_key: number
  tier: string
  tier_since: Instant | null
  tier_until: LocalDate | null
  tier_changes: number
  counters: CountersJson
}

/** As texts, for JSON's numbers end at 2^53. */
export type CountersJson = Readonly<Record<string, string>>

export const countersToJson = (counters: Counters): string =>
  JSON.stringify(counters, (_, count) => (typeof count === 'bigint' ? count.toString() : count))

export const countersFrom = (json: CountersJson): Counters =>
  Object.fromEntries(Object.entries(json).map(([key, count]) => [key, BigInt(count)]))

/**
 * Locks accounts, in the order of their keys, and reads what a decision needs. Those that are not there yet are
 * opened with the tier given. The lock is taken by a statement of its own, so that the reads after it see what it
 * protects.
 */
export async function lockAccounts(
  tx: Tx,
  keys: readonly (AccountKey & { readonly baseTier: string })[],
  now: Instant,
): Promise<Map<string, AccountState>> {
  const wanted = [...new Map(keys.map((key) => [accountName(key), key])).values()]
  // One round trip: the server begins each statement after the one before it has ended.
  const lockAndRead = () => Promise.all([lock(tx, wanted), readBooks(tx.query, wanted)])
  let [rows, books] = await lockAndRead()
  if (rows.length < wanted.length) {
    await openAccounts(tx, wanted, now)
    ;[rows, books] = await lockAndRead()
  }
  return statesOf(rows, books)
}

/** The same without a lock, for who only looks. Accounts that are not there are left out. */
export async function readAccountStates(
  query: Query,
  keys: readonly AccountKey[],
): Promise<Map<string, AccountState>> {
  const rows = await query<AccountRow>(
    `/* readAccountRows */
     select member_id, program_key, tier, tier_since, tier_until, tier_changes, counters
     from account
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)`,
    [memberIds(keys), programKeys(keys)],
  )
  return statesOf(rows, await readBooks(query, keys))
}

type Books = Awaited<ReturnType<typeof readBooks>>

async function readBooks(query: Query, keys: readonly AccountKey[]) {
  const [wallets, lots] = await Promise.all([readWallets(query, keys), readLots(query, keys)])
  return { wallets, lots }
}

function statesOf(rows: readonly AccountRow[], { wallets, lots }: Books): Map<string, AccountState> {
  return new Map(
    rows.map((row) => {
      const key = { memberId: row.member_id, programKey: row.program_key }
      const wallet = (asset: Asset) => {
        const found = wallets.get(`${accountName(key)}:${asset}`)
        return found ? { ...found, lots: lots.get(`${accountName(key)}:${asset}`) ?? [] } : emptyWallet
      }
      return [
        accountName(key),
        {
          memberId: row.member_id,
          tier: row.tier,
          tierSince: row.tier_since ?? undefined,
          tierUntil: row.tier_until ?? undefined,
          tierChanges: row.tier_changes,
          counters: countersFrom(row.counters),
          wallets: { points: wallet('points'), growth: wallet('growth') },
        },
      ]
    }),
  )
}

const memberIds = (keys: readonly AccountKey[]) => keys.map((key) => key.memberId)
const programKeys = (keys: readonly AccountKey[]) => keys.map((key) => key.programKey)

const lock = (tx: Tx, keys: readonly AccountKey[]): Promise<AccountRow[]> =>
  tx.query<AccountRow>(
    `/* lockAccounts */
     select member_id, program_key, tier, tier_since, tier_until, tier_changes, counters
     from account
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)
     order by member_id, program_key
     for update of account`,
    [memberIds(keys), programKeys(keys)],
  )

/** In the order of their keys, like the locks: two batches that open the same accounts must not cross. */
async function openAccounts(
  tx: Tx,
  keys: readonly (AccountKey & { baseTier: string })[],
  now: Instant,
): Promise<void> {
  await tx.query(
    `/* openAccounts */
     insert into account (member_id, program_key, tier, opened_at)
     select member_id, program_key, tier, $4
     from unnest($1::uuid[], $2::smallint[], $3::text[]) as opened (member_id, program_key, tier)
     order by member_id, program_key
     on conflict on constraint account_key do nothing`,
    [memberIds(keys), programKeys(keys), keys.map((key) => key.baseTier), toIso(now)],
  )
}

async function readWallets(query: Query, keys: readonly AccountKey[]) {
  const rows = await query<{
    member_id: string
    program_key: number
    asset: Asset
    available: bigint
    owed: bigint
    seq: number
    head: Buffer
  }>(
    `/* readWallets */
     select member_id, program_key, asset, available, owed, seq, head
     from wallet
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)`,
    [memberIds(keys), programKeys(keys)],
  )
  return new Map(
    rows.map((row) => [
      `${row.member_id}:${row.program_key}:${row.asset}`,
      { available: row.available, owed: row.owed, seq: row.seq, head: row.head },
    ]),
  )
}

async function readLots(query: Query, keys: readonly AccountKey[]): Promise<Map<string, Lot[]>> {
  const rows = await query<{
    member_id: string
    program_key: number
    asset: Asset
    expires_on: LocalDate
    class: string
    remaining: bigint
  }>(
    `/* readOpenLots */
     select member_id, program_key, asset, expires_on, class, remaining
     from lot
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)
     where remaining > 0`,
    [memberIds(keys), programKeys(keys)],
  )
  const lots = new Map<string, Lot[]>()
  for (const row of rows) {
    const name = `${row.member_id}:${row.program_key}:${row.asset}`
    const lot = { expiresOn: row.expires_on, lotClass: row.class, remaining: row.remaining }
    const known = lots.get(name)
    if (known) known.push(lot)
    else lots.set(name, [lot])
  }
  return lots
}

/**
 * Accounts in which something fell due before a day; skips those that someone else is busy with. What looks redundant
 * is the predicate of the index: a plan for any `$1` would not use it otherwise.
 */
export async function accountsDue(
  tx: Tx,
  day: LocalDate,
  programKey: number,
  limit: number,
): Promise<AccountKey[]> {
  const rows = await tx.query<{ member_id: string; program_key: number }>(
    `/* accountsDue */
     select member_id, program_key from account
     where next_due < $1 and next_due < 'infinity' and program_key = $2
     order by next_due
     limit $3
     for update skip locked`,
    [day, programKey, limit],
  )
  return rows.map((row) => ({ memberId: row.member_id, programKey: row.program_key }))
}

/** Writes what the books say of the accounts themselves. */
export async function saveAccounts(
  tx: Tx,
  books: readonly (readonly [AccountKey, AccountBook])[],
): Promise<void> {
  const isoOrNull = (at: Instant | undefined) => (at === undefined ? null : toIso(at))
  if (books.length === 0) return
  await tx.query(
    `/* saveAccounts */
     update account
     set tier = changed.tier, tier_since = changed.tier_since, tier_until = changed.tier_until,
         tier_changes = changed.tier_changes, next_due = changed.next_due,
         counters = coalesce(changed.counters, account.counters)
     from unnest($1::uuid[], $2::smallint[], $3::text[], $4::timestamptz[], $5::date[], $6::integer[], $7::date[],
                 $8::jsonb[])
       as changed (member_id, program_key, tier, tier_since, tier_until, tier_changes, next_due, counters)
     where account.member_id = changed.member_id and account.program_key = changed.program_key
       and ((account.next_due, account.tier_changes, account.tier_until) is distinct from
            (changed.next_due, changed.tier_changes, changed.tier_until) or changed.counters is not null)`,
    [
      books.map(([key]) => key.memberId),
      books.map(([key]) => key.programKey),
      books.map(([, book]) => book.tier),
      books.map(([, book]) => isoOrNull(book.tierSince)),
      books.map(([, book]) => book.tierUntil ?? null),
      books.map(([, book]) => book.tierChangeCount),
      books.map(([, book]) => book.nextDue),
      books.map(([, book]) => (book.countersChanged ? countersToJson(book.counters) : null)),
    ],
  )
}
