import { DAY_MS, type Instant, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** What a code was asked for; it serves for nothing else. */
export type CodePurpose = 'SIGN_IN' | 'BIND'

export const CODE_LIFE_MS = 5 * 60_000
export const CODE_TRIES = 3
/** Codes are kept so long after their end: for the limits, and for saying why one is no longer valid. */
export const CODE_KEPT_MS = DAY_MS

const LIMITS = [
  { withinMs: 60_000, codes: 1 },
  { withinMs: 60 * 60_000, codes: 5 },
  { withinMs: DAY_MS, codes: 10 },
]
export const LIMIT_WINDOW_MS = DAY_MS

export interface OneTimeCode {
  readonly triesLeft: number
  readonly expiresAt: Instant
  readonly usedAt: Instant | undefined
}

/** May a phone be sent another code? `requestedAt` holds the moments of the last day, newest first. */
export function mayRequestCode(
  requestedAt: readonly Instant[],
  now: Instant,
): Result<true, 'CODE_RATE_LIMITED'> {
  for (const { withinMs, codes } of LIMITS) {
    const blocking = requestedAt[codes - 1]
    if (blocking === undefined || blocking + withinMs <= now) continue
    const seconds = Math.ceil((later(blocking, withinMs) - now) / 1000)
    return fail('CODE_RATE_LIMITED', { path: ['phone'], details: { retryAfterSeconds: String(seconds) } })
  }
  return ok(true)
}

type CodeRefusal = 'CODE_TRIES_EXHAUSTED' | 'CODE_EXPIRED' | 'CODE_NOT_VALID'

/** Does the code that was typed prove the phone? `latest` is the last that was asked for, if any. */
export function checkCode(
  latest: OneTimeCode | undefined,
  matches: boolean,
  now: Instant,
): Result<true, CodeRefusal> {
  if (!latest || latest.usedAt !== undefined) return fail('CODE_NOT_VALID')
  if (latest.triesLeft === 0) return fail('CODE_TRIES_EXHAUSTED')
  if (latest.expiresAt <= now) return fail('CODE_EXPIRED')
  if (!matches) return fail('CODE_NOT_VALID', { details: { triesLeft: String(latest.triesLeft - 1) } })
  return ok(true)
}
