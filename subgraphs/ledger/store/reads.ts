import { momentFrom } from '../../../kernel/db/parsers.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, type LocalDate, NEVER, toIso } from '../../../kernel/values/instant.ts'
import type { TierReason } from '../domain/account-book.ts'
import { type Asset, assets } from '../domain/asset.ts'
import { type EntryKind, lotsFrom, type Move } from '../domain/entry.ts'
import { type PointsSource, sourceOf } from '../domain/points-source.ts'
import type { SourceDocument } from '../domain/posting.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { type EntryRow, entryColumns, entryFrom, type RecordedEntry } from './entries.ts'

/** What the graph shows of the books. Lots that ran out count as gone, whether the sweep has been there or not. */

export async function membersWithAccount(query: Query, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await query<{ member_id: string }>(
    `/* membersWithAccount */ select distinct member_id from account where member_id = any($1::uuid[])`,
    [ids],
  )
  return rows.map((row) => row.member_id)
}

export interface AccountView extends AccountKey {
  readonly tier: string | undefined
  readonly tierSince: Instant | undefined
  readonly tierUntil: LocalDate | undefined
  readonly points: { available: bigint; held: bigint; pending: bigint; owed: bigint; earned: bigint }
  readonly growth: bigint
  /** The first day at whose end some growth is lost; undefined: none is. */
  readonly growthUntil: LocalDate | undefined
  /** Something is held or pending: what stands there may have lapsed or been released since. */
  readonly unsettled: boolean
}

/** The columns of an account that its view is made from. */
export interface AccountColumns {
  tier: string | null
  tier_since: Instant | null
  tier_until: LocalDate | null
  available: bigint | null
  held: bigint | null
  pending: bigint | null
  owed: bigint | null
  earned: bigint | null
  growth: bigint | null
  points_left: bigint[] | null
  points_until: LocalDate[] | null
  growth_left: bigint[] | null
  growth_until: LocalDate[] | null
  unsettled: boolean | null
}

const VIEWED = `tier, tier_since, tier_until, points_available as available, points_held as held, points_pending as pending,
            points_owed as owed, points_earned as earned, growth_available as growth, points_left, points_until,
            growth_left, growth_until, holds <> '' or waiting <> '' as unsettled`

interface AccountViewRow extends AccountColumns {
  member_id: string
  program_key: number
}

/** Accounts as of today, in the order of the keys; one that was never posted to is empty. */
export async function readAccounts(
  query: Query,
  keys: readonly (AccountKey & { readonly today: LocalDate })[],
): Promise<AccountView[]> {
  const rows = await query<AccountViewRow>(
    `/* readAccounts */
     select member_id, program_key, ${VIEWED}
     from account
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)`,
    [keys.map((key) => key.memberId), keys.map((key) => key.programKey)],
  )
  const found = new Map(
    rows.map((row) => [accountName({ memberId: row.member_id, programKey: row.program_key }), row]),
  )
  return keys.map((key) => viewFrom(key, found.get(accountName(key))))
}

/**
 * Accounts by members' ids of any time, in the order asked, and the versions of all programmes that were current in the
 * same moment: who asked by older ones asks again.
 */
export async function readMemberAccounts(
  query: Query,
  asked: readonly { readonly memberId: string; readonly programKey: number | undefined }[],
): Promise<{
  versions: string
  accounts: (AccountColumns & { readonly memberId: string; readonly joined: boolean })[]
}> {
  const rows = await query<AccountColumns & { versions: string; member_id: string; joined: boolean }>(
    `/* readMemberAccounts */
     select versions, present.member_id, ${VIEWED},
            exists (select from merged_member where survivor_id = present.member_id) as joined
     from (select coalesce(string_agg(program_key || '@' || version, ' ' order by id), '') as versions from program) as known
     cross join unnest($1::uuid[], $2::smallint[]) with ordinality as wanted (asked_id, program_key, place)
     left join merged_member as merged on merged.member_id = wanted.asked_id
     cross join lateral (select coalesce(merged.survivor_id, wanted.asked_id) as member_id) as present
     left join account on account.member_id = present.member_id and account.program_key = wanted.program_key
     order by place`,
    [asked.map(({ memberId }) => memberId), asked.map(({ programKey }) => programKey ?? null)],
  )
  return {
    versions: rows[0]?.versions ?? '',
    accounts: rows.map(({ member_id, ...row }) => ({ ...row, memberId: member_id })),
  }
}

