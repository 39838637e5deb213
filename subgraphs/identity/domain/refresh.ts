import { DAY_MS, type Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

export const REFRESH_TOKEN_LIFE_MS = 30 * DAY_MS
/** After a lost answer the same call may be made again so long. */
const REPEAT_MS = 60_000

export interface RefreshTokenState {
  readonly expiresAt: Instant
  /** Each token is used once; `usedWith` is the idempotency key of that use. */
  readonly usedAt: Instant | undefined
  readonly usedWith: string | undefined
  readonly sessionRevoked: boolean
}

/**
 * May a refresh token be exchanged? A token that comes a second time was stolen, from the member or by them: the
 * session ends, because nobody can tell which (RFC 9700, 4.14.2). The one exception is the very same call made again.
 */
export function decideRefresh(
  token: RefreshTokenState | undefined,
  call: { now: Instant; idempotencyKey: string | undefined },
): Result<true, 'REFRESH_TOKEN_NOT_VALID' | 'REFRESH_TOKEN_REUSED'> {
  const { now, idempotencyKey } = call
  if (!token || token.sessionRevoked) return fail('REFRESH_TOKEN_NOT_VALID')
  if (token.usedAt !== undefined) {
    const repeated =
      idempotencyKey !== undefined && idempotencyKey === token.usedWith && now - token.usedAt <= REPEAT_MS
    if (!repeated) return fail('REFRESH_TOKEN_REUSED')
  }
  return token.expiresAt <= now ? fail('REFRESH_TOKEN_NOT_VALID') : ok(true)
}
