import { rowsText } from '../../../kernel/db/row-text.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook, AccountState } from '../domain/account-book.ts'
import type { Asset } from '../domain/asset.ts'
import { countersFrom, countersText } from '../domain/document-text.ts'
import { lotsFrom, lotsText } from '../domain/entry.ts'
import { emptyWallet, type PendingLot, type WalletState } from '../domain/wallet.ts'
import { holdsFrom, holdsText } from './holds.ts'

export interface AccountKey {
  readonly memberId: string
  readonly programKey: number
}

export const accountName = ({ memberId, programKey }: AccountKey): string => `${memberId}:${programKey}`

const PARTS = [
  'available',
  'held',
  'pending',
  'owed',
  'earned',
  'spent',
  'expired',
  'reversed',
  'moved',
] as const

/** What a row says of one wallet. All are null where the asset was never used. */
type WalletColumns<Of extends Asset> = Record<`${Of}_${(typeof PARTS)[number]}`, bigint | null> &
  Record<`${Of}_left`, bigint[] | null> &
  Record<`${Of}_until`, LocalDate[] | null> &
  Record<`${Of}_class`, string[] | null>

interface AccountRow
  extends WalletColumns<'points'>,
    WalletColumns<'growth'>,
    WalletColumns<'principal'>,
    WalletColumns<'bonus'> {
  member_id: string
  program_key: number
  seq: number
  tier_since: Instant | null
  tier_until: LocalDate | null
  tier_changes: number
  tier: string
  head: Buffer
  counters: string
  waiting: string
  holds: string
  latest_at: Instant
  fixed_at: Instant
}

const walletColumns = (asset: Asset): string[] =>
  [...PARTS, 'left', 'until', 'class'].map((column) => `${asset}_${column}`)

/** In the order of the table, which is that of a row's text. */
const columns = [
  ...['member_id', 'program_key', 'seq', 'tier_since', 'opened_at', 'tier_until', 'next_due', 'tier_changes'],
  ...['tier', 'head', 'counters', 'waiting'],
  ...walletColumns('points'),
  ...walletColumns('growth'),
  ...walletColumns('principal'),
  ...walletColumns('bonus'),
  ...['holds', 'latest_at', 'fixed_at'],
]

const read = columns
  .filter((column) => column !== 'opened_at' && column !== 'next_due')
  .map((column) => `account.${column}`)
  .join(', ')

/**
 * Locks accounts, in the order of their keys, and reads what a decision needs: all of it stands in the row. Those that
 * are not there yet are opened with the tier given. What must be seen under the lock is asked `alongside`: it goes out
 * behind the lock without waiting for it, and the server begins each statement after the one before it has ended.
 */
export async function lockAccounts<T>(
  tx: Tx,
  keys: readonly (AccountKey & { readonly baseTier: string })[],
  now: Instant,
  alongside: () => Promise<T>,
): Promise<readonly [Map<string, AccountState>, T]> {
  const wanted = [...new Map(keys.map((key) => [accountName(key), key])).values()]
  const lockAndRead = () => Promise.all([lock(tx, wanted), alongside()])
  let [rows, rest] = await lockAndRead()
  if (rows.length < wanted.length) {
    // Somebody may have opened it, and posted to it, since we looked.
    const [, again] = await Promise.all([openAccounts(tx, wanted, now), lockAndRead()])
    ;[rows, rest] = again
  }
  return [statesOf(rows), rest]
}

/** The same without a lock, for who only looks. Accounts that are not there are left out. */
export async function readAccountStates(
  query: Query,
  keys: readonly AccountKey[],
): Promise<Map<string, AccountState>> {
  return statesOf(
    await query<AccountRow>(
      `/* readAccountRows */
       select ${read}
       from account
       join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)`,
      [memberIds(keys), programKeys(keys)],
    ),
  )
}

const memberIds = (keys: readonly AccountKey[]) => keys.map((key) => key.memberId)
const programKeys = (keys: readonly AccountKey[]) => keys.map((key) => key.programKey)

