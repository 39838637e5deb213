import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Household, HouseholdRole, Invitation } from '../domain/household.ts'

export type LeftBecause = 'LEFT' | 'REMOVED' | 'HOUSEHOLD_ENDED' | 'MEMBER_ERASED'

interface RelativeColumns {
  household: string
  name: string
  closed_at: Instant | null
  member_id: string | null
  person_id: string | null
  id: string
  role: HouseholdRole
  joined_at: Instant
}

const BY_ID = `
  select household.id as household, name, closed_at, relative.member_id, relative.id, role, relative.joined_at,
    coalesce(holder.merged_into, holder.member_id) as person_id
  from household
  left join household_member as relative on relative.household = household.id and left_at is null
  left join member as holder on holder.member_id = relative.member_id
  where household.id = any($1::uuid[])
  order by household.id, relative.joined_at, relative.id`

export async function insertHousehold(
  tx: Tx,
  household: { id: string; name: string },
  at: Instant,
): Promise<void> {
  await tx.query(`/* insertHousehold */ insert into household (id, name, created_at) values ($1, $2, $3)`, [
    household.id,
    household.name,
    toIso(at),
  ])
}

/** Holds a household: who belongs to it is decided one at a time. */
export async function lockHousehold(tx: Tx, id: string): Promise<Household | undefined> {
  const rows = await tx.query(`/* lockHousehold */ select id from household where id = $1 for update`, [id])
  return rows.length === 0 ? undefined : (await findHouseholds(tx, [id])).get(id)
}

export async function findHouseholds(
  db: { query: Query },
  ids: readonly string[],
): Promise<Map<string, Household>> {
  const rows = await db.query<RelativeColumns>(`/* findHouseholds */ ${BY_ID}`, [ids])
  return new Map(
    [...Map.groupBy(rows, ({ household }) => household)].map(([id, group]) => [
      id,
      {
        id,
        name: group[0]!.name,
        closed: group[0]!.closed_at !== null,
        relatives: group.flatMap(({ member_id, person_id, id: place, role, joined_at }) =>
          member_id === null
            ? []
            : { memberId: member_id, personId: person_id!, id: place, role, joinedAt: joined_at },
        ),
      },
    ]),
  )
}

/**
 * The households that members belong to now, by their present ids: their own, else that of a member that was merged into
 * them. One that is behind another stays for an unmerge, and for when the other is left.
 */
export async function findHouseholdIdsOf(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.query<{ member_id: string; household: string }>(
    `/* findHouseholdIdsOf */
     select distinct on (1) coalesce(holder.merged_into, holder.member_id) as member_id, household
     from household_member join member as holder on holder.member_id = household_member.member_id
     where (holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])) and left_at is null
     order by 1, holder.merged_into nulls first, id desc`,
    [memberIds],
  )
  return new Map(rows.map((row) => [row.member_id, row.household]))
}

/** All households in which somebody is under one of these ids, in the order in which they are held. */
export async function findHouseholdsUnder(tx: Tx, memberIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ household: string }>(
    `/* findHouseholdsUnder */
     select distinct household from household_member
     where member_id = any($1::uuid[]) and left_at is null order by household`,
    [memberIds],
  )
  return rows.map(({ household }) => household)
}

/** False where the member belongs to one already. */
export async function insertRelative(
  tx: Tx,
  relative: { memberId: string; id: string; household: string; role: HouseholdRole },
  at: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `/* insertRelative */
     insert into household_member (member_id, id, household, role, joined_at) values ($1, $2, $3, $4, $5)
     on conflict (member_id) where left_at is null do nothing
     returning id`,
    [relative.memberId, relative.id, relative.household, relative.role, toIso(at)],
  )
  return rows.length === 1
}

export async function removeRelative(
  tx: Tx,
  relative: { memberId: string; id: string },
  because: LeftBecause,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* removeRelative */
     update household_member set left_at = $3, left_because = $4 where member_id = $1 and id = $2`,
    [relative.memberId, relative.id, toIso(at), because],
  )
}

export async function makeOwner(tx: Tx, relative: { memberId: string; id: string }): Promise<void> {
  await tx.query(
    `/* makeOwner */ update household_member set role = 'OWNER' where member_id = $1 and id = $2`,
    [relative.memberId, relative.id],
  )
}

/** The household is over: who is still in it leaves, and nobody comes in by an invitation. */
export async function endHousehold(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.query(
    `/* dismissRelatives */
     update household_member set left_at = $2, left_because = 'HOUSEHOLD_ENDED' where household = $1 and left_at is null`,
    [id, toIso(at)],
  )
  await tx.query(`/* endHousehold */ update household set closed_at = $2 where id = $1`, [id, toIso(at)])
}

export async function insertInvitation(
  tx: Tx,
  invitation: { hash: Buffer; household: string; role: HouseholdRole; invitedBy: string; expiresAt: Instant },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* insertInvitation */
     insert into household_invitation (hash, household, role, invited_by, invited_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      invitation.hash,
      invitation.household,
      invitation.role,
      invitation.invitedBy,
      toIso(at),
      toIso(invitation.expiresAt),
    ],
  )
}

/** Invitations of a household that somebody may still come in by. */
export async function countInvitations(tx: Tx, household: string, now: Instant): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    `/* countInvitations */
     select count(*) from household_invitation
     where household = $1 and used_at is null and revoked_at is null and expires_at > $2`,
    [household, toIso(now)],
  )
  return Number(row!.count)
}

/** Nobody comes in any more by the invitations that are out. */
export async function revokeInvitations(tx: Tx, household: string, at: Instant): Promise<void> {
  await tx.query(
    `/* revokeInvitations */
     update household_invitation set revoked_at = $2 where household = $1 and used_at is null and revoked_at is null`,
    [household, toIso(at)],
  )
}

export async function lockInvitation(tx: Tx, hash: Buffer): Promise<Invitation | undefined> {
  const [row] = await tx.query<{
    household: string
    role: Invitation['role']
    expires_at: Instant
    used_by: string | null
    revoked_at: Instant | null
  }>(
    `/* lockInvitation */
     select household, role, expires_at, used_by, revoked_at from household_invitation where hash = $1 for update`,
    [hash],
  )
  return (
    row && {
      household: row.household,
      role: row.role,
      expiresAt: row.expires_at,
      usedBy: row.used_by ?? undefined,
      revoked: row.revoked_at !== null,
    }
  )
}

export async function useInvitation(tx: Tx, hash: Buffer, memberId: string, at: Instant): Promise<void> {
  await tx.query(
    `/* useInvitation */ update household_invitation set used_by = $2, used_at = $3 where hash = $1`,
    [hash, memberId, toIso(at)],
  )
}

export async function deleteInvitationsExpiredBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteExpiredInvitations */ delete from household_invitation where expires_at < $1`, [
    toIso(at),
  ])
}
