import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'

/** One member's right to one benefit. */
export interface Entitlement {
  /** Whose it is. */
  readonly memberId: MemberId
  /** Under which of the person's ids it lies: that of a member who was merged since, or the same. */
  readonly holderId: MemberId
  readonly id: EntitlementId
  readonly program: string
  readonly benefit: string
  /** The version of the programme that it was granted under; its rules hold for as long as it lives. */
  readonly benefitVersion: number
  /** What gave it, once per benefit: `tier:vip#3`, `grant:<id>`. */
  readonly source: string
  readonly code: string
  readonly usesTotal: number
  readonly usesLeft: number
  readonly validFrom: Instant
  /** The first moment after. */
  readonly validUntil: Instant
  readonly grantedAt: Instant
  readonly revokedAt: Instant | undefined
  /** The merge for as long as which it does not count, since the person had the same from before. */
  readonly setAsideBy: string | undefined
}

export const ENTITLEMENT_STATES = ['REVOKED', 'NOT_YET_VALID', 'EXPIRED', 'USED_UP', 'ACTIVE'] as const
export type EntitlementState = (typeof ENTITLEMENT_STATES)[number]

/** What may be done with it at a moment; `store/entitlements.ts` says the same in SQL. */
export function stateOf(
  entitlement: Pick<Entitlement, 'revokedAt' | 'setAsideBy' | 'validFrom' | 'validUntil' | 'usesLeft'>,
  now: Instant,
): EntitlementState {
  if (entitlement.revokedAt !== undefined || entitlement.setAsideBy !== undefined) return 'REVOKED'
  if (now < entitlement.validFrom) return 'NOT_YET_VALID'
  if (now >= entitlement.validUntil) return 'EXPIRED'
  if (entitlement.usesLeft === 0) return 'USED_UP'
  return 'ACTIVE'
}

/** Names an entitlement to the outside: it is found by the id that it lies under, then by its own. */
export const opaqueEntitlementId = (holderId: MemberId, id: EntitlementId): string =>
  Buffer.from(`${holderId}.${id}`).toString('base64url')

const OPAQUE = /^([0-9a-f-]{36})\.([0-9a-f-]{36})$/

export function parseEntitlementId(opaque: string): { holderId: MemberId; id: EntitlementId } | undefined {
  const match = OPAQUE.exec(Buffer.from(opaque, 'base64url').toString())
  return match ? { holderId: match[1] as MemberId, id: match[2] as EntitlementId } : undefined
}
