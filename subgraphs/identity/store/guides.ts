import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

export type BoundBecause = 'SCANNED' | 'ASSIGNED' | 'TRANSFERRED'
export type BindingEnded =
  | 'SCANNED_ANOTHER'
  | 'ASSIGNED_ANOTHER'
  | 'TRANSFERRED'
  | 'GUIDE_LEFT'
  | 'MEMBER_ERASED'

export interface GuideBinding {
  /** The present id of whose `memberId` is one. */
  readonly personId: string
  readonly memberId: string
  readonly id: string
  readonly guide: string
  readonly boundBecause: BoundBecause
  readonly boundAt: Instant
  readonly endedBecause: BindingEnded | undefined
  readonly endedAt: Instant | undefined
}

interface BindingColumns {
  person_id: string
  member_id: string
  id: string
  guide: string
  bound_because: BoundBecause
  bound_at: Instant
  ended_because: BindingEnded | null
  ended_at: Instant | null
}

const bindingOf = (row: BindingColumns): GuideBinding => ({
  personId: row.person_id,
  memberId: row.member_id,
  id: row.id,
  guide: row.guide,
  boundBecause: row.bound_because,
  boundAt: row.bound_at,
  endedBecause: row.ended_because ?? undefined,
  endedAt: row.ended_at ?? undefined,
})

/**
 * The condition on an open binding that it is the one that counts: a person's own goes before those that came by a merge, of
 * these the newest. The others stay as they are, for an unmerge.
 */
export const countsAsGuide = (binding: string, holder: string): string => `(
  ${holder}.merged_into is null or not exists (
    select from guide_binding as rival join member as rival_holder on rival_holder.member_id = rival.member_id
    where rival.ended_at is null and (rival_holder.member_id = ${holder}.merged_into
      or rival_holder.merged_into = ${holder}.merged_into and rival.id > ${binding}.id)))`

/** Whom a person has as a guide now: its own, or whom it has from a member that was merged into it. */
export const currentGuide = (bindings: readonly GuideBinding[]): GuideBinding | undefined => {
  const open = bindings.filter(({ endedAt }) => endedAt === undefined)
  return open.find(({ memberId, personId }) => memberId === personId) ?? open[0]
}

/** Present and former guides of some members under all their ids, newest first. */
export async function findGuideBindings(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<GuideBinding[]> {
  const rows = await db.query<BindingColumns>(
    `/* findGuideBindings */
     select guide_binding.*, coalesce(holder.merged_into, holder.member_id) as person_id
     from guide_binding join member as holder on holder.member_id = guide_binding.member_id
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by guide_binding.id desc`,
    [memberIds],
  )
  return rows.map(bindingOf)
}

export async function insertGuideBindings(
  tx: Tx,
  bindings: readonly { memberId: string; id: string }[],
  bound: { guide: string; because: BoundBecause; by: string },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* insertGuideBindings */
     insert into guide_binding (member_id, id, guide, bound_because, bound_by, bound_at)
     select member_id, id, $3, $4, $5, $6 from unnest($1::uuid[], $2::uuid[]) as given(member_id, id)`,
    [
      bindings.map(({ memberId }) => memberId),
      bindings.map(({ id }) => id),
      bound.guide,
      bound.because,
      bound.by,
      toIso(at),
    ],
  )
}

/** Answers whose there were. */
export async function endGuideBindings(
  tx: Tx,
  memberIds: readonly string[],
  ended: { because: BindingEnded; by: string },
  at: Instant,
): Promise<string[]> {
  const rows = await tx.query<{ member_id: string }>(
    `/* endGuideBindings */
     update guide_binding set ended_because = $2, ended_by = $3, ended_at = $4
     where member_id = any($1::uuid[]) and ended_at is null
     returning member_id`,
    [memberIds, ended.because, ended.by, toIso(at)],
  )
  return rows.map(({ member_id }) => member_id)
}

/** Holds bindings of a guide's members, at most so many; in the order of the members. */
export async function lockGuidedMembers(tx: Tx, guide: string, limit: number): Promise<string[]> {
  const rows = await tx.query<{ member_id: string }>(
    `/* lockGuidedMembers */
     select member_id from guide_binding where guide = $1 and ended_at is null
     order by member_id limit $2 for update`,
    [guide, limit],
  )
  return rows.map(({ member_id }) => member_id)
}

export async function countGuided(
  db: { query: Query },
  guides: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db.query<{ guide: string; members: bigint }>(
    `/* countGuided */
     select guide, count(*) as members
     from guide_binding join member as holder on holder.member_id = guide_binding.member_id
     where guide = any($1::text[]) and ended_at is null and ${countsAsGuide('guide_binding', 'holder')}
     group by guide`,
    [guides],
  )
  return new Map(rows.map(({ guide, members }) => [guide, Number(members)]))
}

export async function saveGuideCode(tx: Tx, staffId: string, code: string): Promise<void> {
  await tx.query(`/* saveGuideCode */ update staff set guide_code = $2 where id = $1`, [staffId, code])
}

/** Who shows this code; nobody who has left. */
export async function findGuideByCode(db: { query: Query }, code: string): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    `/* findGuideByCode */ select id from staff where guide_code = $1 and closed_at is null`,
    [code],
  )
  return row?.id
}
