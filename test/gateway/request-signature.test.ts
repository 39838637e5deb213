import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  CLAIMS_HEADER,
  type Claims,
  SIGNATURE_HEADER,
  signatureVerifier,
  signRequest,
} from '../../kernel/auth/request-signature.ts'
import { instant } from '../../kernel/values/instant.ts'

const key = randomBytes(32)
const now = instant('2026-01-01T00:00:00Z')
const request = { method: 'POST', path: '/graphql', body: '{"query":"{ me { id } }"}' }
const claims: Claims = {
  principal: { kind: 'staff', staffId: 'c', role: 'clerk' },
  language: 'zh-CN',
  requestId: 'r-1',
}
const adminClaims = Buffer.from(
  JSON.stringify({ ...claims, principal: { kind: 'staff', staffId: 'c', role: 'admin' } }),
).toString('base64url')

test('what was signed is believed', () => {
  expect(signatureVerifier(key)(request, signRequest(key, request, claims, now), now)).toEqual(claims)
})

test.for([
  ['another body', { request: { ...request, body: '{"query":"{ members { id } }"}' } }, 'does not match'],
  ['another path', { request: { ...request, path: '/internal/events' } }, 'does not match'],
  ['another method', { request: { ...request, method: 'PUT' } }, 'does not match'],
  ['other claims', { headers: { [CLAIMS_HEADER]: adminClaims } }, 'does not match'],
  ['another key', { key: randomBytes(32) }, 'does not match'],
  ['no signature', { headers: { [SIGNATURE_HEADER]: '' } }, 'not signed'],
  ['a signature of another form', { headers: { [SIGNATURE_HEADER]: 't=1,s=x' } }, 'not signed'],
  ['a request of half a minute ago', { now: now + 30_001 }, 'too old'],
  ['a request from the future', { now: now - 30_001 }, 'too old'],
] as const)('%s is refused', ([, changed, why]) => {
  const given = { key, request, headers: {}, now, ...changed }
  const headers = { ...signRequest(key, request, claims, now), ...given.headers }
  expect(() => signatureVerifier(given.key)(given.request, headers, instant(given.now))).toThrow(why)
})

test('a time that was changed to be fresh is refused', () => {
  const headers = signRequest(key, request, claims, now)
  const later = now + 3_600_000
  const fresh = {
    ...headers,
    [SIGNATURE_HEADER]: headers[SIGNATURE_HEADER]!.replace(`t=${now}`, `t=${later}`),
  }
  expect(() => signatureVerifier(key)(request, fresh, instant(later))).toThrow('does not match')
})

test('the same request twice is refused, and so is it a little later', () => {
  const verify = signatureVerifier(key)
  const headers = signRequest(key, request, claims, now)
  verify(request, headers, now)
  expect(() => verify(request, headers, now)).toThrow('seen before')
  expect(() => verify(request, headers, instant(now + 29_000))).toThrow('seen before')
})

test('a nonce is remembered for as long as it could be replayed, and not longer', () => {
  const verify = signatureVerifier(key)
  const early = signRequest(key, request, claims, now + 29_000) // The signer's clock is ahead.
  verify(request, early, now)
  expect(() => verify(request, early, instant(now + 58_000))).toThrow('seen before')
  for (let minute = 1; minute <= 5; minute++) {
    const at = instant(now + minute * 61_000)
    verify(request, signRequest(key, request, claims, at), at)
  }
})
