import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'
import type { AccountKey } from './accounts.ts'

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
}

interface AccountViewRow {
  member_id: string
  program_key: number
  tier: string | null
  tier_since: Instant | null
  tier_until: LocalDate | null
  available: bigint | null
  held: bigint | null
  pending: bigint | null
  owed: bigint | null
  earned: bigint | null
  growth: bigint | null
  points_gone: bigint | null
  growth_gone: bigint | null
  growth_until: LocalDate | null
}

/** Accounts as of today, in the order of the keys; one that was never posted to is empty. */
export async function readAccounts(
  query: Query,
  keys: readonly (AccountKey & { readonly today: LocalDate })[],
): Promise<AccountView[]> {
  const rows = await query<AccountViewRow>(
    `/* readAccounts */
     select wanted.member_id, wanted.program_key, account.tier, account.tier_since, account.tier_until,
            points.available, points.held, points.pending, points.owed, points.earned, growth.available as growth,
            lots.points_gone, lots.growth_gone, lots.growth_until
     from unnest($1::uuid[], $2::smallint[], $3::date[]) with ordinality
            as wanted (member_id, program_key, today, position)
     left join account using (member_id, program_key)
     left join wallet points on points.member_id = wanted.member_id
       and points.program_key = wanted.program_key and points.asset = 'points'
     left join wallet growth on growth.member_id = wanted.member_id
       and growth.program_key = wanted.program_key and growth.asset = 'growth'
     left join lateral (
       select (sum(remaining) filter (where asset = 'points' and expires_on < today))::bigint as points_gone,
              (sum(remaining) filter (where asset = 'growth' and expires_on < today))::bigint as growth_gone,
              min(expires_on) filter (where asset = 'growth' and expires_on >= today and expires_on < 'infinity')
                as growth_until
       from lot
       where lot.member_id = wanted.member_id and lot.program_key = wanted.program_key and remaining > 0
     ) lots on true
     order by position`,
    [keys.map((key) => key.memberId), keys.map((key) => key.programKey), keys.map((key) => key.today)],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    programKey: row.program_key,
    tier: row.tier ?? undefined,
    tierSince: row.tier_since ?? undefined,
    tierUntil: row.tier_until ?? undefined,
    points: {
      available: (row.available ?? 0n) - (row.points_gone ?? 0n),
      held: row.held ?? 0n,
      pending: row.pending ?? 0n,
      owed: row.owed ?? 0n,
      earned: row.earned ?? 0n,
    },
    growth: (row.growth ?? 0n) - (row.growth_gone ?? 0n),
    growthUntil: row.growth_until ?? undefined,
  }))
}

export interface LotView {
  readonly expiresOn: LocalDate
  readonly lotClass: string
  readonly earned: bigint
  readonly remaining: bigint
}

/** Lots of points with something left, soonest-expiring first, behind a key of `expiresOn/class`. */
export async function readLots(
  query: Query,
  key: AccountKey,
  options: { today: LocalDate; after: string | undefined; limit: number },
): Promise<LotView[]> {
  const [expiresOn = '-infinity', lotClass = ''] = options.after?.split('/') ?? []
  const rows = await query<{ expires_on: LocalDate; class: string; earned: bigint; remaining: bigint }>(
    `/* readLots */
     select expires_on, class, earned, remaining
     from lot
     where member_id = $1 and program_key = $2 and asset = 'points' and remaining > 0 and expires_on >= $3
       and (expires_on, class) > ($4::date, $5)
     order by expires_on, class
     limit $6`,
    [key.memberId, key.programKey, options.today, expiresOn, lotClass, options.limit],
  )
  return rows.map((row) => ({
    expiresOn: row.expires_on,
    lotClass: row.class,
    earned: row.earned,
    remaining: row.remaining,
  }))
}

export interface EntryView extends AccountKey {
  readonly seq: number
  readonly kind: 'earn' | 'grant' | 'redeem' | 'expire'
  readonly amount: bigint
  readonly availableAfter: bigint
  readonly effectiveAt: Instant
  readonly recordedAt: Instant
  readonly documentId: string | undefined
}