/** An account as of a day; what lots had run out by then is gone. */
export function viewFrom(
  { memberId, programKey, today }: AccountKey & { today: LocalDate },
  row: AccountColumns | undefined,
): AccountView {
  const growthUntil = row?.growth_until?.find((day) => day >= today && day !== NEVER)
  return {
    memberId,
    programKey,
    tier: row?.tier ?? undefined,
    tierSince: row?.tier_since ?? undefined,
    tierUntil: row?.tier_until ?? undefined,
    points: {
      available: (row?.available ?? 0n) - goneBefore(today, row?.points_until, row?.points_left),
      held: row?.held ?? 0n,
      pending: row?.pending ?? 0n,
      owed: row?.owed ?? 0n,
      earned: row?.earned ?? 0n,
    },
    growth: (row?.growth ?? 0n) - goneBefore(today, row?.growth_until, row?.growth_left),
    growthUntil,
    unsettled: row?.unsettled ?? false,
  }
}

/** Lots stand soonest-expiring first. */
function goneBefore(
  today: LocalDate,
  until: readonly LocalDate[] | null | undefined,
  left: readonly bigint[] | null | undefined,
): bigint {
  let gone = 0n
  for (let index = 0; until && left && index < until.length && until[index]! < today; index++)
    gone += left[index]!
  return gone
}

export interface LotView extends AccountKey {
  readonly expiresOn: LocalDate
  readonly lotClass: string
  readonly remaining: bigint
}

/** Lots of points with something left, soonest-expiring first, behind a key of `expiresOn/class`. */
export async function readLots(
  query: Query,
  key: AccountKey,
  options: { today: LocalDate; after: string | undefined; limit: number },
): Promise<LotView[]> {
  const [expiresOn = '-infinity', lotClass = ''] = options.after?.split('/') ?? []
  const rows = await query<{ expires_on: LocalDate; class: string; remaining: bigint }>(
    `/* readLots */
     select expires_on, coalesce(class, '') as class, remaining
     from account,
          unnest(points_until, points_left, points_class) as lot (expires_on, remaining, class)
     where member_id = $1 and program_key = $2 and expires_on >= $3
       and (expires_on, coalesce(class, '')) > ($4::date, $5)
     order by expires_on, class
     limit $6`,
    [key.memberId, key.programKey, options.today, expiresOn, lotClass, options.limit],
  )
  return rows.map((row) => ({
    ...key,
    expiresOn: row.expires_on,
    lotClass: row.class,
    remaining: row.remaining,
  }))
}

/** What went into each lot of points of an account, by `expiresOn/class`: the journal knows. */
export async function readLotsEarned(query: Query, key: AccountKey): Promise<Map<string, bigint>> {
  const rows = await query<{ kind: EntryKind; lots: string }>(
    `/* readLotsEarned */
     select kind, lots from entry where member_id = $1 and program_key = $2 and points is not null`,
    [key.memberId, key.programKey],
  )
  const earned = new Map<string, bigint>()
  for (const { kind, lots } of rows) {
    if (!EARNING.has(kind)) continue
    for (const { asset, expiresOn, lotClass, amount, releaseOn } of lotsFrom(lots)) {
      if (asset !== 'points' || releaseOn !== undefined || amount < 0n) continue
      const name = `${expiresOn}/${lotClass}`
      earned.set(name, (earned.get(name) ?? 0n) + amount)
    }
  }
  return earned
}

/** The kinds that bring points anew; what comes back to a lot was earned before. */
const EARNING: ReadonlySet<EntryKind> = new Set([
  'earn',
  'grant',
  'mature',
  'receive',
  'relot',
  'top-up',
  'correct',
])

/** What a statement is of; points where it is not said. */
export type StatementAsset = 'points' | 'growth'

/** An entry without its lots, as statements show it. */
export interface ShownEntry extends Omit<RecordedEntry, 'moves'> {
  readonly moves: readonly Omit<Move, 'lots'>[]
}

export interface AskedStatement extends AccountKey {
  readonly asset?: StatementAsset
  readonly from?: Instant | null | undefined
  readonly to?: Instant | null | undefined
  /** Below this number. */
  readonly before: number | undefined
  readonly limit: number
}

