import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { RefreshTokenState } from '../domain/refresh.ts'

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

/** Ends a session: none of its refresh tokens is good any more. Access tokens run out by themselves. */
export async function revokeSession(
  tx: Tx,
  session: Pick<Session, 'id' | 'memberId'>,
  because: 'signed-out' | 'token-reused',
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* revokeSession */
     update session set revoked_at = $3, revoked_because = $4
     where member_id = $1 and id = $2 and revoked_at is null`,
    [session.memberId, session.id, toIso(at), because],
  )
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
  sessionId: string,
  usedWith: string | undefined,
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* useUpRefreshTokens */
     update refresh_token set used_at = $2, used_with = $3 where session_id = $1 and used_at is null`,
    [sessionId, toIso(at), usedWith ?? null],
  )
}

export async function deleteRefreshTokensExpiredBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteExpiredTokens */ delete from refresh_token where expires_at < $1`, [toIso(at)])
}
