import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, later, toIso } from '../../../kernel/values/instant.ts'
import { REFRESH_TOKEN_LIFE_MS, type RefreshTokenState } from '../domain/refresh.ts'

export type Ending =
  | 'signed-out'
  | 'token-reused'
  | 'ended-by-member'
  | 'identity-taken'
  | 'merged'
  | 'erased'

export interface Session {
  readonly id: string
  readonly memberId: MemberId
  readonly channel: string
}

export async function insertSession(tx: Tx, session: Session, at: Instant): Promise<void> {
  await tx.query(
    `/* insertSession */ insert into session (member_id, id, channel, started_at) values ($1, $2, $3, $4)`,
    [session.memberId, session.id, session.channel, toIso(at)],
  )
}

/** Ends a session: none of its refresh tokens is good any more, and the gateway refuses its access tokens. */
export async function revokeSession(
  tx: Tx,
  session: Pick<Session, 'id' | 'memberId'>,
  because: Ending,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* revokeSession */
     update session set revoked_at = $3, revoked_because = $4
     where member_id = $1 and id = $2 and revoked_at is null`,
    [session.memberId, session.id, toIso(at), because],
  )
}

export interface ActiveSession {
  readonly id: string
  readonly channel: string
  readonly startedAt: Instant
  readonly usedAt: Instant
}

/** Sessions that can still be refreshed, last used first. */
export async function findActiveSessions(
  db: { query: Query },
  memberId: string,
  now: Instant,
): Promise<ActiveSession[]> {
  const rows = await db.query<{ id: string; channel: string; started_at: Instant; used_at: Instant }>(
    `/* findActiveSessions */
     select id, channel, started_at, coalesce(used_at, started_at) as used_at from session
     where member_id = $1 and revoked_at is null and coalesce(used_at, started_at) > $2
     order by coalesce(used_at, started_at) desc, id desc`,
    [memberId, toIso(later(now, -REFRESH_TOKEN_LIFE_MS))],
  )
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    startedAt: row.started_at,
    usedAt: row.used_at,
  }))
}

export async function revokeSessions(
  tx: Tx,
  memberId: string,
  ids: readonly string[],
  because: Ending,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* revokeSessions */
     update session set revoked_at = $3, revoked_because = $4
     where member_id = $1 and id = any($2::uuid[]) and revoked_at is null`,
    [memberId, ids, toIso(at), because],
  )
}

/** All sessions of some members end. */
export async function revokeSessionsOf(
  tx: Tx,
  memberIds: readonly string[],
  because: Ending,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* revokeSessionsOf */
     update session set revoked_at = $2, revoked_because = $3
     where member_id = any($1::uuid[]) and revoked_at is null`,
    [memberIds, toIso(at), because],
  )
}

/** Ids of sessions that were ended since a moment, or ever. */
export async function sessionsEndedSince(
  db: { query: Query },
  since: Instant | undefined,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `/* sessionsEndedSince */
     select id from session where revoked_at is not null and revoked_at > $1::timestamptz`,
    [since === undefined ? '-infinity' : toIso(since)],
  )
  return rows.map(({ id }) => id)
}

export async function insertRefreshToken(
  tx: Tx,
  token: { hash: Buffer; session: Session; issuedAt: Instant; expiresAt: Instant },
): Promise<void> {
  await tx.query(
    `/* insertRefreshToken */
     insert into refresh_token (hash, member_id, session_id, issued_at, expires_at) values ($1, $2, $3, $4, $5)`,
    [token.hash, token.session.memberId, token.session.id, toIso(token.issuedAt), toIso(token.expiresAt)],
  )
}

/** A refresh token with its session, held. */
export async function lockRefreshToken(
  tx: Tx,
  hash: Buffer,
): Promise<(RefreshTokenState & { session: Session }) | undefined> {
  const [row] = await tx.query<{
    member_id: MemberId
    session_id: string
    channel: string
    expires_at: Instant
    used_at: Instant | null
    used_with: string | null
    revoked_at: Instant | null
  }>(
    `/* lockRefreshToken */
     select token.member_id, token.session_id, token.expires_at, token.used_at, token.used_with,
       session.channel, session.revoked_at
     from refresh_token as token
     join session on session.member_id = token.member_id and session.id = token.session_id
     where token.hash = $1
     for update`,
    [hash],
  )
  return (
    row && {
      session: { id: row.session_id, memberId: row.member_id, channel: row.channel },
      expiresAt: row.expires_at,
      usedAt: row.used_at ?? undefined,
      usedWith: row.used_with ?? undefined,
      sessionRevoked: row.revoked_at !== null,
    }
  )
}

/** No token of the session that was handed out so far is good a second time. */
export async function useUpRefreshTokens(
  tx: Tx,
  session: Pick<Session, 'id' | 'memberId'>,
  usedWith: string | undefined,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* useUpRefreshTokens */
     update refresh_token set used_at = $2, used_with = $3 where session_id = $1 and used_at is null`,
    [session.id, toIso(at), usedWith ?? null],
  )
  await tx.query(`/* sessionUsed */ update session set used_at = $3 where member_id = $1 and id = $2`, [
    session.memberId,
    session.id,
    toIso(at),
  ])
}

export async function deleteRefreshTokensExpiredBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteExpiredTokens */ delete from refresh_token where expires_at < $1`, [toIso(at)])
}
