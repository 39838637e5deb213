import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { RefreshTokenState } from '../domain/refresh.ts'

export interface StaffSession {
  readonly id: string
  readonly staffId: string
  readonly startedAt: Instant
}

export type StaffEnding =
  | 'signed-out'
  | 'token-reused'
  | 'access-reset'
  | 'password-changed'
  | 'moved'
  | 'closed'

export async function insertStaffSession(tx: Tx, session: StaffSession): Promise<void> {
  await tx.query(
    `/* insertStaffSession */ insert into staff_session (id, staff_id, started_at) values ($1, $2, $3)`,
    [session.id, session.staffId, toIso(session.startedAt)],
  )
}

export async function insertStaffRefreshToken(
  tx: Tx,
  token: { hash: Buffer; sessionId: string; issuedAt: Instant; expiresAt: Instant },
): Promise<void> {
  await tx.query(
    `/* insertStaffRefreshToken */
     insert into staff_refresh_token (hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)`,
    [token.hash, token.sessionId, toIso(token.issuedAt), toIso(token.expiresAt)],
  )
}

/** A refresh token with its session, held. */
export async function lockStaffRefreshToken(
  tx: Tx,
  hash: Buffer,
): Promise<(RefreshTokenState & { session: StaffSession }) | undefined> {
  const [row] = await tx.query<{
    session_id: string
    staff_id: string
    started_at: Instant
    expires_at: Instant
    used_at: Instant | null
    used_with: string | null
    revoked_at: Instant | null
  }>(
    `/* lockStaffRefreshToken */
     select token.session_id, staff_id, started_at, expires_at, token.used_at, used_with, revoked_at
     from staff_refresh_token as token
     join staff_session as session on session.id = token.session_id
     where token.hash = $1
     for update`,
    [hash],
  )
  return (
    row && {
      session: { id: row.session_id, staffId: row.staff_id, startedAt: row.started_at },
      expiresAt: row.expires_at,
      usedAt: row.used_at ?? undefined,
      usedWith: row.used_with ?? undefined,
      sessionRevoked: row.revoked_at !== null,
    }
  )
}

/** No token of the session that was handed out so far is good a second time. */
export async function useUpStaffTokens(
  tx: Tx,
  sessionId: string,
  usedWith: string | undefined,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* useUpStaffTokens */
     update staff_refresh_token set used_at = $2, used_with = $3 where session_id = $1 and used_at is null`,
    [sessionId, toIso(at), usedWith ?? null],
  )
  await tx.query(`/* staffSessionUsed */ update staff_session set used_at = $2 where id = $1`, [
    sessionId,
    toIso(at),
  ])
}

export async function revokeStaffSession(
  tx: Tx,
  id: string,
  because: StaffEnding,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* revokeStaffSession */
     update staff_session set revoked_at = $2, revoked_because = $3 where id = $1 and revoked_at is null`,
    [id, toIso(at), because],
  )
}

/** All sessions of somebody end, but for one that is to go on. */
export async function revokeSessionsOfStaff(
  tx: Tx,
  staffId: string,
  because: StaffEnding,
  at: Instant,
  but?: string,
): Promise<void> {
  await tx.query(
    `/* revokeSessionsOfStaff */
     update staff_session set revoked_at = $2, revoked_because = $3
     where staff_id = $1 and revoked_at is null and id is distinct from $4::uuid`,
    [staffId, toIso(at), because, but ?? null],
  )
}

/** Ids of sessions that were ended since a moment, or ever. */
export async function staffSessionsEndedSince(
  db: { query: Query },
  since: Instant | undefined,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `/* staffSessionsEndedSince */
     select id from staff_session where revoked_at is not null and revoked_at > $1::timestamptz`,
    [since === undefined ? '-infinity' : toIso(since)],
  )
  return rows.map(({ id }) => id)
}

export async function deleteStaffTokensExpiredBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteExpiredStaffTokens */ delete from staff_refresh_token where expires_at < $1`, [
    toIso(at),
  ])
}
