import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Tag, TagDimension } from '../domain/tags.ts'

/** Sets tags of one member; each source keeps its own word on a tag. */
export async function saveTags(tx: Tx, memberId: string, tags: readonly Tag[]): Promise<void> {
  await tx.query(
    `/* saveTags */
     insert into tag (member_id, dimension, name, source, value, set_by, confidence, expires_at, set_at)
     select $1::uuid, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::double precision[], $8::timestamptz[], $9::timestamptz[])
     on conflict on constraint tag_key do update set
       value = excluded.value, set_by = excluded.set_by, confidence = excluded.confidence,
       expires_at = excluded.expires_at, set_at = excluded.set_at`,
    [memberId, ...columnsOf(tags)],
  )
}

/** Sets tags of many members, with their history. What is set so already by the same source stays, and makes no history. */
export async function appendTagsOfMany(
  tx: Tx,
  members: readonly { readonly memberId: string; readonly tags: readonly Tag[] }[],
  at: Instant,
): Promise<void> {
  // One member may come twice; the last word counts.
  const last = new Map(
    members.flatMap(({ memberId, tags }) =>
      tags.map(
        (tag) => [`${memberId}/${tag.dimension}/${tag.name}/${tag.source}`, { memberId, tag }] as const,
      ),
    ),
  )
  const rows = [...last.values()]
  const tags = rows.map(({ tag }) => tag)
  await tx.query(
    `/* appendTagsOfMany */
     with given as (
       select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::double precision[], $9::timestamptz[], $10::timestamptz[])
         as given(member_id, id, dimension, name, source, value, set_by, confidence, expires_at, set_at)
     ), saved as (
       insert into tag as known (member_id, dimension, name, source, value, set_by, confidence, expires_at, set_at)
       select member_id, dimension, name, source, value, set_by, confidence, expires_at, set_at from given
       on conflict on constraint tag_key do update set
         value = excluded.value, set_by = excluded.set_by, confidence = excluded.confidence,
         expires_at = excluded.expires_at, set_at = excluded.set_at
       where (known.value, known.confidence, known.expires_at)
         is distinct from (excluded.value, excluded.confidence, excluded.expires_at)
       returning member_id, dimension, name, source
     )
     insert into tag_history (member_id, change, id, dimension, name, source, value, changed_by, confidence,
       expires_at, changed_at)
     select member_id, 'set', id, dimension, name, source, value, set_by, confidence, expires_at, set_at
     from given join saved using (member_id, dimension, name, source)`,
    [rows.map(({ memberId }) => memberId), rows.map(() => newId(at)), ...columnsOf(tags)],
  )
}

/** Tags of members who have none, each once for a member, with their history. */
export async function insertFirstTags(
  tx: Tx,
  tags: readonly (Tag & { readonly memberId: string })[],
  at: Instant,
): Promise<void> {
  const memberIds = tags.map(({ memberId }) => memberId)
  const columns = columnsOf(tags)
  const kept = tx.query(
    `/* insertFirstTags */
     insert into tag (member_id, dimension, name, source, value, set_by, confidence, expires_at, set_at)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::double precision[], $8::timestamptz[], $9::timestamptz[])`,
    [memberIds, ...columns],
  )
  const remembered = tx.query(
    `/* insertFirstTagHistory */
     insert into tag_history (member_id, id, change, dimension, name, source, value, changed_by, confidence,
       expires_at, changed_at)
     select member_id, id, 'set', dimension, name, source, value, set_by, confidence, expires_at, set_at
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::double precision[], $9::timestamptz[], $10::timestamptz[])
       as given(member_id, id, dimension, name, source, value, set_by, confidence, expires_at, set_at)`,
    [memberIds, tags.map(() => newId(at)), ...columns],
  )
  await Promise.all([kept, remembered])
}

