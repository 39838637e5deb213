import type { Query } from '../../../kernel/db/statement.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { Tag } from '../domain/tags.ts'
import {
  MEMBERS_WITHIN,
  type MemberColumns,
  type MemberRow,
  type MembersWithin,
  memberOf,
  valuesOf,
} from './members.ts'
import type { SealedProfile } from './profiles.ts'
import type { BelievedTag } from './tags.ts'

/** A member with what pages about members show most, in one statement for any number of them. */
export interface WholeMember extends MemberRow {
  readonly whole: {
    readonly profile: SealedProfile | undefined
    readonly wrappedKey: Buffer | undefined
    readonly tags: readonly BelievedTag[]
  }
}

/** Tags as `findTags` has them. */
const COLUMNS = `member.*, profile.sealed, profile.version, member_key.wrapped, coalesce(tags, '[]') as tags`
const PARTS = `
     left join profile on profile.member_id = member.member_id
     left join member_key on member_key.member_id = member.member_id
     left join lateral (
       select json_agg(json_build_object(
         'dimension', tag.dimension, 'name', tag.name, 'value', tag.value, 'source', tag.source, 'setBy', tag.set_by,
         'confidence', tag.confidence, 'setAt', round(extract(epoch from tag.set_at) * 1000),
         'expiresAt', round(extract(epoch from tag.expires_at) * 1000), 'believed', definition -> 'sources')) as tags
       from member as holder join tag using (member_id) left join tag_definition using (dimension, name)
       where (holder.member_id = member.member_id or holder.merged_into = member.member_id)
         and (tag.source <> 'RULE' or holder.merged_into is null)
     ) as told on true`

/** By present or former id. */
export async function findWholeMembers(
  db: { query: Query },
  ids: readonly string[],
): Promise<Map<string, WholeMember>> {
  const rows = await db.query<WholeColumns & { asked: string }>(
    `/* findWholeMembers */
     select asked.member_id as asked, ${COLUMNS}
     from member as asked
     join member on member.member_id = coalesce(asked.merged_into, asked.member_id)
     ${PARTS}
     where asked.member_id = any($1::uuid[])`,
    [ids.filter(isUuid)],
  )
  return new Map(rows.map((row) => [row.asked, wholeOf(row)]))
}

/** Those that a caller may see, by id, behind `after`. */
export async function findWholeMembersWithin(
  db: { query: Query },
  page: MembersWithin,
): Promise<WholeMember[]> {
  const rows = await db.query<WholeColumns>(
    `/* findWholeMembersWithin */
     select ${COLUMNS} from (${MEMBERS_WITHIN}) as member ${PARTS} order by member.member_id`,
    valuesOf(page),
  )
  return rows.map(wholeOf)
}

interface WholeColumns extends MemberColumns {
  sealed: Buffer | null
  version: number
  wrapped: Buffer | null
  tags: (Omit<Tag, 'expiresAt'> & { expiresAt: Instant | null; believed: string[] | null })[]
}

const wholeOf = (row: WholeColumns): WholeMember => ({
  ...memberOf(row),
  whole: {
    profile: row.sealed ? { memberId: row.member_id, sealed: row.sealed, version: row.version } : undefined,
    wrappedKey: row.wrapped ?? undefined,
    tags: row.tags.map(({ expiresAt, believed, ...tag }) => ({
      ...tag,
      expiresAt: expiresAt ?? undefined,
      believed: believed ?? [],
    })),
  },
})
