import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { AccountKey } from './accounts.ts'

/** Writes down who has reached a tier that needs approval. What is waited for already is not asked twice. */
export function insertTierRequests(tx: Tx, books: readonly (readonly [AccountKey, AccountBook])[]): void {
  const requests = books.flatMap(([key, book]) =>
    book.tierRequests.map((request) => ({ ...key, ...request })),
  )
  if (requests.length === 0) return
  tx.send(
    `/* insertTierRequests */
     insert into tier_request (member_id, program_key, tier, asked_at, document_id)
     select member_id, program_key, tier, asked_at, document_id
     from unnest($1::uuid[], $2::smallint[], $3::text[], $4::timestamptz[], $5::uuid[])
       as asked (member_id, program_key, tier, asked_at, document_id)
     where not exists (
       select from tier_request open
       where open.member_id = asked.member_id and open.program_key = asked.program_key
         and open.tier = asked.tier and open.decided_at is null
     )
     on conflict on constraint tier_request_key do nothing`,
    [
      requests.map(({ memberId }) => memberId),
      requests.map(({ programKey }) => programKey),
      requests.map(({ tier }) => tier),
      requests.map(({ at }) => toIso(at)),
      requests.map(({ documentId }) => documentId ?? null),
    ],
  )
}

export interface TierDecision extends AccountKey {
  readonly tier: string
  readonly approved: boolean
  readonly by: string
  readonly reason: string
}

export function decideTierRequests(tx: Tx, decisions: readonly TierDecision[], now: Instant): void {
  if (decisions.length === 0) return
  tx.send(
    `/* decideTierRequests */
     update tier_request set decided_at = $7, decided_by = decided.by, approved = decided.approved, reason = decided.reason
     from unnest($1::uuid[], $2::smallint[], $3::text[], $4::boolean[], $5::text[], $6::text[])
       as decided (member_id, program_key, tier, approved, by, reason)
     where tier_request.member_id = decided.member_id and tier_request.program_key = decided.program_key
       and tier_request.tier = decided.tier and tier_request.decided_at is null`,
    [
      decisions.map(({ memberId }) => memberId),
      decisions.map(({ programKey }) => programKey),
      decisions.map(({ tier }) => tier),
      decisions.map(({ approved }) => approved),
      decisions.map(({ by }) => by),
      decisions.map(({ reason }) => reason),
      toIso(now),
    ],
  )
}

export interface OpenTierRequest {
  readonly memberId: string
  readonly tier: string
  readonly askedAt: Instant
}

/** The longest waiting first; those whose tier was changed or reviewed meanwhile have lapsed and are left out. */
export async function readTierRequests(
  query: Query,
  programKey: number,
  page: { readonly after: { askedAt: Instant; memberId: string } | undefined; readonly limit: number },
): Promise<OpenTierRequest[]> {
  const rows = await query<{ member_id: string; tier: string; asked_at: Instant }>(
    `/* readTierRequests */
     select member_id, tier_request.tier, asked_at
     from tier_request
     join account using (member_id, program_key)
     where program_key = $1 and decided_at is null
       and account.counters::jsonb ->> ('m:request:' || tier_request.tier || '/tier') = '1'
       and ($2::timestamptz is null or (asked_at, member_id) > ($2, $3::uuid))
     order by asked_at, member_id
     limit $4`,
    [programKey, page.after ? toIso(page.after.askedAt) : null, page.after?.memberId ?? null, page.limit],
  )
  return rows.map((row) => ({ memberId: row.member_id, tier: row.tier, askedAt: row.asked_at }))
}
