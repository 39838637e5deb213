import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { ConsentPolicy } from '../domain/consents.ts'
import {
  type BonusPolicy,
  type Filled,
  type MergeCase,
  type MergeState,
  OPEN_STATES,
  type Sibling,
} from '../domain/merge-case.ts'

export type NewMergeCase = Pick<
  MergeCase,
  'id' | 'fromId' | 'intoId' | 'bonuses' | 'consents' | 'reason' | 'requestedBy' | 'requestedAt'
>

export async function insertMergeCase(tx: Tx, merge: NewMergeCase): Promise<void> {
  await tx.query(
    `/* insertMergeCase */
     insert into merge_case (id, from_id, into_id, bonuses, consents, reason, requested_by, requested_at, state,
       answers, filled, with_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'PLANNED', '{}', '{"profile": [], "attributes": {}}', '{}')`,
    [
      merge.id,
      merge.fromId,
      merge.intoId,
      merge.bonuses,
      merge.consents,
      merge.reason,
      merge.requestedBy,
      toIso(merge.requestedAt),
    ],
  )
  await recordMergeChange(tx, merge.id, 'PLANNED', merge.requestedBy, merge.requestedAt)
}

async function recordMergeChange(
  tx: Tx,
  caseId: string,
  state: MergeState,
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* recordMergeChange */
     insert into merge_change (case_id, place, state, changed_by, changed_at)
     select $1, coalesce(max(place), 0) + 1, $2, $3, $4 from merge_change where case_id = $1`,
    [caseId, state, by, toIso(at)],
  )
}

/** A case goes on; who and when stays on record. */
export async function setMergeState(
  tx: Tx,
  caseId: string,
  change: { state: MergeState; by: string; at: Instant; refusal?: string },
): Promise<void> {
  await tx.query(
    `/* setMergeState */ update merge_case set state = $2, refusal = coalesce($3, refusal) where id = $1`,
    [caseId, change.state, change.refusal ?? null],
  )
  await recordMergeChange(tx, caseId, change.state, change.by, change.at)
}

/** Notes what a sibling has carried out. */
export async function addMergeAnswer(
  tx: Tx,
  caseId: string,
  sibling: Sibling,
  answer: unknown,
): Promise<void> {
  await tx.query(
    `/* addMergeAnswer */ update merge_case set answers = answers || jsonb_build_object($2::text, $3::jsonb) where id = $1`,
    [caseId, sibling, JSON.stringify(answer)],
  )
}

/** What must be put back when the case is undone. */
export async function noteMergeEffects(
  tx: Tx,
  caseId: string,
  effects: { filled: Filled; statusBefore?: string },
): Promise<void> {
  await tx.query(
    `/* noteMergeEffects */
     update merge_case set filled = $2, status_before = coalesce($3, status_before) where id = $1`,
    [caseId, JSON.stringify(effects.filled), effects.statusBefore ?? null],
  )
}

/** Somebody wants it undone: whom out of whom, and who goes along. */
export async function noteUndoing(
  tx: Tx,
  caseId: string,
  undo: { outOfId: string; withIds: readonly string[]; reason: string; by: string; at: Instant },
): Promise<void> {
  await tx.query(
    `/* noteUndoing */
     update merge_case set out_of_id = $2, with_ids = $3, undo_reason = $4, undone_by = $5, undone_at = $6 where id = $1`,
    [caseId, undo.outOfId, undo.withIds, undo.reason, undo.by, toIso(undo.at)],
  )
}

export async function lockMergeCase(tx: Tx, id: string): Promise<MergeCase | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await tx.query<Columns>(
    `/* lockMergeCase */ select merge_case.* from merge_case where id = $1 for update`,
    [id],
  )
  return row && caseOf(row)
}

export async function findMergeCase(query: Query, id: string): Promise<MergeCase | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await query<Columns>(
    `/* findMergeCase */ select merge_case.* from merge_case where id = $1`,
    [id],
  )
  return row && caseOf(row)
}

/** Merges of these members that are under way, or their undoing is. */
export async function findOpenMerges(query: Query, memberIds: readonly string[]): Promise<MergeCase[]> {
  const rows = await query<Columns>(
    `/* findOpenMerges */
     select merge_case.* from merge_case
     where state = any($2::text[]) and (from_id = any($1::uuid[]) or into_id = any($1::uuid[]) or out_of_id = any($1::uuid[]))`,
    [memberIds, OPEN_STATES],
  )
  return rows.map(caseOf)
}

/** Merges that are under way, oldest first. */
export async function findUnfinishedMerges(query: Query): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `/* findUnfinishedMerges */ select id from merge_case where state = any($1::text[]) order by id`,
    [OPEN_STATES],
  )
  return rows.map(({ id }) => id)
}

/** The merges that stand among the ids of one person. */
export async function findStandingMerges(query: Query, memberIds: readonly string[]): Promise<MergeCase[]> {
  const rows = await query<Columns>(
    `/* findStandingMerges */
     select merge_case.* from merge_case where state in ('DONE', 'UNMERGING') and from_id = any($1::uuid[]) order by id`,
    [memberIds],
  )
  return rows.map(caseOf)
}

/** What people wrote about an erased person in their own words goes; what was done stays. */
export async function forgetMergeReasons(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* forgetMergeReasons */
     update merge_case set reason = '', undo_reason = case when undo_reason is null then null else '' end
     where from_id = any($1::uuid[]) or into_id = any($1::uuid[])`,
    [memberIds],
  )
}