/** Removes tags of a person, of one source or of all, and answers what they were and under which id. */
export async function deleteTags(
  tx: Tx,
  memberIds: readonly string[],
  tags: readonly { dimension: TagDimension; name: string }[],
  source: string | undefined,
): Promise<(Tag & { memberId: string })[]> {
  const rows = await tx.query<Columns>(
    `/* deleteTags */
     delete from tag
     using unnest($2::text[], $3::text[]) as gone(dimension, name)
     where tag.member_id = any($1::uuid[]) and tag.dimension = gone.dimension and tag.name = gone.name
       and ($4::text is null or tag.source = $4)
     returning tag.*`,
    [memberIds, tags.map(({ dimension }) => dimension), tags.map(({ name }) => name), source ?? null],
  )
  return rows.map((row) => ({ memberId: row.member_id, ...tagOf(row) }))
}

/** Who set or removed what; nothing is ever taken out of it. */
export async function appendTagHistory(
  tx: Tx,
  memberId: string,
  change: 'set' | 'removed',
  tags: readonly Tag[],
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* appendTagHistory */
     insert into tag_history (member_id, change, id, dimension, name, source, value, changed_by, confidence,
       expires_at, changed_at)
     select $1::uuid, $2, * from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::double precision[], $10::timestamptz[], $11::timestamptz[])`,
    [memberId, change, tags.map(() => newId(at)), ...columnsOf(tags)],
  )
}

/** A tag with the kinds of sources that the taxonomy believes about it, most first; none where it is not declared. */
export interface BelievedTag extends Tag {
  readonly believed: readonly string[]
}

/** Tags of members by their present ids, with those of members merged into them; rules speak of whole persons only. */
export async function findTags(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(BelievedTag & { personId: string })[]> {
  const rows = await db.query<Columns & { person_id: string; believed: string[] | null }>(
    `/* findTags */
     select tag.*, coalesce(holder.merged_into, holder.member_id) as person_id, definition -> 'sources' as believed
     from member as holder join tag using (member_id) left join tag_definition using (dimension, name)
     where (holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[]))
       and (tag.source <> 'RULE' or holder.merged_into is null)`,
    [memberIds],
  )
  return rows.map((row) => ({ personId: row.person_id, believed: row.believed ?? [], ...tagOf(row) }))
}

const columnsOf = (tags: readonly Tag[]): unknown[] => [
  tags.map(({ dimension }) => dimension),
  tags.map(({ name }) => name),
  tags.map(({ source }) => source),
  tags.map(({ value }) => value),
  tags.map(({ setBy }) => setBy),
  tags.map(({ confidence }) => confidence),
  tags.map(({ expiresAt }) => (expiresAt === undefined ? null : toIso(expiresAt))),
  tags.map(({ setAt }) => toIso(setAt)),
]

interface Columns {
  member_id: string
  dimension: TagDimension
  name: string
  source: string
  value: string
  set_by: string
  confidence: number
  expires_at: Instant | null
  set_at: Instant
}

const tagOf = (row: Columns): Tag => ({
  dimension: row.dimension,
  name: row.name,
  source: row.source,
  value: row.value,
  setBy: row.set_by,
  confidence: row.confidence,
  expiresAt: row.expires_at ?? undefined,
  setAt: row.set_at,
})

export interface TagChange extends Omit<Tag, 'setBy' | 'setAt' | 'expiresAt'> {
  readonly change: 'SET' | 'REMOVED'
  readonly by: string
  readonly at: Instant
}

/** What was done to a member's tags, newest first. */
export async function findTagHistory(query: Query, memberId: string): Promise<TagChange[]> {
  const rows = await query<Columns & { change: string; changed_by: string; changed_at: Instant }>(
    `/* findTagHistory */
     select tag_history.* from member as holder join tag_history using (member_id)
     where holder.member_id = $1 or holder.merged_into = $1
     order by changed_at desc, id desc limit 100`,
    [memberId],
  )
  return rows.map((row) => ({
    change: row.change.toUpperCase() as TagChange['change'],
    dimension: row.dimension,
    name: row.name,
    value: row.value,
    source: row.source,
    confidence: row.confidence,
    by: row.changed_by,
    at: row.changed_at,
  }))
}
