import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Secret, TOTP } from 'otpauth'
import type { Instant } from '../../../kernel/values/instant.ts'

/** Argon2id, 19 MiB, two passes (the library's own choice, and OWASP's); some 20 ms a hash, beside the event loop. */
export const hashPassword = (password: string): Promise<string> => hash(password)

/** Of an account that does not exist: checking takes as long as with one that does. */
let nobodys: Promise<string> | undefined

export async function isPassword(hashed: string | undefined, password: string): Promise<boolean> {
  nobodys ??= hash(randomBytes(16))
  const right = await verify(hashed ?? (await nobodys), password)
  return hashed !== undefined && right
}

const SECRET_BYTES = 20
const STEP_SECONDS = 30

/** One-time codes by time (RFC 6238), six digits every 30 seconds: what authenticator apps make. */
const totpOf = (secret: Buffer, login = 'staff'): TOTP =>
  new TOTP({
    issuer: 'Huitong',
    label: login,
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    period: STEP_SECONDS,
  })

export const newTotpSecret = (): Buffer => randomBytes(SECRET_BYTES)

/** For an authenticator app, as text or as a QR code of it. */
export const totpUri = (secret: Buffer, login: string): string => totpOf(secret, login).toString()

/** The step that a code is of, one to either side of now at most; undefined where it is none of them. */
export function totpStep(secret: Buffer, code: string, now: Instant): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const delta = totpOf(secret).validate({ token: code, timestamp: now, window: 1 })
  return delta === null ? undefined : Math.floor(now / 1000 / STEP_SECONDS) + delta
}

export const newPassword = (): string => randomBytes(15).toString('base64url')