/** Part the fields of an entry, and the entries of a page. */
const FIELD = '\x1f'
const ENTRY = '\x1e'

/**
 * Entries that moved points, or growth, newest first; the pages of many in one statement, each as one text: the driver
 * looks at every row and column. With 32 callers a short page takes 44 microseconds of this process and 28 of the server; asked
 * alone, its entries as rows and what ids lead to the account before it, it took 205 and 189.
 */
export async function readStatements(
  query: Query,
  asked: readonly AskedStatement[],
): Promise<ShownEntry[][]> {
  const rows = await query<{ page: string | null }>(
    `/* readStatements */
     select page
     from unnest($1::uuid[], $2::smallint[], $3::boolean[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::integer[])
          with ordinality as asked (member_id, program_key, of_growth, before, since, until, most, place)
     cross join lateral (
       select string_agg(concat_ws(e'\\x1f', seq, kind, coalesce(points::text, ''), coalesce(points_after::text, ''),
                                   coalesce(growth::text, ''), coalesce(growth_after::text, ''), effective_at, recorded_at,
                                   coalesce(document_id::text, '')), e'\\x1e' order by seq desc) as page
       from (
         select * from entry
         where entry.member_id = asked.member_id and entry.program_key = asked.program_key
           and case when of_growth then growth else points end is not null
           and seq < before and effective_at >= since and effective_at < until
         order by seq desc
         limit most
       ) as shown
     ) as read
     order by place`,
    [
      asked.map(({ memberId }) => memberId),
      asked.map(({ programKey }) => programKey),
      asked.map(({ asset }) => asset === 'growth'),
      asked.map(({ before }) => before ?? SEQUENCE_MAX),
      asked.map(({ from }) => momentOr(from, '-infinity')),
      asked.map(({ to }) => momentOr(to, 'infinity')),
      asked.map(({ limit }) => limit),
    ],
  )
  return asked.map((key, index) => pageFrom(key, rows[index]!.page))
}

/** Of PostgreSQL's `integer`. */
export const SEQUENCE_MAX = 2_147_483_647

const momentOr = (at: Instant | null | undefined, otherwise: string): string =>
  at === null || at === undefined ? otherwise : toIso(at)

const pageFrom = ({ memberId, programKey }: AccountKey, page: string | null): ShownEntry[] =>
  (page?.split(ENTRY) ?? []).map((entry) => {
    const [seq, kind, points, pointsAfter, growth, growthAfter, effectiveAt, recordedAt, documentId] =
      entry.split(FIELD)
    return {
      memberId,
      programKey,
      seq: Number(seq),
      documentId: documentId || undefined,
      kind: kind as EntryKind,
      moves: [
        ...(points
          ? [{ asset: 'points' as const, amount: BigInt(points), after: BigInt(pointsAfter!) }]
          : []),
        ...(growth
          ? [{ asset: 'growth' as const, amount: BigInt(growth), after: BigInt(growthAfter!) }]
          : []),
      ],
      effectiveAt: momentFrom(effectiveAt!),
      recordedAt: momentFrom(recordedAt!),
    }
  })

export async function readEntry(
  query: Query,
  key: AccountKey,
  seq: number,
): Promise<RecordedEntry | undefined> {
  const [row] = await query<EntryRow>(
    `/* readEntry */
     select ${entryColumns} from entry where member_id = $1 and program_key = $2 and seq = $3`,
    [key.memberId, key.programKey, seq],
  )
  return row && entryFrom(row)
}

/** Where a page of a statement over several accounts ends. */
export interface StatementPlace {
  readonly recordedAt: Instant
  readonly seq: number
  readonly memberId: string
}

/**
 * The same for a person with several ids: entries of all its accounts, by when they were written down. What went from the one
 * into the other shows on both sides.
 */
