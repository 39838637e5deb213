import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { type IdentityKind, KINDS } from './kinds.ts'
import { normalisePhone } from './phone.ts'

/** Something that leads to a member: what it is, whose name-space it is from, and its value in normal form. */
export interface Identifier {
  readonly kind: IdentityKind
  readonly scope: string
  readonly value: string
}

export interface IdentifierText {
  readonly kind: IdentityKind
  readonly scope?: string | null
  readonly value: string
}

const LENGTH_MAX = 128

/** In hexadecimal, of 128 bits and more. */
const HASH = /^(?:[\da-f]{2}){16,64}$/i

/** Brings an identifier into the one form under which it is looked up. */
export function normaliseIdentifier(
  given: IdentifierText,
): Result<Identifier, 'PHONE_NOT_VALID' | 'IDENTIFIER_NOT_VALID'> {
  const { kind } = given
  const scope = KINDS[kind].scoped ? (given.scope ?? '').trim() : ''
  if (kind === 'PHONE') {
    const phone = normalisePhone(given.value)
    return phone.ok ? ok({ kind, scope, value: phone.value }) : phone
  }
  if (kind === 'PHONE_HASH' && !HASH.test(given.value.trim())) return fail('IDENTIFIER_NOT_VALID')
  const value = normalValue(kind, given.value.normalize('NFKC').trim())
  if (value === '' || value.length > LENGTH_MAX || scope.length > LENGTH_MAX) {
    return fail('IDENTIFIER_NOT_VALID')
  }
  return ok({ kind, scope, value })
}

/** Printed numbers are typed with spaces, dashes and in either case. */
function normalValue(kind: IdentityKind, value: string): string {
  if (kind === 'CARD' || kind === 'SERIAL' || kind === 'COMPANY' || kind === 'MEMBER_NUMBER') {
    return value.replace(/[\s-]/g, '').toUpperCase()
  }
  return kind === 'PHONE_HASH' ? value.toLowerCase() : value
}
