import { hash } from 'node:crypto'
import type { Instant } from './instant.ts'
import { randomBytes } from './random.ts'

type Id<Kind extends string> = string & { readonly __id: Kind }

export type MemberId = Id<'member'>
export type EntitlementId = Id<'entitlement'>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isUuid = (text: string): boolean => UUID.test(text)

/** A UUID of so many digits as there are, with its version, and with the variant in the two bits where it stands. */
const asUuid = (hex: string, version: number): string => {
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** A new UUIDv7 (RFC 9562, 5.7): sorts by the moment it was made, so inserts stay at the end of an index. */
export function newId<I extends string = string>(now: Instant): I {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  return asUuid(bytes.toString('hex'), 7) as I
}

/**
 * An id that follows from business keys (RFC 9562, UUIDv8 over SHA-256): the same purchase, by whatever road it
 * comes, has the same id and collides with itself.
 */
export function derivedId<I extends string = string>(...parts: readonly string[]): I {
  const named = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('')
  return asUuid(hash('sha256', named, 'hex'), 8) as I
}
