import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { UnauthenticatedError } from '../errors.ts'
import type { Instant } from '../values/instant.ts'
import { randomBytes } from '../values/random.ts'
import type { Principal } from './principal.ts'

/**
 * How gateway and subgraphs know each other when they run apart: an HMAC over method, path, body, time, nonce and
 * the claims of the caller that the gateway has verified. A replay inside the allowed skew is refused by its nonce.
 */
export const SIGNATURE_HEADER = 'huitong-signature'
export const CLAIMS_HEADER = 'huitong-claims'
const SKEW_MS = 30_000

export interface Claims {
  readonly principal: Principal
  readonly language: string
  readonly requestId: string
  /** From which network address the caller came, as far as the gateway can tell; nobody's of calls between parts. */
  readonly address?: string
}

interface Signed {
  readonly method: string
  readonly path: string
  readonly body: string
}

/** Made once: preparing a key costs more than using it. */
const keys = new WeakMap<Buffer, KeyObject>()

function keyOf(bytes: Buffer): KeyObject {
  let key = keys.get(bytes)
  if (!key) {
    key = createSecretKey(bytes)
    keys.set(bytes, key)
  }
  return key
}

const digest = (key: Buffer, request: Signed, at: number, nonce: string, claims: string): Buffer =>
  createHmac('sha256', keyOf(key))
    .update(
      `${request.method}\n${request.path}\n${hash('sha256', request.body, 'hex')}\n${at}\n${nonce}\n${claims}`,
    )
    .digest()

/** One request of a caller becomes several to subgraphs, with the same claims. */
const texts = new WeakMap<Claims, string>()

function textOf(claims: Claims): string {
  let text = texts.get(claims)
  if (text === undefined) {
    text = Buffer.from(JSON.stringify(claims)).toString('base64url')
    texts.set(claims, text)
  }
  return text
}

export function signRequest(
  key: Buffer,
  request: Signed,
  claims: Claims,
  at: number,
): Record<string, string> {
  const text = textOf(claims)
  const nonce = randomBytes(12).toString('base64url')
  const signature = digest(key, request, at, nonce, text).toString('base64url')
  return { [CLAIMS_HEADER]: text, [SIGNATURE_HEADER]: `t=${at},n=${nonce},s=${signature}` }
}

/** Checks signatures and remembers nonces for as long as they could be replayed. */
export function signatureVerifier(key: Buffer) {
  const seen = new Map<string, number>()
  return (request: Signed, headers: Record<string, unknown>, now: Instant): Claims => {
    const match = /^t=(\d+),n=([\w-]+),s=([\w-]+)$/.exec(String(headers[SIGNATURE_HEADER] ?? ''))
    const claims = String(headers[CLAIMS_HEADER] ?? '')
    if (!match) throw new UnauthenticatedError('The request is not signed.')
    const [, time = '', nonce = '', signature = ''] = match
    const at = Number(time)
    const expected = digest(key, request, at, nonce, claims)
    const given = Buffer.from(signature, 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new UnauthenticatedError('The signature of the request does not match.')
    }
    if (Math.abs(now - at) > SKEW_MS) throw new UnauthenticatedError('The signed request is too old.')
    for (const [old, until] of seen) {
      if (until > now) break // Insertion order is nearly order of time.
      seen.delete(old)
    }
    if (seen.has(nonce)) throw new UnauthenticatedError('The signed request was seen before.')
    seen.set(nonce, now + 2 * SKEW_MS)
    return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
  }
}