/** Newest first, behind a case. */
export async function listMergeCases(
  query: Query,
  asked: {
    memberIds: readonly string[] | undefined
    state: MergeState | undefined
    before: string | undefined
    limit: number
  },
): Promise<MergeCase[]> {
  const rows = await query<Columns>(
    `/* listMergeCases */
     select merge_case.* from merge_case
     where ($1::uuid[] is null or from_id = any($1) or into_id = any($1)) and ($2::text is null or state = $2)
       and ($3::uuid is null or id < $3)
     order by id desc limit $4`,
    [asked.memberIds ?? null, asked.state ?? null, asked.before ?? null, asked.limit],
  )
  return rows.map(caseOf)
}

export interface MergeChange {
  readonly state: MergeState
  readonly by: string
  readonly at: Instant
}

export async function findMergeChanges(query: Query, caseId: string): Promise<MergeChange[]> {
  const rows = await query<{ state: MergeState; changed_by: string; changed_at: Instant }>(
    `/* findMergeChanges */
     select state, changed_by, changed_at from merge_change where case_id = $1 order by place`,
    [caseId],
  )
  return rows.map((row) => ({ state: row.state, by: row.changed_by, at: row.changed_at }))
}

interface Columns {
  id: string
  from_id: MemberId
  into_id: MemberId
  bonuses: BonusPolicy
  consents: ConsentPolicy
  reason: string
  requested_by: string
  requested_at: Instant
  state: MergeState
  answers: Partial<Record<Sibling, unknown>>
  refusal: string | null
  status_before: string | null
  filled: Filled
  out_of_id: MemberId | null
  with_ids: MemberId[]
  undo_reason: string | null
  undone_by: string | null
  undone_at: Instant | null
}

const caseOf = (row: Columns): MergeCase => ({
  id: row.id,
  fromId: row.from_id,
  intoId: row.into_id,
  bonuses: row.bonuses,
  consents: row.consents,
  reason: row.reason,
  requestedBy: row.requested_by,
  requestedAt: row.requested_at,
  state: row.state,
  answers: row.answers,
  refusal: row.refusal ?? undefined,
  statusBefore: row.status_before ?? undefined,
  filled: row.filled,
  outOfId: row.out_of_id ?? undefined,
  withIds: row.with_ids,
  undoReason: row.undo_reason ?? undefined,
  undoneBy: row.undone_by ?? undefined,
  undoneAt: row.undone_at ?? undefined,
})
