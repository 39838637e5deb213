import { createCipheriv, createDecipheriv, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '../../../kernel/values/canonical.ts'
import type { Identifier } from './identifier.ts'
import type { PhoneRecipe } from './phone-recipe.ts'

/**
 * Personal data is encrypted with a key of the member's own (AES-256-GCM), and that key with the deployment's master
 * key: to forget a person, forget the person's key. Equality is found through a keyed hash (blind index), because
 * phone numbers are few enough to try them all against a plain one. Nothing here makes randomness; it is handed in.
 */
export const NONCE_BYTES = 12
export const DATA_KEY_BYTES = 32
const TAG_BYTES = 16
const FORMAT = Buffer.of(1)

/** Keys that are used more than once come as `KeyObject`: to hash or to seal takes 5 to 7 µs with one, 26 with bytes. */
type Key = KeyObject | Buffer

/** Encrypts for one place (`where`): the same bytes moved to another member or column do not open. */
export function seal(key: Key, where: string, plain: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(where))
  const sealed = cipher.update(plain)
  cipher.final() // A stream cipher holds nothing back.
  return Buffer.concat([FORMAT, nonce, sealed, cipher.getAuthTag()])
}

/** Opens what `seal` made. Throws where key, place or bytes are not those of the sealing. */
export function unseal(key: Key, where: string, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(where))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

export const places = {
  dataKey: (memberId: string) => `key:${memberId}`,
  profile: (memberId: string) => `profile:${memberId}`,
  identity: (memberId: string, identityId: string) => `identity:${memberId}:${identityId}`,
  attributes: (memberId: string, program: string) => `attributes:${memberId}:${program}`,
  product: (memberId: string, productId: string) => `product:${memberId}:${productId}`,
  application: (memberId: string, applicationId: string) => `application:${memberId}:${applicationId}`,
  totp: (staffId: string) => `totp:${staffId}`,
}

/** What an identity says, in clear or opened; nothing where its key is forgotten. */
export function identityText(
  key: Key | undefined,
  identity: {
    readonly memberId: string
    readonly id: string
    readonly value?: string | undefined
    readonly sealedValue: Buffer | undefined
  },
): string | undefined {
  const { memberId, id, value, sealedValue } = identity
  if (value !== undefined || !key || !sealedValue) return value
  return unseal(key, places.identity(memberId, id), sealedValue).toString()
}

const keyed = (key: Key, purpose: string, ...parts: readonly string[]): Buffer =>
  createHmac('sha256', key)
    .update(JSON.stringify([purpose, ...parts]))
    .digest()

/** Tells keys apart without telling anything of them. */
export const keyName = (key: Key): string => keyed(key, 'name of key').toString('hex').slice(0, 12)

/** Where an identifier is found. */
export const blindIndex = (key: Key, { kind, scope, value }: Identifier): Buffer =>
  keyed(key, 'identifier', kind, scope, value)

/** Where the attempts from a network address are counted; the address itself is not kept. */
export const addressIndex = (key: Key, address: string): Buffer => keyed(key, 'address', address)

/** Where the attempts at a staff login are counted. */
export const loginIndex = (key: Key, login: string): Buffer => keyed(key, 'login', login)

/** Where an erased identifier is remembered: nothing leads from there to any other table. */
export const tombstoneOf = (key: Key, hash: Buffer): Buffer => keyed(key, 'tombstone', hash.toString('hex'))

/** Tells a recipe from the one that stood under its id before, and tells nothing of its salt. */
export const recipeMark = (key: Key, recipe: PhoneRecipe): Buffer =>
  keyed(key, 'phone recipe', canonicalJson(recipe))

/** Tells two inputs apart without keeping them: inputs hold phone numbers, and a plain digest could be guessed. */
export const fingerprint = (key: Key, input: unknown): string =>
  keyed(key, 'input', canonicalJson(input)).toString('base64url')

/** The six digits of a one-time code follow from its random id and our key, so the code itself is stored nowhere. */
export const codeOf = (key: Key, id: string): string =>
  String(keyed(key, 'one-time-code', id).readUIntBE(0, 6) % 1_000_000).padStart(6, '0')

/** Compares secrets in a time that does not tell how much of them agrees. */
export function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
