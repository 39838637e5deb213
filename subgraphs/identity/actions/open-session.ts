import { createHash, randomBytes } from 'node:crypto'
import { ACCESS_TOKEN_SECONDS } from '../../../kernel/auth/access-token.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import { type Instant, later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import { REFRESH_TOKEN_LIFE_MS } from '../domain/refresh.ts'
import { insertRefreshToken, insertSession, type Session } from '../store/sessions.ts'

export interface SessionTokens {
  readonly accessToken: string
  readonly accessTokenExpiresAt: Instant
  readonly refreshToken: string
  readonly refreshTokenExpiresAt: Instant
}

/** Begins a session of a member who has proved to be there. */
export async function openSession(
  tx: Tx,
  ctx: IdentityContext,
  memberId: MemberId,
  channel: string,
): Promise<SessionTokens> {
  const session = { id: newId(ctx.now), memberId, channel }
  await insertSession(tx, session, ctx.now)
  return handOutTokens(tx, ctx, session)
}

/** A short access token, and a refresh token of which only the digest stays here. */
export async function handOutTokens(tx: Tx, ctx: IdentityContext, session: Session): Promise<SessionTokens> {
  const refreshToken = randomBytes(32).toString('base64url')
  const refreshTokenExpiresAt = later(ctx.now, REFRESH_TOKEN_LIFE_MS)
  await insertRefreshToken(tx, {
    hash: secretDigest(refreshToken),
    session,
    issuedAt: ctx.now,
    expiresAt: refreshTokenExpiresAt,
  })
  const accessToken = await ctx.services.tokens.sign(
    { kind: 'member', memberId: session.memberId, channel: session.channel, sessionId: session.id },
    { now: ctx.now },
  )
  return {
    accessToken,
    accessTokenExpiresAt: later(ctx.now, ACCESS_TOKEN_SECONDS * 1000),
    refreshToken,
    refreshTokenExpiresAt,
  }
}

/** A plain digest does for secrets of 32 random bytes: there is nothing to guess. */
export const secretDigest = (secret: string): Buffer => createHash('sha256').update(secret).digest()
