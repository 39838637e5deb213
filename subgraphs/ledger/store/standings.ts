import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, localDate, toIso } from '../../../kernel/values/instant.ts'
import type { Standing } from '../domain/account-book.ts'

/** What `identity` has said of a member; a tag may go by itself. */
export interface KnownStanding {
  readonly awaitsActivation: boolean
  readonly activatedAt: Instant | undefined
  readonly tags: readonly { readonly tag: string; readonly until: Instant | null }[]
}

/** Of those of whom something is known. */
export async function readStandings(
  query: Query,
  memberIds: readonly string[],
): Promise<Map<string, KnownStanding>> {
  const rows = await query<{
    member_id: string
    awaits_activation: boolean
    activated_at: Instant | null
    tags: KnownStanding['tags']
  }>(
    `/* readStandings */
     select member_id, awaits_activation, activated_at, tags from member_standing where member_id = any($1::uuid[])`,
    [memberIds],
  )
  return new Map(
    rows.map((row) => [
      row.member_id,
      {
        awaitsActivation: row.awaits_activation,
        activatedAt: row.activated_at ?? undefined,
        tags: row.tags,
      },
    ]),
  )
}

/** As a decision at a moment sees it. */
export function standingAt(known: KnownStanding | undefined, at: Instant, timeZone: string): Standing {
  if (!known) return NOTHING_KNOWN
  const { awaitsActivation, activatedAt, tags } = known
  return {
    tags: tags.filter(({ until }) => until === null || until > at).map(({ tag }) => tag),
    ...(awaitsActivation ? { activatedOn: 'awaited' } : {}),
    ...(activatedAt === undefined ? {} : { activatedOn: localDate(activatedAt, timeZone) }),
  }
}

const NOTHING_KNOWN: Standing = { tags: [] }

export async function saveTags(
  tx: Tx,
  members: readonly { readonly memberId: string; readonly tags: KnownStanding['tags'] }[],
): Promise<void> {
  await tx.query(
    `/* saveTagsKnown */
     insert into member_standing (member_id, tags)
     select member_id, tags from unnest($1::uuid[], $2::jsonb[]) as said (member_id, tags) order by member_id
     on conflict on constraint member_standing_key do update set tags = excluded.tags`,
    [members.map(({ memberId }) => memberId), members.map(({ tags }) => JSON.stringify(tags))],
  )
}

/** Members who are registered beforehand; who is known to be active stays so. */
export async function saveAwaited(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* saveAwaited */
     insert into member_standing (member_id, awaits_activation)
     select member_id, true from unnest($1::uuid[]) as said (member_id) order by member_id
     on conflict on constraint member_standing_key do update set awaits_activation = true
       where member_standing.activated_at is null`,
    [memberIds],
  )
}

export async function saveActivated(tx: Tx, memberId: string, at: Instant): Promise<void> {
  await tx.query(
    `/* saveActivated */
     insert into member_standing (member_id, activated_at) values ($1, $2)
     on conflict on constraint member_standing_key do update set
       awaits_activation = false, activated_at = coalesce(member_standing.activated_at, excluded.activated_at)`,
    [memberId, toIso(at)],
  )
}
