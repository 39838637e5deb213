import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { PastEvent } from '../domain/dry-run.ts'
import type { Cycle } from '../domain/recount.ts'
import { type DocumentRow, documentColumns, documentFrom } from './documents.ts'

/** The members of a programme after one of them, in the order of their ids. */
export async function readMembersAfter(
  query: Query,
  programKey: number,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await query<{ member_id: string }>(
    `/* readMembersAfter */
     select member_id from account
     where program_key = $1 and ($2::uuid is null or member_id > $2)
     order by member_id limit $3`,
    [programKey, after ?? null, limit],
  )
  return rows.map((row) => row.member_id)
}

/** What is on record of members from a moment on, each in order of effect. */
export async function readPastEvents(
  query: Query,
  programKey: number,
  memberIds: readonly string[],
  from: Instant,
): Promise<Map<string, PastEvent[]>> {
  const rows = await query<DocumentRow>(
    `/* readPastEvents */
     select ${documentColumns}
     from entry
     join origin using (origin_key)
     where member_id = any($1::uuid[]) and program_key = $2 and document_kind is not null and effective_at >= $3
     order by member_id, effective_at, seq`,
    [memberIds, programKey, toIso(from)],
  )
  const events = rows.map((row) => {
    const document = documentFrom(row)
    const { kind, moves } = document.entry
    return {
      document,
      burned: kind === 'redeem' ? amountOf(moves, 'points') : 0n,
      growthTaken: kind === 'deduct' ? amountOf(moves, 'growth') : 0n,
    }
  })
  return Map.groupBy(events, ({ document }) => document.memberId)
}

const amountOf = (
  moves: readonly { readonly asset: string; readonly amount: bigint }[],
  of: string,
): bigint => moves.find(({ asset }) => asset === of)?.amount ?? 0n

/** When tiers of members were changed, each in order. A change up begins anew what an upgrade begins anew. */
export async function readTierCycles(
  query: Query,
  programKey: number,
  memberIds: readonly string[],
): Promise<Map<string, (Cycle & { readonly memberId: string })[]>> {
  const rows = await query<{ member_id: string; at: Instant; promoted: boolean }>(
    `/* readTierCycles */
     select member_id, at, reason not in ('review', 'undone', 'staff') as promoted
     from tier_change where member_id = any($1::uuid[]) and program_key = $2
     order by member_id, sequence`,
    [memberIds, programKey],
  )
  return Map.groupBy(
    rows.map(({ member_id: memberId, at, promoted }) => ({ memberId, at, promoted })),
    ({ memberId }) => memberId,
  )
}