interface EntryRow {
  member_id: string
  program_key: number
  seq: number
  kind: EntryView['kind']
  amount: bigint
  available_after: bigint
  effective_at: Instant
  recorded_at: Instant
  document_id: string | null
}

const entryColumns =
  'member_id, program_key, seq, kind, amount, available_after, effective_at, recorded_at, document_id'

const entryFrom = (row: EntryRow): EntryView => ({
  memberId: row.member_id,
  programKey: row.program_key,
  seq: row.seq,
  kind: row.kind,
  amount: row.amount,
  availableAfter: row.available_after,
  effectiveAt: row.effective_at,
  recordedAt: row.recorded_at,
  documentId: row.document_id ?? undefined,
})

/** Entries of points, newest first, below a sequence number. */
export async function readStatement(
  query: Query,
  key: AccountKey,
  options: { from?: Instant | null; to?: Instant | null; before: number | undefined; limit: number },
): Promise<EntryView[]> {
  const isoOrNull = (at: Instant | null | undefined) => (at === null || at === undefined ? null : toIso(at))
  const rows = await query<EntryRow>(
    `/* readStatement */
     select ${entryColumns}
     from entry
     where member_id = $1 and program_key = $2 and asset = 'points'
       and seq < coalesce($3::integer, 2147483647)
       and effective_at >= coalesce($4::timestamptz, '-infinity')
       and effective_at < coalesce($5::timestamptz, 'infinity')
     order by seq desc
     limit $6`,
    [
      key.memberId,
      key.programKey,
      options.before ?? null,
      isoOrNull(options.from),
      isoOrNull(options.to),
      options.limit,
    ],
  )
  return rows.map(entryFrom)
}

/** The entry of points that a document led to, if it led to one. */
export async function readEntryOf(
  query: Query,
  key: AccountKey,
  documentId: string,
): Promise<EntryView | undefined> {
  const rows = await query<EntryRow>(
    `/* readEntryOf */
     select ${entryColumns}
     from entry
     where member_id = $1 and program_key = $2 and asset = 'points' and document_id = $3`,
    [key.memberId, key.programKey, documentId],
  )
  return rows[0] && entryFrom(rows[0])
}

/**
 * Points by the time of effect: the entries up to a moment, less the lots that had run out by then and that no entry
 * has expired yet.
 */
export async function readPointsAt(
  query: Query,
  key: AccountKey,
  at: Instant,
  day: LocalDate,
): Promise<{ available: bigint; earned: bigint }> {
  const [row] = await query<{ available: bigint; earned: bigint; gone: bigint }>(
    `/* readPointsAt */
     select coalesce(sum(case when credit = 'member' then amount else -amount end), 0)::bigint as available,
            coalesce(sum(amount) filter (where kind in ('earn', 'grant')), 0)::bigint as earned,
            (select coalesce(sum(remaining), 0)::bigint from lot
             where member_id = $1 and program_key = $2 and asset = 'points' and expires_on < $4) as gone
     from entry
     where member_id = $1 and program_key = $2 and asset = 'points' and effective_at <= $3`,
    [key.memberId, key.programKey, toIso(at), day],
  )
  return { available: row!.available - row!.gone, earned: row!.earned }
}

export interface TierChangeView {
  readonly from: string
  readonly to: string
  readonly at: Instant
}

export async function readTierHistory(query: Query, key: AccountKey): Promise<TierChangeView[]> {
  const rows = await query<{ from_tier: string; to_tier: string; at: Instant }>(
    `/* readTierHistory */
     select from_tier, to_tier, at from tier_change
     where member_id = $1 and program_key = $2
     order by sequence desc`,
    [key.memberId, key.programKey],
  )
  return rows.map((row) => ({ from: row.from_tier, to: row.to_tier, at: row.at }))
}
