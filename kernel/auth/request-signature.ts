import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { UnauthenticatedError } from '../errors.ts'
import type { Instant } from '../values/instant.ts'
import { randomBytes } from '../values/random.ts'
import type { Principal } from './principal.ts'

/**
 * How gateway and subgraphs know each other when they run apart: an HMAC over method, path, body, target, time, nonce and
 * the claims of the caller that the gateway has verified. A replay inside the allowed skew is refused by its nonce; at
 * another subgraph, or under another address, by its target. The key has an id, so that it can be changed while requests
 * are under way.
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
  /** Whom it is for, as `targetOf` writes it. */
  readonly target: string
}

/** A subgraph at the address by which it is called. */
export const targetOf = (subgraph: string, host: string): string => `${subgraph}@${host}`

/** Which nonces were used; several copies of a subgraph may share it. */
export interface Nonces {
  /** False: it was used before. It may be forgotten after so long. */
  use(nonce: string, now: number, forgetMs: number): boolean | Promise<boolean>
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

/** By which a verifier that has several keys finds the one. */
const ids = new WeakMap<Buffer, string>()

function idOf(bytes: Buffer): string {
  let id = ids.get(bytes)
  if (id === undefined) {
    id = hash('sha256', bytes, 'hex').slice(0, 8)
    ids.set(bytes, id)
  }
  return id
}

/** The body comes last: nothing before it can have a line of its own. */
const signatureOf = (
  key: Buffer,
  { method, path, target, body }: Signed,
  at: number,
  nonce: string,
  claims: string,
): string =>
  createHmac('sha256', keyOf(key))
    .update(`${method}\n${path}\n${target}\n${at}\n${nonce}\n${claims}\n${body}`)
    .digest('base64url')

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
  const signature = signatureOf(key, request, at, nonce, text)
  return { [CLAIMS_HEADER]: text, [SIGNATURE_HEADER]: `k=${idOf(key)},t=${at},n=${nonce},s=${signature}` }
}

export type Verify = (
  request: Signed,
  headers: Record<string, unknown>,
  now: Instant,
) => Claims | Promise<Claims>

/** Checks signatures by any of the keys, and that no nonce comes twice for as long as it could be replayed. */
export function signatureVerifier(keys: Buffer | readonly Buffer[], nonces: Nonces = ownNonces()): Verify {
  const byId = new Map([keys].flat().map((key) => [idOf(key as Buffer), key as Buffer]))
  return (request, headers, now) => {
    const match = /^k=([0-9a-f]{8}),t=(\d{1,16}),n=([\w-]{1,64}),s=([\w-]+)$/.exec(
      String(headers[SIGNATURE_HEADER] ?? ''),
    )
    const claims = String(headers[CLAIMS_HEADER] ?? '')
    if (!match) throw new UnauthenticatedError('The request is not signed.')
    const [, id = '', time = '', nonce = '', signature = ''] = match
    const key = byId.get(id)
    if (!key) throw new UnauthenticatedError('The signature of the request does not match.')
    const at = Number(time)
    const expected = Buffer.from(signatureOf(key, request, at, nonce, claims))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new UnauthenticatedError('The signature of the request does not match.')
    }
    if (Math.abs(now - at) > SKEW_MS) throw new UnauthenticatedError('The signed request is too old.')
    const believed = (isNew: boolean): Claims => {
      if (!isNew) throw new UnauthenticatedError('The signed request was seen before.')
      return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
    }
    const isNew = nonces.use(nonce, now, 2 * SKEW_MS)
    return isNew instanceof Promise ? isNew.then(believed) : believed(isNew)
  }
}

/** Those of one process. */
export function ownNonces(): Nonces {
  const seen = new Map<string, number>()
  return {
    use(nonce, now, forgetMs) {
      for (const [old, until] of seen) {
        if (until > now) break // Insertion order is nearly order of time.
        seen.delete(old)
      }
      if (seen.has(nonce)) return false
      seen.set(nonce, now + forgetMs)
      return true
    },
  }
}
