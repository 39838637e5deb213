import { HOUR_MS, type Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** What may be tried only so often: from one network address, or at one staff account. */
export type Attempt = 'code-request' | 'wrong-code' | 'wrong-password' | 'staff-login'

/**
 * In an hour of the clock, from one address. A shop's or a carrier's address stands for many people, so these are no
 * limits of a person (a phone has those): they end the walk through many phones from one place.
 */
export const ATTEMPTS_MAX: Readonly<Record<Attempt, number>> = {
  'code-request': 60,
  'wrong-code': 30,
  'wrong-password': 30,
  // At one login, whether anybody has it or not: nobody learns from the lock which logins there are.
  'staff-login': 5,
}

export const hourOf = (now: Instant): Instant => (Math.floor(now / HOUR_MS) * HOUR_MS) as Instant

/** May it be tried once more, after so many tries in this hour? */
export function mayTry(what: Attempt, tries: number, now: Instant): Result<true, 'CODE_RATE_LIMITED'> {
  if (tries < ATTEMPTS_MAX[what]) return ok(true)
  const seconds = Math.ceil((hourOf(now) + HOUR_MS - now) / 1000)
  return fail('CODE_RATE_LIMITED', { details: { retryAfterSeconds: String(seconds) } })
}
