import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { request } from 'undici'
import { z } from 'zod'
import type { Logger } from '../../../kernel/log.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** Says who an ID token of the brand's OpenID provider is about. */
export interface OpenIdProvider {
  verify(
    idToken: string,
    call: { now: Instant; nonce: string | undefined },
  ): Promise<Result<{ subject: string; endsAt: Instant }, 'ID_TOKEN_NOT_VALID' | 'OPEN_ID_UNAVAILABLE'>>
}

const TIMEOUT_MS = 3_000
/** Signed with a key of the provider's; a secret that both sides know would let whoever has ours make staff. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
const LENGTH_MAX = 16_384

const discovered = z.object({ issuer: z.string(), jwks_uri: z.url() })

/** https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation */
export function openIdProvider(options: { issuer: string; clientId: string; log: Logger }): OpenIdProvider {
  const { issuer, clientId, log } = options
  let keys: JWTVerifyGetKey | undefined

  const discover = async (): Promise<JWTVerifyGetKey> => {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const response = await request(url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
    const found = discovered.parse(await response.body.json())
    if (found.issuer !== issuer) throw new Error('the provider calls itself otherwise')
    return createRemoteJWKSet(new URL(found.jwks_uri), { timeoutDuration: TIMEOUT_MS })
  }

  return {
    async verify(idToken, { now, nonce }) {
      if (idToken.length > LENGTH_MAX) return fail('ID_TOKEN_NOT_VALID', { path: ['idToken'] })
      try {
        keys ??= await discover()
        const { payload } = await jwtVerify(idToken, keys, {
          issuer,
          audience: clientId,
          algorithms: ALGORITHMS,
          requiredClaims: ['sub', 'iat', 'exp'],
          currentDate: new Date(now),
          clockTolerance: 5,
          maxTokenAge: '10 minutes',
        })
        const several = Array.isArray(payload.aud) && payload.aud.length > 1
        const forUs = payload.azp === clientId || (payload.azp === undefined && !several)
        if (!forUs || payload.nonce !== nonce) return fail('ID_TOKEN_NOT_VALID', { path: ['idToken'] })
        return ok({ subject: payload.sub!, endsAt: (payload.exp! * 1000) as Instant })
      } catch (error) {
        if (isDefect(error)) return fail('ID_TOKEN_NOT_VALID', { path: ['idToken'] })
        log.warn({ reason: (error as Error).name }, 'the OpenID provider cannot be reached')
        return fail('OPEN_ID_UNAVAILABLE')
      }
    },
  }
}

/** Of the token; the rest is trouble with the provider. */
const isDefect = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== 'ERR_JOSE_GENERIC'