export async function readJoinedStatement(
  query: Query,
  { memberIds, programKey }: { memberIds: readonly string[]; programKey: number },
  options: {
    asset?: StatementAsset
    from?: Instant | null
    to?: Instant | null
    before: StatementPlace | undefined
    limit: number
  },
): Promise<RecordedEntry[]> {
  const { before } = options
  const rows = await query<EntryRow>(
    `/* readJoinedStatement */
     select ${entryColumns}
     from entry
     where member_id = any($1::uuid[]) and program_key = $2 and ${options.asset ?? 'points'} is not null
       and ($3::timestamptz is null or (recorded_at, seq, member_id) < ($3, $4::integer, $5::uuid))
       and effective_at >= $6::timestamptz and effective_at < $7::timestamptz
     order by recorded_at desc, seq desc, member_id desc
     limit $8`,
    [
      memberIds,
      programKey,
      before ? toIso(before.recordedAt) : null,
      before?.seq ?? null,
      before?.memberId ?? null,
      momentOr(options.from, '-infinity'),
      momentOr(options.to, 'infinity'),
      options.limit,
    ],
  )
  return rows.map(entryFrom)
}

/** Points by the source of their document, less what of it was taken back; of all accounts of a person. */
export async function readPointsBySource(
  query: Query,
  { memberIds, programKey }: { memberIds: readonly string[]; programKey: number },
): Promise<Map<PointsSource, bigint>> {
  const rows = await query<{ kind: SourceDocument['kind']; channel: string; points: bigint }>(
    `/* readPointsBySource */
     select begun.document_kind as kind, origin.channel,
            sum(case when entry.kind in ('reverse', 'cancel', 'deduct') then -entry.points else entry.points end)::bigint as points
     from entry
     join entry as begun on begun.document_id = entry.document_id and begun.document_kind is not null
     join origin on origin.origin_key = begun.origin_key
     where entry.member_id = any($1::uuid[]) and entry.program_key = $2 and entry.points is not null
       and entry.kind in ('earn', 'grant', 'await', 'top-up', 'correct', 'reverse', 'cancel', 'deduct')
     group by 1, 2`,
    [memberIds, programKey],
  )
  const sums = new Map<PointsSource, bigint>()
  for (const row of rows) {
    const source = sourceOf(row)
    sums.set(source, (sums.get(source) ?? 0n) + row.points)
  }
  return sums
}

export interface AccountAt {
  /** Available less owed. */
  readonly standing: Record<Asset, bigint>
  readonly pending: Record<Asset, bigint>
  /** Of points, like what was earned. */
  readonly held: bigint
  readonly earned: bigint
}

/** What an account had by the time of effect: the entries up to a moment. */
export async function readAccountAt(query: Query, key: AccountKey, at: Instant): Promise<AccountAt> {
  const sumOf = (amount: string) => `coalesce(sum(${amount}), 0)::bigint`
  const [row] = await query<Record<string, bigint>>(
    `/* readAccountAt */
     select ${assets.map((asset) => `${sumOf(`sign * ${asset}`)} as ${asset}, ${sumOf(`waits * ${asset}`)} as ${asset}_pending`).join(', ')},
            ${sumOf(`case when kind = 'hold' then points when kind in ('capture', 'release') then -points end`)} as held,
            ${sumOf(`points) filter (where kind::text in ('earn', 'grant', 'await', 'top-up', 'correct')`)} as earned
     from (
       select *, (credit_of(kind) = 'member')::int - (debit_of(kind) = 'member')::int as sign,
              (credit_of(kind) = 'pending')::int - (debit_of(kind) = 'pending')::int as waits
       from entry
       where member_id = $1 and program_key = $2 and effective_at <= $3
     ) as written`,
    [key.memberId, key.programKey, toIso(at)],
  )
  const { held = 0n, earned = 0n, ...sums } = row!
  const of = (column: (asset: Asset) => string) =>
    Object.fromEntries(assets.map((asset) => [asset, sums[column(asset)]!])) as Record<Asset, bigint>
  return { standing: of((asset) => asset), pending: of((asset) => `${asset}_pending`), held, earned }
}

export interface TierChangeView {
  readonly from: string
  readonly to: string
  readonly at: Instant
  readonly reason: TierReason
}

export async function readTierHistory(query: Query, key: AccountKey): Promise<TierChangeView[]> {
  const rows = await query<{ from_tier: string; to_tier: string; at: Instant; reason: TierReason }>(
    `/* readTierHistory */
     select from_tier, to_tier, at, reason from tier_change
     where member_id = $1 and program_key = $2
     order by sequence desc`,
    [key.memberId, key.programKey],
  )
  return rows.map((row) => ({ from: row.from_tier, to: row.to_tier, at: row.at, reason: row.reason }))
}
