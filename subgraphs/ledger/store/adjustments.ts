import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, instant, toIso } from '../../../kernel/values/instant.ts'
import type { Adjustment, AdjustmentState } from '../domain/adjustment-rules.ts'

interface AdjustmentRow {
  id: string
  member_id: string
  program_key: number
  direction: Adjustment['direction']
  asset: Adjustment['asset']
  amount: bigint
  reason: string
  document: string
  state: AdjustmentState
  requested_by: string
  requested_at: Instant
  ends_at: Instant
  decided_by: string | null
  decided_at: Instant | null
  note: string | null
  refusal: string | null
}

const columns = [
  ...['id', 'member_id', 'program_key', 'direction', 'asset', 'amount', 'reason', 'document'],
  ...['state', 'requested_by', 'requested_at', 'ends_at', 'decided_by', 'decided_at', 'note', 'refusal'],
].join(', ')

const adjustmentFrom = (row: AdjustmentRow): Adjustment => ({
  id: row.id,
  memberId: row.member_id,
  programKey: row.program_key,
  direction: row.direction,
  asset: row.asset,
  amount: row.amount,
  reason: row.reason,
  document: row.document,
  state: row.state,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  endsAt: row.ends_at,
  decidedBy: row.decided_by ?? undefined,
  decidedAt: row.decided_at ?? undefined,
  note: row.note ?? undefined,
  refusal: row.refusal ?? undefined,
})

export async function insertAdjustment(tx: Tx, adjustment: Adjustment): Promise<void> {
  await tx.query(
    `/* insertAdjustment */
     insert into adjustment (id, member_id, program_key, direction, asset, amount, reason, document, state,
                             requested_by, requested_at, ends_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      adjustment.id,
      adjustment.memberId,
      adjustment.programKey,
      adjustment.direction,
      adjustment.asset,
      adjustment.amount,
      adjustment.reason,
      adjustment.document,
      adjustment.state,
      adjustment.requestedBy,
      toIso(adjustment.requestedAt),
      toIso(adjustment.endsAt),
    ],
  )
}

/**
 * What somebody has adjusted alone of an asset since a moment, in a programme. Counted one after the other: whoever sends many at
 * once waits for himself.
 */
export async function adjustedAlone(
  tx: Tx,
  by: string,
  of: { readonly programKey: number; readonly asset: Adjustment['asset'] },
  since: Instant,
): Promise<bigint> {
  await tx.query(`/* lockAdjuster */ select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`adjust ${by}`])
  const [row] = await tx.query<{ amount: bigint }>(
    `/* adjustedAlone */
     select coalesce(sum(amount), 0)::bigint as amount from adjustment
     where requested_at >= $3 and requested_by = $1 and program_key = $2 and asset = $4 and decided_by is null
       and state in ('approved', 'posted')`,
    [by, of.programKey, toIso(since), of.asset],
  )
  return row!.amount
}

export async function readAdjustment(query: Query, id: string): Promise<Adjustment | undefined> {
  const [row] = await query<AdjustmentRow>(
    `/* readAdjustment */ select ${columns} from adjustment where id = $1`,
    [id],
  )
  return row && adjustmentFrom(row)
}

/** Locked, so that two who decide at once decide one after the other. */
export async function lockAdjustment(tx: Tx, id: string): Promise<Adjustment | undefined> {
  const [row] = await tx.query<AdjustmentRow>(
    `/* lockAdjustment */ select ${columns} from adjustment where id = $1 for update`,
    [id],
  )
  return row && adjustmentFrom(row)
}

export async function saveDecision(
  tx: Tx,
  id: string,
  decision: { state: 'approved' | 'rejected'; by: string; at: Instant; note: string | undefined },
): Promise<void> {
  await tx.query(
    `/* saveDecision */
     update adjustment set state = $2, decided_by = $3, decided_at = $4, note = $5 where id = $1`,
    [id, decision.state, decision.by, toIso(decision.at), decision.note ?? null],
  )
}

/** What became of it in the books. */
export async function closeAdjustment(query: Query, id: string, refusal: string | undefined): Promise<void> {
  await query(
    `/* closeAdjustment */
     update adjustment set state = case when $2::text is null then 'posted' else 'refused' end, refusal = $2
     where id = $1 and state = 'approved'`,
    [id, refusal ?? null],
  )
}

/** Requests that nobody has decided in time. */
export async function endRequests(query: Query, now: Instant): Promise<void> {
  await query(
    `/* endRequests */ update adjustment set state = 'ended' where state = 'requested' and ends_at <= $1`,
    [toIso(now)],
  )
}

/** Approved, and not in the books: a crash came between. */
export async function approvedAdjustments(query: Query, limit: number): Promise<Adjustment[]> {
  const rows = await query<AdjustmentRow>(
    `/* approvedAdjustments */ select ${columns} from adjustment where state = 'approved' order by id limit $1`,
    [limit],
  )
  return rows.map(adjustmentFrom)
}

/** One page, the newest first; the key is a moment and an id. */
export async function listAdjustments(
  query: Query,
  wanted: {
    programKey: number | undefined
    /** The ids of one member; undefined: anybody. */
    memberIds: readonly string[] | undefined
    state: AdjustmentState | undefined
    after: string | undefined
    limit: number
  },
): Promise<Adjustment[]> {
  const { at, id } = afterKey(wanted.after)
  const rows = await query<AdjustmentRow>(
    `/* listAdjustments */
     select ${columns} from adjustment
     where ($1::smallint is null or program_key = $1) and ($2::text is null or state = $2)
       and (requested_at, id) < ($3::timestamptz, $4::uuid) and ($6::uuid[] is null or member_id = any($6))
     order by requested_at desc, id desc limit $5`,
    [wanted.programKey ?? null, wanted.state ?? null, at, id, wanted.limit, wanted.memberIds ?? null],
  )
  return rows.map(adjustmentFrom)
}

/** Where a page begins: behind a moment and an id, or at the newest. */
export function afterKey(after: string | undefined): { at: string; id: string } {
  const [at, id] = after?.split('/') ?? []
  return at && id && Number.isInteger(Number(at))
    ? { at: toIso(instant(Number(at))), id }
    : { at: 'infinity', id: '00000000-0000-0000-0000-000000000000' }
}
