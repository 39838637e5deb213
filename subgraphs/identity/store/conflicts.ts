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

/**
 * Opens a case for each claim, or counts that it was seen again; one that people have decided to leave as it is stays
 * closed. Answers the cases, one for one.
 */
export async function noteConflicts(tx: Tx, claims: readonly Seen[], at: Instant): Promise<string[]> {
  if (claims.length === 0) return []
  const seen = [...Map.groupBy(claims, claimOf)].map(([claim, same]) => ({
    ...same[0]!,
    claim,
    times: same.length,
  }))
  const known = await tx.query<{ claim: string; id: string }>(
    `/* seeConflictsAgain */
     update identity_conflict as known set times = times + given.seen, seen_at = $8
     from unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::integer[])
       as given(claim, hash, kind, scope, holder, claimant, seen)
     where identifier_hash = hash and identifier_kind = given.kind and identifier_scope = given.scope
       and holder_id = holder and claimant_id is not distinct from claimant
       and (state = 'OPEN' or resolution = 'KEPT_APART')
     returning claim, id`,
    [seen.map(({ claim }) => claim), ...columnsOf(seen), toIso(at)],
  )
  const ids = new Map(known.map(({ claim, id }) => [claim, id]))
  const fresh = seen.filter(({ claim }) => !ids.has(claim))
  for (const { claim } of fresh) ids.set(claim, newId(at))
  if (fresh.length > 0) {
    await tx.query(
      `/* openConflicts */
       insert into identity_conflict (identifier_hash, identifier_kind, identifier_scope, holder_id, claimant_id,
         times, id, kind, strength, source, state, opened_at, seen_at)
       select *, 'OPEN', $11::timestamptz, $11::timestamptz
       from unnest($1::bytea[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::integer[], $7::uuid[],
         $8::text[], $9::text[], $10::text[])`,
      [
        ...columnsOf(fresh),
        fresh.map(({ claim }) => ids.get(claim)!),
        fresh.map(({ kind }) => kind),
        fresh.map(({ strength }) => strength),
        fresh.map(({ source }) => source),
        toIso(at),
      ],
    )
  }
  return claims.map((one) => ids.get(claimOf(one))!)
}

const claimOf = ({ hash, identifierKind, identifierScope, holderId, claimantId }: Seen): string =>
  JSON.stringify([hash.toString('hex'), identifierKind, identifierScope, holderId, claimantId])

const columnsOf = (seen: readonly (Seen & { readonly times: number })[]): unknown[] => [
  seen.map(({ hash }) => hash),
  seen.map(({ identifierKind }) => identifierKind),
  seen.map(({ identifierScope }) => identifierScope),
  seen.map(({ holderId }) => holderId),
  seen.map(({ claimantId }) => claimantId ?? null),
  seen.map(({ times }) => times),
]

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
