import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId, newId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { IdentityKind } from '../domain/kinds.ts'
import type { ConflictKind, Strength } from '../domain/one-id.ts'

export type Resolution = 'MERGED' | 'KEPT_APART' | 'MOVED' | 'ERASED'

/** An identifier that leads to one member, and that somebody else claims. */
export interface IdentityConflict {
  readonly id: string
  readonly kind: ConflictKind
  readonly state: 'OPEN' | 'RESOLVED'
  readonly hash: Buffer
  readonly identifierKind: IdentityKind
  readonly identifierScope: string
  /** How the claim was believed, and whose word or which proof it was. */
  readonly strength: Strength
  readonly source: string
  readonly holderId: MemberId
  readonly claimantId: MemberId | undefined
  readonly openedAt: Instant
  readonly seenAt: Instant
  readonly times: number
  readonly resolution: Resolution | undefined
  readonly reason: string | undefined
  readonly mergeCaseId: string | undefined
  readonly resolvedBy: string | undefined
  readonly resolvedAt: Instant | undefined
}

export type Seen = Pick<
  IdentityConflict,
  'kind' | 'hash' | 'identifierKind' | 'identifierScope' | 'strength' | 'source' | 'holderId' | 'claimantId'
>

/** Opens a case, or counts that it was seen again; one that people have decided to leave as it is stays closed. */
export async function noteConflict(tx: Tx, seen: Seen, at: Instant): Promise<string> {
  const values = [
    seen.hash,
    seen.identifierKind,
    seen.identifierScope,
    seen.holderId,
    seen.claimantId ?? null,
  ]
  const [known] = await tx.query<{ id: string }>(
    `/* seeConflictAgain */
     update identity_conflict set times = times + 1, seen_at = $6
     where identifier_hash = $1 and identifier_kind = $2 and identifier_scope = $3 and holder_id = $4
       and claimant_id is not distinct from $5 and (state = 'OPEN' or resolution = 'KEPT_APART')
     returning id`,
    [...values, toIso(at)],
  )
  if (known) return known.id
  const [opened] = await tx.query<{ id: string }>(
    `/* openConflict */
     insert into identity_conflict (identifier_hash, identifier_kind, identifier_scope, holder_id, claimant_id, id,
       kind, state, strength, source, opened_at, seen_at, times)
     values ($1, $2, $3, $4, $5, $6, $7, 'OPEN', $8, $9, $10, $10, 1)
     returning id`,
    [...values, newId(at), seen.kind, seen.strength, seen.source, toIso(at)],
  )
  return opened!.id
}

export async function resolveConflictRow(
  tx: Tx,
  id: string,
  resolved: { resolution: Resolution; reason: string; by: string; at: Instant; mergeCaseId?: string },
): Promise<void> {
  await tx.query(
    `/* resolveConflict */
     update identity_conflict
     set state = 'RESOLVED', resolution = $2, reason = $3, resolved_by = $4, resolved_at = $5, merge_case_id = $6
     where id = $1`,
    [id, resolved.resolution, resolved.reason, resolved.by, toIso(resolved.at), resolved.mergeCaseId ?? null],
  )
}

export async function lockConflict(tx: Tx, id: string): Promise<IdentityConflict | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await tx.query<Columns>(
    `/* lockConflict */ select * from identity_conflict where id = $1 for update`,
    [id],
  )
  return row && conflictOf(row)
}

export async function findConflict(query: Query, id: string): Promise<IdentityConflict | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await query<Columns>(`/* findConflict */ select * from identity_conflict where id = $1`, [id])
  return row && conflictOf(row)
}

/** Newest first, behind a case. */
export async function listConflicts(
  query: Query,
  asked: {
    memberIds: readonly string[] | undefined
    state: 'OPEN' | 'RESOLVED' | undefined
    before: string | undefined
    limit: number
  },
): Promise<IdentityConflict[]> {
  const rows = await query<Columns>(
    `/* listConflicts */
     select * from identity_conflict
     where ($1::uuid[] is null or holder_id = any($1) or claimant_id = any($1)) and ($2::text is null or state = $2)
       and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [asked.memberIds ?? null, asked.state ?? null, asked.before ?? null, asked.limit],
  )
  return rows.map(conflictOf)
}

/** Of an erased person nothing is contested any more, nor is it known what was. */
export async function forgetConflicts(tx: Tx, memberIds: readonly string[], at: Instant): Promise<void> {
  await tx.query(
    `/* forgetConflicts */
     update identity_conflict
     set identifier_hash = '', source = '', reason = '', state = 'RESOLVED',
       resolution = coalesce(resolution, 'ERASED'), resolved_at = coalesce(resolved_at, $2)
     where holder_id = any($1::uuid[]) or claimant_id = any($1::uuid[])`,
    [memberIds, toIso(at)],
  )
}

interface Columns {
  id: string
  kind: ConflictKind
  state: 'OPEN' | 'RESOLVED'
  identifier_hash: Buffer
  identifier_kind: IdentityKind
  identifier_scope: string
  strength: Strength
  source: string
  holder_id: MemberId
  claimant_id: MemberId | null
  opened_at: Instant
  seen_at: Instant
  times: number
  resolution: Resolution | null
  reason: string | null
  merge_case_id: string | null
  resolved_by: string | null
  resolved_at: Instant | null
}

const conflictOf = (row: Columns): IdentityConflict => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  hash: row.identifier_hash,
  identifierKind: row.identifier_kind,
  identifierScope: row.identifier_scope,
  strength: row.strength,
  source: row.source,
  holderId: row.holder_id,
  claimantId: row.claimant_id ?? undefined,
  openedAt: row.opened_at,
  seenAt: row.seen_at,
  times: row.times,
  resolution: row.resolution ?? undefined,
  reason: row.reason ?? undefined,
  mergeCaseId: row.merge_case_id ?? undefined,
  resolvedBy: row.resolved_by ?? undefined,
  resolvedAt: row.resolved_at ?? undefined,
})
