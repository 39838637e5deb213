import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { CommunityGroup, GroupPlatform, GroupState } from '../domain/community-group.ts'

interface GroupColumns {
  id: string
  name: string
  platform: GroupPlatform
  platform_id: string
  owner: string
  node: string | null
  purpose: string
  state: GroupState
  registered_by: string
  decision_reason: string | null
}

const groupOf = (row: GroupColumns): CommunityGroup => ({
  id: row.id,
  name: row.name,
  platform: row.platform,
  platformId: row.platform_id,
  owner: row.owner,
  node: row.node ?? undefined,
  purpose: row.purpose,
  state: row.state,
  registeredBy: row.registered_by,
  decisionReason: row.decision_reason ?? undefined,
})

/** False where the group is registered. */
export async function insertGroup(tx: Tx, group: CommunityGroup, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `/* insertGroup */
     insert into community_group
       (id, name, platform, platform_id, owner, node, purpose, state, registered_by, registered_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict on constraint community_group_once do nothing returning id`,
    [
      group.id,
      group.name,
      group.platform,
      group.platformId,
      group.owner,
      group.node ?? null,
      group.purpose,
      group.state,
      group.registeredBy,
      toIso(at),
    ],
  )
  return rows.length === 1
}

export async function findGroup(
  db: { query: Query },
  id: string,
  options: { lock?: boolean } = {},
): Promise<CommunityGroup | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await db.query<GroupColumns>(
    `/* findGroup */ select * from community_group where id = $1 ${options.lock ? 'for update' : ''}`,
    [id],
  )
  return row && groupOf(row)
}

export async function saveGroupState(
  tx: Tx,
  id: string,
  decision: { state: GroupState; by: string; reason: string | undefined },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* saveGroupState */
     update community_group set state = $2, decided_by = $3, decided_at = $4, decision_reason = $5,
       closed_at = case when $2 = 'CLOSED' then $4::timestamptz end
     where id = $1`,
    [id, decision.state, decision.by, toIso(at), decision.reason ?? null],
  )
}

/** In the part of the organisation at a node, or all; by id, behind `after`. */
export async function findGroupsWithin(
  db: { query: Query },
  page: {
    state: GroupState | undefined
    within: string | undefined
    after: string | undefined
    limit: number
  },
): Promise<CommunityGroup[]> {
  const rows = await db.query<GroupColumns>(
    `/* findGroupsWithin */
     select community_group.* from community_group
     left join organisation_node as place on place.id = community_group.node
     where ($1::text is null or state = $1) and ($3::uuid is null or community_group.id > $3)
       and ($2::text is null or starts_with(place.path, (select path from organisation_node where id = $2)))
     order by community_group.id limit $4`,
    [page.state ?? null, page.within ?? null, page.after ?? null, page.limit],
  )
  return rows.map(groupOf)
}