const lock = (tx: Tx, keys: readonly AccountKey[]): Promise<AccountRow[]> =>
  tx.ask<AccountRow>(
    `/* lockAccounts */
     select ${read}
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

const statesOf = (rows: readonly AccountRow[]): Map<string, AccountState> =>
  new Map(
    rows.map((row) => [
      accountName({ memberId: row.member_id, programKey: row.program_key }),
      {
        memberId: row.member_id,
        tier: row.tier,
        tierSince: row.tier_since ?? undefined,
        tierUntil: row.tier_until ?? undefined,
        tierChanges: row.tier_changes,
        counters: countersFrom(row.counters),
        seq: row.seq,
        head: row.head,
        wallets: {
          points: walletFrom(row, 'points'),
          growth: walletFrom(row, 'growth'),
          principal: walletFrom(row, 'principal'),
          bonus: walletFrom(row, 'bonus'),
        },
        holds: holdsFrom(row.holds),
        latestAt: row.latest_at,
        fixedAt: row.fixed_at,
      },
    ]),
  )

function walletFrom(row: AccountRow, asset: Asset): WalletState {
  const left = row[`${asset}_left`]
  if (left === null) return emptyWallet
  const until = row[`${asset}_until`]!
  const classes = row[`${asset}_class`]
  return {
    available: row[`${asset}_available`]!,
    held: row[`${asset}_held`]!,
    pending: row[`${asset}_pending`]!,
    owed: row[`${asset}_owed`]!,
    earned: row[`${asset}_earned`]!,
    spent: row[`${asset}_spent`]!,
    expired: row[`${asset}_expired`]!,
    reversed: row[`${asset}_reversed`]!,
    moved: row[`${asset}_moved`]!,
    lots: left.map((remaining, index) => ({
      expiresOn: until[index]!,
      lotClass: classes?.[index] ?? '',
      remaining,
    })),
    waiting: waitingFrom(row.waiting, asset),
  }
}

const NOTHING_WAITS: readonly PendingLot[] = []

const waitingFrom = (waiting: string, asset: Asset): readonly PendingLot[] =>
  waiting === ''
    ? NOTHING_WAITS
    : lotsFrom(waiting)
        .filter((lot) => lot.asset === asset)
        .map(({ releaseOn = '', expiresOn, lotClass, amount }) => ({
          releaseOn,
          expiresOn,
          lotClass,
          remaining: amount,
        }))

/**
 * Accounts in which something fell due before a day; skips those that someone else is busy with. What looks redundant
 * is the predicate of the index: a plan for any `$1` would not use it otherwise.
 */
export async function accountsDue(
  tx: Tx,
  day: LocalDate,
  programKey: number,
  limit: number,
): Promise<Map<string, AccountState>> {
  return statesOf(
    await tx.ask<AccountRow>(
      `/* accountsDue */
       select ${read} from account
       where next_due < $1 and next_due < 'infinity' and program_key = $2
       order by next_due
       limit $3
       for update skip locked`,
      [day, programKey, limit],
    ),
  )
}

/** Accounts in which a hold lapsed before a moment; skips those that someone else is busy with. */
export async function accountsWithLapses(
  tx: Tx,
  now: Instant,
  programKey: number,
  limit: number,
): Promise<Map<string, AccountState>> {
  return statesOf(
    await tx.ask<AccountRow>(
      `/* accountsWithLapses */
       select ${read} from account
       where (member_id, program_key) in (
         select member_id, program_key from hold
         where closed_by is null and lapses_at <= $1 and program_key = $2
         order by lapses_at
         limit $3
       )
       for update skip locked`,
      [toIso(now), programKey, limit],
    ),
  )
}

/** The programmes in which a member has an account. */
export async function accountsOf(tx: Tx, memberId: string): Promise<number[]> {
  const rows = await tx.query<{ program_key: number }>(
    '/* accountsOf */ select program_key from account where member_id = $1 order by program_key',
    [memberId],
  )
  return rows.map((row) => row.program_key)
}

const set = columns
  .filter((column) => !['member_id', 'program_key', 'opened_at'].includes(column))
  .map((column) => `${column} = new.${column}`)
  .join(', ')

/** Writes the accounts as the books leave them: absolutely, for they are locked. */
export function saveAccounts(
  tx: Tx,
  books: readonly (readonly [AccountKey, AccountBook])[],
  heads: ReadonlyMap<AccountBook, Buffer>,
): void {
  if (books.length === 0) return
  tx.send(
    `/* saveAccounts */
     update account set ${set}
     from unnest($1::account[]) as new
     where account.member_id = new.member_id and account.program_key = new.program_key`,
    [rowsText(books.map(([key, book]) => rowOf(key, book, heads.get(book) ?? book.head)))],
  )
}

const rowOf = (key: AccountKey, book: AccountBook, head: Buffer): unknown[] => [
  key.memberId,
  key.programKey,
  book.seq,
  book.tierSince === undefined ? null : toIso(book.tierSince),
  null, // opened_at, which stays
  book.tierUntil,
  book.nextDue,
  book.tierChangeCount,
  book.tier,
  head,
  countersText(book.counters),
  waitingText(book),
  ...walletRow(book.wallet('points'), true),
  ...walletRow(book.wallet('growth'), true),
  ...walletRow(book.wallet('principal'), false),
  ...walletRow(book.wallet('bonus'), false),
  holdsText(book.holds),
  toIso(book.latestAt),
  toIso(book.fixedAt),
]

const ABSENT: readonly null[] = Array.from({ length: PARTS.length + 3 }, () => null)

function walletRow(wallet: WalletState, always: boolean): readonly unknown[] {
  if (!always && PARTS.every((part) => wallet[part] === 0n)) return ABSENT
  const { lots } = wallet
  return [
    wallet.available,
    wallet.held,
    wallet.pending,
    wallet.owed,
    wallet.earned,
    wallet.spent,
    wallet.expired,
    wallet.reversed,
    wallet.moved,
    lots.map((lot) => lot.remaining),
    lots.map((lot) => lot.expiresOn),
    lots.some((lot) => lot.lotClass !== '') ? lots.map((lot) => lot.lotClass) : null,
  ]
}

const waitingText = (book: AccountBook): string =>
  (['points', 'growth', 'principal', 'bonus'] as const)
    .flatMap((asset) => {
      const { waiting, pending } = book.wallet(asset)
      if (pending === 0n) return []
      const lots = waiting.map(({ remaining, ...lot }) => ({ ...lot, amount: remaining }))
      return [lotsText([{ asset, amount: pending, after: 0n, lots }])]
    })
    .join(';')
