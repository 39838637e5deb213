import { randomBytes } from 'node:crypto'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { EntitlementGranted } from '../../../schema/events/benefits.ts'
import { CODE_BYTES, codeFrom } from '../domain/code.ts'
import type { Entitlement } from '../domain/entitlement.ts'
import type { Grant } from '../domain/grant.ts'
import { insertEntitlement } from '../store/entitlements.ts'

/** Writes a decided grant down, with a fresh code, and says so. */
export async function addEntitlement(
  tx: Tx,
  grant: Grant,
  given: { memberId: MemberId; holderId: MemberId; now: Instant; grantedBy: string; reason?: string },
): Promise<Entitlement> {
  const { benefit, uses } = grant
  const entitlement: Entitlement = {
    memberId: given.memberId,
    holderId: given.holderId,
    id: grant.id,
    program: benefit.program,
    benefit: benefit.slug,
    benefitVersion: benefit.version,
    source: grant.source,
    code: codeFrom(randomBytes(CODE_BYTES)),
    usesTotal: uses,
    usesLeft: uses,
    validFrom: grant.validFrom,
    validUntil: grant.validUntil,
    grantedAt: given.now,
    revokedAt: undefined,
    setAsideBy: undefined,
  }
  await insertEntitlement(tx, entitlement, given)
  const payload: EntitlementGranted = { entitlementId: grant.id, benefit: benefit.slug, uses }
  await publish(tx, [
    { type: 'benefits.EntitlementGranted', memberId: given.memberId, occurredAt: given.now, payload },
  ])
  return entitlement
}
