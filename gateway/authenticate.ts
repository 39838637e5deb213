import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import {
  expired,
  hasExpired,
  type KeyLookup,
  type VerifiedToken,
  verifyAccessToken,
} from '../kernel/auth/access-token.ts'
import { ANONYMOUS, type Principal } from '../kernel/auth/principal.ts'
import { UnauthenticatedError } from '../kernel/errors.ts'
import type { Instant } from '../kernel/values/instant.ts'

/** A token that names an unknown key may not make us ask for keys more often than this. */
const REFETCH_MS = 30_000

/** Remembers the published keys; asks again when a token names one that is not known. */
export function keyCache(fetchKeys: () => Promise<readonly JWK[]>, now: () => Instant): KeyLookup {
  let known = new Map<string | undefined, KeyObject>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | undefined

  const fetchOnce = (): Promise<void> => {
    fetching ??= fetchKeys()
      .then((keys) => {
        known = new Map(keys.map((key) => [key.kid, createPublicKey({ key: key as never, format: 'jwk' })]))
        fetchedAt = now()
      })
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  return async (kid) => {
    if (!known.has(kid) && now() - fetchedAt >= REFETCH_MS) await fetchOnce()
    return known.get(kid)
  }
}

/** Tokens that have been verified and are remembered; each takes about a kilobyte. */
const TOKENS_MAX = 10_000
/** Ours are shorter; a token may stand behind any number of spaces. */
const HEADER_MAX = 2_000

export interface Callers {
  /** Who calls, by the `Authorization` header. Without one it is nobody in particular; a bad one is refused. */
  of(header: string | undefined, now: Instant): Principal | Promise<Principal>
}

/**
 * A token's signature is verified once: that takes 200 microseconds, as long as all the rest of an answer. Its end is
 * looked at each time. A key that is withdrawn counts for tokens that were not seen before, at most 15 minutes long.
 */
export function knownCallers(
  keys: KeyLookup,
  options: { lifeSecondsMax: number | undefined; tokensMax?: number },
): Callers {
  const { lifeSecondsMax, tokensMax = TOKENS_MAX } = options
  const verified = new Map<string, VerifiedToken>()

  const verify = async (header: string, now: Instant): Promise<Principal> => {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1]
    if (token === undefined)
      throw new UnauthenticatedError('The Authorization header must be `Bearer <token>`.')
    const found = await verifyAccessToken(token, keys, now, lifeSecondsMax)
    if (verified.size >= tokensMax) verified.delete(verified.keys().next().value!)
    if (header.length <= HEADER_MAX) verified.set(header, found)
    return found.principal
  }

  return {
    of(header, now) {
      if (header === undefined) return ANONYMOUS
      const known = verified.get(header)
      if (!known) return verify(header, now)
      if (!hasExpired(known, now)) return known.principal
      verified.delete(header)
      throw expired()
    },
  }
}

/** When the token of a header that has been verified ends, in milliseconds. */
export function tokenEnd(header: string | undefined): number | undefined {
  const claims = header?.split('.')[1]
  if (claims === undefined) return undefined
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: number }
  return exp === undefined ? undefined : exp * 1_000
}
