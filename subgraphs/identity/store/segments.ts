import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Segment, SegmentRefresh, SegmentStatus } from '../domain/segments.ts'

interface SegmentRow {
  id: string
  name: string
  description: string
  program: string
  condition: string
  status: SegmentStatus
  refresh: SegmentRefresh
  version: number
  members: bigint | null
  counted_at: Instant | null
  updated_at: Instant
  updated_by: string
}

export async function findSegments(query: Query): Promise<Segment[]> {
  const rows = await query<SegmentRow>(`/* findSegments */ select * from segment order by id`)
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    program: row.program,
    condition: row.condition,
    status: row.status,
    refresh: row.refresh,
    version: row.version,
    members: row.members ?? undefined,
    countedAt: row.counted_at ?? undefined,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  }))
}

/** Segments are built on each other, so they are changed one at a time. */
export async function lockSegments(tx: Tx): Promise<Segment[]> {
  await tx.query(`/* lockSegments */ lock table segment in share row exclusive mode`)
  return findSegments(tx.query)
}

/** Saves a segment and what became of it; the count belongs to the condition of before, and goes. */
export async function saveSegment(tx: Tx, segment: Segment, change: 'saved' | 'archived'): Promise<void> {
  const { id, name, description, program, condition, status, refresh, version, updatedAt, updatedBy } =
    segment
  await tx.query(
    `/* saveSegment */
     insert into segment (id, name, description, program, condition, status, refresh, version, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict on constraint segment_key do update set
       name = excluded.name, description = excluded.description, program = excluded.program,
       condition = excluded.condition, status = excluded.status, refresh = excluded.refresh,
       version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
       members = null, counted_at = null`,
    [id, name, description, program, condition, status, refresh, version, toIso(updatedAt), updatedBy],
  )
  await recordChange(tx, segment, change, updatedBy, updatedAt)
}

/** Who did what with a segment; nothing is ever taken out of it. */
export async function recordChange(
  tx: Tx,
  { id, version, condition }: Pick<Segment, 'id' | 'version' | 'condition'>,
  change: 'saved' | 'archived' | 'snapshot' | 'exported',
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* recordSegmentChange */
     insert into segment_change (segment_id, id, change, version, condition, changed_at, changed_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, newId(at), change, version, condition, toIso(at), by],
  )
}

export interface SegmentChange {
  readonly change: string
  readonly version: number
  readonly condition: string
  readonly at: Instant
  readonly by: string
}

export async function findChanges(query: Query, id: string): Promise<SegmentChange[]> {
  const rows = await query<{
    change: string
    version: number
    condition: string
    changed_at: Instant
    changed_by: string
  }>(
    `/* findSegmentChanges */ select * from segment_change where segment_id = $1
     order by changed_at desc, version desc, id desc limit 100`,
    [id],
  )
  return rows.map((row) => ({
    change: row.change.toUpperCase(),
    version: row.version,
    condition: row.condition,
    at: row.changed_at,
    by: row.changed_by,
  }))
}

export async function saveCount(query: Query, segment: Segment, members: bigint, at: Instant): Promise<void> {
  await query(
    `/* saveSegmentCount */ update segment set members = $3, counted_at = $4 where id = $1 and version = $2`,
    [segment.id, segment.version, String(members), toIso(at)],
  )
}

export interface Snapshot {
  readonly id: string
  readonly segmentId: string
  readonly segmentVersion: number
  readonly condition: string
  readonly members: bigint
  readonly takenAt: Instant
  readonly takenBy: string
}

export async function insertSnapshot(tx: Tx, snapshot: Snapshot): Promise<void> {
  await tx.query(
    `/* insertSnapshot */
     insert into segment_snapshot (id, segment_id, segment_version, condition, members, taken_at, taken_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      snapshot.id,
      snapshot.segmentId,
      snapshot.segmentVersion,
      snapshot.condition,
      String(snapshot.members),
      toIso(snapshot.takenAt),
      snapshot.takenBy,
    ],
  )
}

/** Snapshots of a segment, or one by its id, newest first. */
export async function findSnapshots(
  query: Query,
  of: { segmentId: string } | { id: string },
): Promise<Snapshot[]> {
  const rows = await query<{
    id: string
    segment_id: string
    segment_version: number
    condition: string
    members: bigint
    taken_at: Instant
    taken_by: string
  }>(
    `/* findSnapshots */
     select * from segment_snapshot
     where ($1::text is null or segment_id = $1) and ($2::uuid is null or id = $2) order by id desc limit 100`,
    ['segmentId' in of ? of.segmentId : null, 'id' in of ? of.id : null],
  )
  return rows.map((row) => ({
    id: row.id,
    segmentId: row.segment_id,
    segmentVersion: row.segment_version,
    condition: row.condition,
    members: row.members,
    takenAt: row.taken_at,
    takenBy: row.taken_by,
  }))
}

export interface ExportedMember {
  readonly memberId: string
  readonly number: string
  readonly joinedAt: Instant
  readonly joinedChannel: string
}

/** The members of a snapshot behind a key, in order of id. */
export async function snapshotMembers(
  query: Query,
  { id, after, limit }: { id: string; after: string | undefined; limit: number },
): Promise<ExportedMember[]> {
  const rows = await query<{ member_id: string; number: string; joined_at: Instant; joined_channel: string }>(
    `/* snapshotMembers */
     select member.member_id, number, joined_at, joined_channel
     from segment_snapshot_member as taken join member using (member_id)
     where taken.snapshot_id = $1 and taken.member_id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
     order by taken.member_id limit $3`,
    [id, after ?? null, limit],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    number: row.number,
    joinedAt: row.joined_at,
    joinedChannel: row.joined_channel,
  }))
}
