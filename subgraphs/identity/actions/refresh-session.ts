import { ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { decideRefresh } from '../domain/refresh.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { lockRefreshToken, revokeSession, useUpRefreshTokens } from '../store/sessions.ts'
import { handOutTokens, type SessionTokens, secretDigest } from './open-session.ts'

export interface RefreshSessionInput {
  readonly refreshToken: string
  readonly idempotencyKey?: string | null
}

/** Exchanges a refresh token for new tokens; the old one has served. */
export async function refreshSession(
  ctx: IdentityContext,
  input: RefreshSessionInput,
): Promise<Result<SessionTokens, IdentityRefusalCode>> {
  const idempotencyKey = input.idempotencyKey ?? undefined
  return ctx.db.transaction(async (tx) => {
    const token = await lockRefreshToken(tx, secretDigest(input.refreshToken))
    const decision = decideRefresh(token, { now: ctx.now, idempotencyKey })
    if (!decision.ok) {
      if (decision.refusal.code === 'REFRESH_TOKEN_REUSED') {
        await revokeSession(tx, token!.session, 'token-reused', ctx.now)
      }
      return decision
    }
    await useUpRefreshTokens(tx, token!.session, idempotencyKey, ctx.now)
    return ok(await handOutTokens(tx, ctx, token!.session))
  })
}
