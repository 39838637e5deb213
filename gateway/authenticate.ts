import { createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { type KeyLookup, verifyAccessToken } from '../kernel/auth/access-token.ts'
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

/** Who calls, by the `Authorization` header. Without one it is nobody in particular; a bad one is refused. */
export async function authenticate(
  header: string | undefined,
  keys: KeyLookup,
  now: Instant,
  lifeSecondsMax?: number,
): Promise<Principal> {
  if (header === undefined) return ANONYMOUS
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(header)?.[1]
  if (token === undefined)
    throw new UnauthenticatedError('The Authorization header must be `Bearer <token>`.')
  return verifyAccessToken(token, keys, now, lifeSecondsMax)
}

/** When the token of a header that has been verified ends, in milliseconds. */
export function tokenEnd(header: string | undefined): number | undefined {
  const claims = header?.split('.')[1]
  if (claims === undefined) return undefined
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: number }
  return exp === undefined ? undefined : exp * 1_000
}
