import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, errors, exportJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { UnauthenticatedError } from '../errors.ts'
import type { Instant } from '../values/instant.ts'
import type { Principal } from './principal.ts'

/** Access tokens are JWTs (RFC 9068) signed with ES256; `identity` issues them, the gateway verifies them. */
const ISSUER = 'huitong'
const AUDIENCE = 'huitong'

export const ACCESS_TOKEN_SECONDS = 15 * 60

export interface TokenSigner {
  sign(principal: Principal, options: { now: Instant; seconds?: number }): Promise<string>
  publicKeys(): Promise<JWK[]>
}

export function tokenSigner(privateKeyPem: string): TokenSigner {
  const key = createPrivateKey(privateKeyPem)
  const published = publicKeyOf(key)
  return {
    async sign(principal, { now, seconds = ACCESS_TOKEN_SECONDS }) {
      const issuedAt = Math.floor(now / 1000)
      return new SignJWT({ principal })
        .setProtectedHeader({ alg: 'ES256', kid: (await published).kid!, typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subjectOf(principal))
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(key)
    },
    publicKeys: async () => [await published],
  }
}

async function publicKeyOf(key: KeyObject): Promise<JWK> {
  const jwk = await exportJWK(createPublicKey(key))
  return { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

const subjectOf = (principal: Principal): string => {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'member':
      return principal.memberId
    case 'staff':
      return principal.staffId
    case 'partner':
      return principal.partnerId
    case 'service':
      return principal.name
  }
}

/** Finds the published key of a token's `kid`; asked again when a key is not known yet. */
export type KeyLookup = (kid: string | undefined) => Promise<KeyObject | undefined>

export interface VerifiedToken {
  readonly principal: Principal
  /** In seconds, as the token has it. */
  readonly expiresAt: number
}

/** Clocks of two machines differ. */
const TOLERANCE_SECONDS = 5

/** Whether a token that was good is so no more. */
export const hasExpired = ({ expiresAt }: VerifiedToken, now: Instant): boolean =>
  expiresAt <= Math.floor(now / 1000) - TOLERANCE_SECONDS

export const expired = (): UnauthenticatedError => new UnauthenticatedError('The access token has expired.')

/**
 * Verifies a token at a moment. Any defect is one refusal: the caller learns that it failed, not why. Who says how
 * long tokens live refuses those that were made to live longer.
 */
export async function verifyAccessToken(
  token: string,
  keys: KeyLookup,
  now: Instant,
  lifeSecondsMax = Number.POSITIVE_INFINITY,
): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify<{ principal: Principal }>(
      token,
      async (header) => {
        const key = await keys(header.kid)
        if (!key) throw new UnauthenticatedError()
        return key
      },
      {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ['ES256'],
        typ: 'at+jwt',
        currentDate: new Date(now),
        clockTolerance: TOLERANCE_SECONDS,
      },
    )
    const { exp, iat } = payload
    if (exp === undefined || iat === undefined || exp - iat > lifeSecondsMax) throw new UnauthenticatedError()
    return { principal: payload.principal, expiresAt: exp }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw expired()
    if (error instanceof errors.JOSEError || error instanceof UnauthenticatedError) {
      throw new UnauthenticatedError('The access token is not valid.')
    }
    throw error
  }
}
