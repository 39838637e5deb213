import { performance } from 'node:perf_hooks'
import type { Principal } from '../kernel/auth/principal.ts'
import { UnauthenticatedError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/log.ts'

type SignedIn = Extract<Principal, { kind: 'member' | 'staff' }>

/** So old an answer is asked for anew, beside the request that finds it so. */
const FRESH_MS = 2_000
/** So old an answer is not relied on: the request waits for a new one. */
const STALE_MS = 10_000

/**
 * Refuses the access tokens of sessions that have ended before their tokens did: within about two seconds of a
 * sign-out, at the cost of one small question to identity in so long. While identity is away tokens are good until they
 * run out, as they would be without this.
 */
export function endedSessions(fetchEnded: () => Promise<readonly string[]>, log: Logger) {
  let ended: ReadonlySet<string> = new Set()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | undefined

  const refetch = (): Promise<void> => {
    fetching ??= fetchEnded()
      .then(
        (ids) => {
          ended = new Set(ids)
          fetchedAt = performance.now()
        },
        (error: unknown) => log.warn({ error }, 'ended sessions are not known'),
      )
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  const unlessEnded = (principal: SignedIn): Principal => {
    const { sessionId } = principal
    if (sessionId !== undefined && ended.has(sessionId)) {
      throw new UnauthenticatedError('The session of this access token has ended.')
    }
    return principal
  }

  return (principal: Principal): Principal | Promise<Principal> => {
    if (principal.kind !== 'member' && principal.kind !== 'staff') return principal
    const age = performance.now() - fetchedAt
    if (age > STALE_MS) return refetch().then(() => unlessEnded(principal))
    if (age > FRESH_MS) void refetch()
    return unlessEnded(principal)
  }
}
