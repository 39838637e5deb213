import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { NodeKind, OrganisationNode } from '../domain/organisation.ts'
import { countsAsGuide } from './guides.ts'

interface NodeColumns {
  id: string
  kind: NodeKind
  name: string
  parent: string | null
  path: string
  closed_at: Instant | null
}

const nodeOf = ({ parent, closed_at, ...row }: NodeColumns): OrganisationNode => ({
  ...row,
  parent: parent ?? undefined,
  closed: closed_at !== null,
})

const COLUMNS = 'id, kind, name, parent, path, closed_at'

/** A change of the tree waits for the one before: where a node lies depends on all above it. */
export const lockOrganisation = async (tx: Tx): Promise<void> =>
  void (await tx.query(
    `/* lockOrganisation */ select pg_advisory_xact_lock(hashtext('identity.organisation'))`,
  ))

export async function findNode(
  db: { query: Query },
  id: string | undefined,
): Promise<OrganisationNode | undefined> {
  if (id === undefined) return undefined
  const [row] = await db.query<NodeColumns>(
    `/* findNode */ select ${COLUMNS} from organisation_node where id = $1`,
    [id],
  )
  return row && nodeOf(row)
}

/** The nodes at and below one, or all; from the top down, in the order of their ids. */
export async function findNodesWithin(
  db: { query: Query },
  within: string | undefined,
): Promise<OrganisationNode[]> {
  const rows = await db.query<NodeColumns>(
    `/* findNodesWithin */
     select ${COLUMNS} from organisation_node
     where $1::text is null or starts_with(path, (select path from organisation_node where id = $1))
     order by path`,
    [within ?? null],
  )
  return rows.map(nodeOf)
}

/** Open stores at and below a node; at most so many, in the order of their ids. */
export async function findStoresWithin(db: { query: Query }, node: string, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `/* findStoresWithin */
     select id from organisation_node
     where kind = 'STORE' and closed_at is null
       and starts_with(path, (select path from organisation_node where id = $1))
     order by id limit $2`,
    [node, limit],
  )
  return rows.map(({ id }) => id)
}

/** Writes a node down as it stands now; where it moved, all below moves with it. */
export async function saveNodeRow(
  tx: Tx,
  node: OrganisationNode,
  former: OrganisationNode | undefined,
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* saveNode */
     insert into organisation_node (id, kind, name, parent, path, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict on constraint organisation_node_key
     do update set name = excluded.name, parent = excluded.parent, path = excluded.path, closed_at = null`,
    [node.id, node.kind, node.name, node.parent ?? null, node.path, by, toIso(at)],
  )
  if (!former || former.path === node.path) return
  await tx.query(
    `/* moveBelow */
     update organisation_node set path = $2 || substr(path, length($1) + 1)
     where starts_with(path, $1) and id <> $3`,
    [former.path, node.path, node.id],
  )
}

export async function closeNodeRow(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.query(`/* closeNode */ update organisation_node set closed_at = $2 where id = $1`, [id, toIso(at)])
}

/** Is anything open below a node, or anybody placed at it? */
export async function isNodeInUse(tx: Tx, node: OrganisationNode): Promise<boolean> {
  const rows = await tx.query(
    `/* isNodeInUse */
     select id from organisation_node where parent = $1 and closed_at is null
     union all select id from staff where node = $1 and closed_at is null
     limit 1`,
    [node.id],
  )
  return rows.length > 0
}

/**
 * Which of some members belong to the part of the organisation at and below a node: who joined in a store of it, and
 * whose guide works in it.
 */
export async function membersWithin(
  db: { query: Query },
  node: string,
  memberIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    `/* membersWithin */
     select distinct coalesce(member.merged_into, member.member_id) as id from member
     where (member.member_id = any($2::uuid[]) or member.merged_into = any($2::uuid[])) and ${belongsTo('$1')}`,
    [node, memberIds],
  )
  return new Set(rows.map(({ id }) => id))
}

/** The condition on a row of `member` that it belongs to the part at the node whose id is bound to `node`. */
export const belongsTo = (node: string, member = 'member'): string => `(
  exists (select from organisation_node as store
          where store.id = ${member}.joined_store
            and starts_with(store.path, (select path from organisation_node where id = ${node})))
  or exists (select from guide_binding as binding
             join staff on staff.id = binding.guide
             join organisation_node as place on place.id = staff.node
             where binding.member_id = ${member}.member_id and binding.ended_at is null
               and ${countsAsGuide('binding', member)}
               and starts_with(place.path, (select path from organisation_node where id = ${node}))))`
